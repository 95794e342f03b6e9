package notify

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"
)

// Each kind of mail is a pair of templates: <kind>.txt, which also defines the
// subject, and <kind>.html, the same content inside layout.html. They use
// inline styles only and load nothing, so that mail can be read anywhere and
// tells nobody that it was.
//
//go:embed template/*.txt template/*.html
var templates embed.FS

// kind is one sort of mail with its templates parsed.
type kind struct {
	text *text.Template
	html *html.Template
}

var (
	registrationCode = parse("registration_code")
	signInCode       = parse("sign_in_code")
	resetLink        = parse("reset_link")
	passwordCode     = parse("password_code")
	passwordChanged  = parse("password_changed")
	registered       = parse("registered")
)

func parse(name string) kind {
	return kind{
		text: text.Must(text.ParseFS(templates, "template/"+name+".txt")),
		html: html.Must(html.ParseFS(templates, "template/layout.html", "template/"+name+".html")),
	}
}

// Recipient is whom a mail is for.
type Recipient struct {
	Address string
	Name    string // the first name, for the greeting; may be empty
}

// fields are what the templates may show.
type fields struct {
	Subject string
	Name    string
	Code    string
	Link    string
	Valid   string // how long the code or link works, such as "10 minutes"
	At      string // when it happened
}

// RegistrationCode is the mail that proves an address while somebody registers.
// It greets nobody by name: whoever registers could write to a stranger there.
func RegistrationCode(to Recipient, code string, valid time.Duration) Message {
	m := registrationCode.mail(to, fields{Code: code, Valid: span(valid)})
	m.Codes = []string{code}
	return m
}

// SignInCode is the mail with the second factor of a sign-in.
func SignInCode(to Recipient, code string, valid time.Duration) Message {
	m := signInCode.mail(to, fields{Code: code, Valid: span(valid)})
	m.Codes = []string{code}
	return m
}

// ResetLink is the mail with the link to choose a new password: an http or
// https URL.
func ResetLink(to Recipient, link string, valid time.Duration) Message {
	m := resetLink.mail(to, fields{Link: link, Valid: span(valid)})
	m.Links = []string{link}
	return m
}

// PasswordChanged is the notice that a password was changed, for the case that
// it was somebody else.
func PasswordChanged(to Recipient, at time.Time) Message {
	return passwordChanged.mail(to, fields{At: at.UTC().Format("2 January 2006 at 15:04 UTC")})
}

// PasswordCode is the mail with the code that changes a password.
func PasswordCode(to Recipient, code string, valid time.Duration) Message {
	m := passwordCode.mail(to, fields{Code: code, Valid: span(valid)})
	m.Codes = []string{code}
	return m
}

// Registered tells that somebody has an account now.
func Registered(to Recipient) Message { return registered.mail(to, fields{}) }

// RegistrationSMS is RegistrationCode as a text message to a phone in E.164.
func RegistrationSMS(phone, code string, valid time.Duration) Message {
	return codeSMS(phone, code, "finish signing up at Purse", valid)
}

// PasswordSMS is PasswordCode as a text message to a phone in E.164.
func PasswordSMS(phone, code string, valid time.Duration) Message {
	return codeSMS(phone, code, "change your Purse password", valid)
}

// codeSMS keeps to the letters and the length that one text message has room for.
func codeSMS(phone, code, purpose string, valid time.Duration) Message {
	return Message{
		Channel: SMS, To: phone, Codes: []string{code},
		Text: code + " is your code to " + purpose + ". It works once, for " + span(valid) + ". Tell it to nobody.",
	}
}

func (k kind) mail(to Recipient, f fields) Message {
	f.Name = to.Name
	f.Subject = render(func(b *bytes.Buffer) error { return k.text.ExecuteTemplate(b, "subject", f) })
	return Message{
		Channel: Email,
		To:      to.Address,
		Subject: f.Subject,
		Text:    render(func(b *bytes.Buffer) error { return k.text.Execute(b, f) }),
		HTML:    render(func(b *bytes.Buffer) error { return k.html.ExecuteTemplate(b, "layout.html", f) }),
	}
}

// render panics when a template does not fit its fields, which the tests show
// for every kind.
func render(execute func(*bytes.Buffer) error) string {
	var b bytes.Buffer
	if err := execute(&b); err != nil {
		panic("notify: rendering a mail: " + err.Error())
	}
	return strings.TrimLeft(b.String(), "\n")
}

// span says a length of time in words, in the largest unit that is exact.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d < unit.size || d%unit.size != 0 {
			continue
		}
		if d == unit.size {
			return "1 " + unit.name
		}
		return fmt.Sprintf("%d %ss", d/unit.size, unit.name)
	}
	return d.String()
}
