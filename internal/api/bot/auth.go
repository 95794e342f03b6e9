package bot

import (
	"net/http"

	"purse/internal/claim"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/surface"
)

// maxToken is how many characters of a refresh token are read.
const maxToken = 4096

type registered struct {
	Success bool            `json:"success"`
	User    identity.UserID `json:"user_id"`
	Message string          `json:"message"`
	pair
}

// pair is the tokens of a new session.
type pair struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
}

func (s Services) pairOf(session identity.Session) (p pair, err error) {
	p.ExpiresIn = expiresIn
	if p.Access, err = s.signAccess(session); err != nil {
		return pair{}, err
	}
	p.Refresh, err = s.sign(refreshToken, session, longLifetime)
	return p, err
}

func (s Services) register(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	n := identity.Newcomer{Email: in.Email("email")}
	password := in.Secret("password", bind.AllowEmpty)
	n.FirstName = in.String("first_name")
	n.LastName, _ = in.OptionalString("last_name", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	var signedIn identity.SignedIn
	user, err := s.People.Join(c.Context(), n, password, func(tx identity.Tx, user identity.User) (err error) {
		signedIn, err = s.People.StartSession(tx, user.ID, identity.OneFactor, client(c))
		return err
	})
	if err != nil {
		return in.Explain(err)
	}
	tokens, err := s.pairOf(signedIn.Session)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, registered{true, user.ID, "User registered successfully", tokens})
}

type loggedIn struct {
	Access    string          `json:"access_token"`
	Refresh   string          `json:"refresh_token"`
	User      identity.UserID `json:"user_id"`
	ExpiresIn int             `json:"expires_in"`
}

func (s Services) login(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	email := in.String("email", bind.AllowEmpty)
	password := in.Secret("password", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	signedIn, err := s.People.SignIn(c.Context(), claim.Email, email, password, client(c))
	if err != nil {
		return err
	}
	tokens, err := s.pairOf(signedIn.Session)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, loggedIn{tokens.Access, tokens.Refresh, signedIn.Session.User, tokens.ExpiresIn})
}

type refreshed struct {
	Access    string `json:"access_token"`
	ExpiresIn int    `json:"expires_in"`
}

func (s Services) refresh(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	text := in.String("refresh_token", bind.Max(maxToken), bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	session, err := s.read(c.Context(), text, refreshToken)
	if err != nil {
		return err
	}
	access, err := s.signAccess(session)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, refreshed{access, expiresIn})
}

type message struct {
	Message string `json:"message"`
}

func (s Services) logout(c *httpkit.Call) error {
	if _, err := s.People.EndSession(c.Context(), surface.User(c), c.Caller().SessionID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, message{"Logged out successfully"})
}
