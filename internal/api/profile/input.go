package profile

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"purse/internal/claim"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
)

// Limits of texts, in characters.
const (
	maxBrowser     = 255
	maxIdentifier  = 255
	maxName        = 256
	maxDescription = 1000
)

// firstBirthYear is the least year of dates, as on every surface.
const firstBirthYear = 1600

// The forms that the document prints. Names come in NFC, so that Ё and Й are one
// character each.
var (
	browserForm = regexp.MustCompile(`^\S.* \S+$`)
	loginForm   = regexp.MustCompile(`^[a-z0-9_]{4,32}$`)
	nameForm    = regexp.MustCompile(`^[А-ЯЁ][а-яё ]{1,255}$`)
	colorForm   = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

	// passwordParts must each be somewhere in a password of 8 to 20 characters.
	passwordParts = []*regexp.Regexp{regexp.MustCompile(`^.{8,20}$`), regexp.MustCompile(`\d`), regexp.MustCompile(`[a-z]`), regexp.MustCompile(`[A-Z]`)}
)

// The rules that the forms make; their reasons have words in refusals.
var (
	loginIsFormed  = bind.Check("login", func(text string) bool { return loginForm.MatchString(claim.FormLogin(text)) })
	loginIsNoID    = bind.Check("digits", func(text string) bool { return strings.Trim(text, "0123456789") != "" })
	nameIsFormed   = bind.Check("name", nameForm.MatchString)
	nameMayBeEmpty = bind.Check("name", func(text string) bool { return text == "" || nameForm.MatchString(text) })
	colorIsFormed  = bind.Check("color", colorForm.MatchString)

	passwordIsFormed = bind.Check("password", func(text string) bool {
		for _, part := range passwordParts {
			if !part.MatchString(text) {
				return false
			}
		}
		return true
	})
)

// readBrowser reads the header in which clients name their browser and its version.
func readBrowser(in *bind.Input, header http.Header) string {
	return in.Header(header).String("browser", bind.Max(maxBrowser), bind.Match(browserForm))
}

// readLogin reads a login that somebody wants to have.
func readLogin(from *bind.Source) string {
	return claim.FormLogin(from.String("login", bind.Max(maxIdentifier), loginIsFormed, loginIsNoID))
}

func readNewcomer(in *bind.Input) (n identity.Newcomer, password string) {
	n.Login = readLogin(&in.Source)
	password = in.Secret("password", passwordIsFormed)
	n.Email = in.Email("email")
	n.FirstName = in.String("first_name", bind.Max(maxName), nameIsFormed)
	n.LastName = in.String("last_name", bind.Max(maxName), nameIsFormed)
	n.Patronymic, _ = in.OptionalString("patronymic", bind.AllowEmpty, bind.Max(maxName), nameMayBeEmpty)
	return n, password
}

// readCredentials reads who signs in: by a login or an e-mail, in either field.
func readCredentials(in *bind.Input) (kind claim.Kind, identifier, password string) {
	password = in.Secret("password", bind.AllowEmpty)
	login, _ := in.OptionalString("login", bind.AllowEmpty, bind.Max(maxIdentifier))
	email, _ := in.OptionalString("email", bind.AllowEmpty, bind.Max(maxIdentifier))
	switch {
	case login == "":
		return claim.Email, email, password
	case strings.Contains(login, "@"):
		return claim.Email, login, password
	}
	return claim.Login, login, password
}

// readEdit reads what is to change. A field that is left out stays as it is.
func readEdit(in *bind.Input, today time.Time) func(*identity.Profile) {
	var edits []func(*identity.Profile)
	read := func(name string, set func(p *identity.Profile, text string), rules ...bind.Rule) {
		if !in.Given(name) {
			in.OptionalString(name) // tells of a body that is none
			return
		}
		text := in.String(name, rules...)
		edits = append(edits, func(p *identity.Profile) { set(p, text) })
	}
	read("first_name", func(p *identity.Profile, text string) { p.FirstName = text }, bind.Max(maxName), nameIsFormed)
	read("last_name", func(p *identity.Profile, text string) { p.LastName = text }, bind.Max(maxName), nameIsFormed)
	read("patronymic", func(p *identity.Profile, text string) { p.Patronymic = text }, bind.AllowEmpty, bind.Max(maxName), nameMayBeEmpty)
	read("birthday", func(p *identity.Profile, text string) { p.DateOfBirth, _ = parseBirthday(text) }, bind.AllowEmpty, birthdayBefore(today))
	read("description", func(p *identity.Profile, text string) { p.Description = text }, bind.AllowEmpty, bind.Multiline, bind.Max(maxDescription))
	read("background_color", func(p *identity.Profile, text string) { p.BackgroundColor = text }, colorIsFormed)
	return func(p *identity.Profile) {
		for _, edit := range edits {
			edit(p)
		}
	}
}

// birthdayBefore asks for a date before a day, or for nothing.
func birthdayBefore(day time.Time) bind.Rule {
	return bind.Check("birthday", func(text string) bool {
		date, ok := parseBirthday(text)
		return ok && date.Before(day)
	})
}

// parseBirthday reads YYYY-MM-DD; the empty text is the zero time.
func parseBirthday(text string) (date time.Time, ok bool) {
	if text == "" {
		return time.Time{}, true
	}
	date, err := time.Parse(time.DateOnly, text)
	return date, err == nil && date.Year() >= firstBirthYear
}
