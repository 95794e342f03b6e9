package profile

import (
	"net/http"
	"time"

	"purse/internal/avatar"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/surface"
)

// publicAccount is an account as others see it.
type publicAccount struct {
	ID              int64   `json:"id"`
	Login           string  `json:"login"`
	Email           string  `json:"email"`
	FirstName       string  `json:"first_name"`
	LastName        string  `json:"last_name"`
	CreatedAt       string  `json:"created_at"`
	Description     string  `json:"description"`
	BackgroundColor string  `json:"background_color"`
	Birthday        string  `json:"birthday"`
	Patronymic      string  `json:"patronymic"`
	Avatar          string  `json:"avatar"`
	Groups          []named `json:"groups"`
	Roles           []named `json:"roles"`
}

// ownAccount is an account as its owner sees it.
type ownAccount struct {
	publicAccount
	Permissions []string `json:"permissions"`
	Token       string   `json:"token"`
}

type named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// createdForm is how the document prints points in time, in UTC.
const createdForm = "2006-01-02 15:04:05.000000"

func (s Services) show(a identity.Account, picture string) publicAccount {
	shown := publicAccount{
		ID: int64(a.ID), Login: a.Login, Email: a.Email, FirstName: a.FirstName, LastName: a.LastName,
		CreatedAt: a.CreatedAt.UTC().Format(createdForm), Description: a.Description, BackgroundColor: color(a.Profile),
		Birthday: birthday(a.Profile), Patronymic: a.Patronymic, Avatar: s.PublicURL + avatarPath + picture,
		Groups: make([]named, len(a.Groups)), Roles: make([]named, len(a.Roles)),
	}
	for i, group := range a.Groups {
		shown.Groups[i] = named{int64(group.ID), group.Name}
	}
	for i, role := range a.Roles {
		shown.Roles[i] = named{int64(role.ID), role.Name}
	}
	return shown
}

func color(p identity.Profile) string {
	if p.BackgroundColor == "" {
		return avatar.DefaultColor
	}
	return p.BackgroundColor
}

func birthday(p identity.Profile) string {
	if p.DateOfBirth.IsZero() {
		return ""
	}
	return p.DateOfBirth.Format(time.DateOnly)
}

// answerOwn answers with a user's own account.
func (s Services) answerOwn(c *httpkit.Call, user identity.UserID, token string) error {
	account, err := s.People.Account(c.Context(), user)
	if err != nil {
		return err
	}
	pictures, err := s.Avatars.Names(c.Context(), account.User)
	if err != nil {
		return err
	}
	permissions := account.Permissions
	if permissions == nil {
		permissions = []string{}
	}
	return c.JSON(http.StatusOK, ownAccount{s.show(account, pictures[0]), permissions, token})
}

func (s Services) register(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	browser := readBrowser(in, c.Request().Header)
	newcomer, password := readNewcomer(in)
	if err := in.Err(); err != nil {
		return err
	}
	var signedIn identity.SignedIn
	user, err := s.People.Join(c.Context(), newcomer, password, func(tx identity.Tx, user identity.User) (err error) {
		signedIn, err = s.People.StartSession(tx, user.ID, identity.OneFactor, client(c, browser))
		return err
	})
	if err != nil {
		return in.Explain(err)
	}
	return s.answerOwn(c, user.ID, signedIn.Token)
}

func (s Services) signIn(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	browser := readBrowser(in, c.Request().Header)
	kind, identifier, password := readCredentials(in)
	if err := in.Err(); err != nil {
		return err
	}
	if identifier == "" {
		return errNobodyNamed
	}
	signedIn, err := s.People.SignIn(c.Context(), kind, identifier, password, client(c, browser))
	if err != nil {
		return err
	}
	return s.answerOwn(c, signedIn.Session.User, signedIn.Token)
}

type availability struct {
	Message   string `json:"message"`
	Available bool   `json:"is_login_available"`
}

func (s Services) checkLogin(c *httpkit.Call) error {
	in := bind.Parse(nil, "")
	login := readLogin(in.Query(c.Request().URL.Query()))
	if err := in.Err(); err != nil {
		return err
	}
	free, err := s.People.IsFree(c.Context(), identity.Newcomer{Login: login})
	if err != nil {
		return err
	}
	if free {
		return c.JSON(http.StatusOK, availability{"Логин свободен", true})
	}
	return c.JSON(http.StatusOK, availability{"Логин уже занят", false})
}

func (s Services) me(c *httpkit.Call) error {
	return s.answerOwn(c, surface.User(c), sessionToken(c))
}

type info struct {
	FirstName       string `json:"first_name"`
	LastName        string `json:"last_name"`
	Patronymic      string `json:"patronymic"`
	Birthday        string `json:"birthday"`
	Description     string `json:"description"`
	BackgroundColor string `json:"background_color"`
}

func (s Services) editInfo(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	edit := readEdit(in, s.Clock.Now().UTC().Truncate(24*time.Hour))
	if err := in.Err(); err != nil {
		return err
	}
	user, err := s.People.EditProfile(c.Context(), surface.User(c), edit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, info{user.FirstName, user.LastName, user.Patronymic, birthday(user.Profile), user.Description, color(user.Profile)})
}
