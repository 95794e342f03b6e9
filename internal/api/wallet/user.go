package wallet

import (
	"net/http"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
	"purse/internal/identity"
	"purse/internal/surface"
)

// Limits of texts, in characters.
const (
	maxPhone = 50
	maxName  = 150
	maxURL   = 2000
	maxCode  = 64
)

// errPhone is a new phone number that is not international.
var errPhone = fault.Define(fault.Invalid, "wallet_surface.phone", "Enter a valid phone number.")

type started struct {
	SessionID string `json:"session_id"`
}

type finished struct {
	SessionID string `json:"session_id"`
	Message   string `json:"message"`
}

func (s Services) create(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	email := in.Email("email")
	phone := in.Char("phone_number", bind.Max(maxPhone))
	if !claim.E164(phone) {
		in.Refuse("phone_number", errPhone)
	}
	password := in.Password("password", bind.Max(bind.MaxBody))
	if err := in.Err(); err != nil {
		return err
	}
	session, err := s.People.StartJoin(c.Context(), email, phone, password)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, started{session.String()})
}

func (s Services) verify(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	session := in.UUID("session_id")
	code := in.Char("code", bind.Max(maxCode))
	if err := in.Err(); err != nil {
		return err
	}
	if _, err := s.People.FinishJoin(c.Context(), session, code); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, finished{session.String(), "User successfully created"})
}

type userAnswer struct {
	Email        string         `json:"email"`
	Phone        string         `json:"phone_number"`
	FirstName    string         `json:"first_name"`
	LastName     string         `json:"last_name"`
	ProfileImage *string        `json:"profile_image"`
	Wallets      []walletAnswer `json:"wallets"`
}

func (s Services) show(c *httpkit.Call) error {
	user, err := s.caller(c)
	if err != nil {
		return err
	}
	wallets, err := s.Wallets.List(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, userAnswer{
		Email: user.Email, Phone: user.Phone, FirstName: user.FirstName, LastName: user.LastName,
		ProfileImage: surface.OrNull(user.ProfileImage), Wallets: showWallets(wallets, user),
	})
}

type profileAnswer struct {
	ProfileImage *string `json:"profile_image"`
	FirstName    string  `json:"first_name"`
	LastName     string  `json:"last_name"`
}

func (s Services) update(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	var changes []func(*identity.Profile)
	if in.Has("profile_image") {
		address := in.URL("profile_image", bind.Max(maxURL))
		changes = append(changes, func(p *identity.Profile) { p.ProfileImage = address })
	}
	if in.Has("first_name") {
		name := in.Char("first_name", bind.Max(maxName), bind.AllowEmpty)
		changes = append(changes, func(p *identity.Profile) { p.FirstName = name })
	}
	if in.Has("last_name") {
		name := in.Char("last_name", bind.Max(maxName), bind.AllowEmpty)
		changes = append(changes, func(p *identity.Profile) { p.LastName = name })
	}
	if err := in.Err(); err != nil {
		return err
	}
	user, err := s.People.EditProfile(c.Context(), surface.User(c), func(p *identity.Profile) {
		for _, change := range changes {
			change(p)
		}
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, profileAnswer{surface.OrNull(user.ProfileImage), user.FirstName, user.LastName})
}

func (s Services) updatePassword(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	password := in.Password("password")
	newPassword := in.Password("new_password", bind.Max(bind.MaxBody))
	if err := in.Err(); err != nil {
		return err
	}
	session, err := s.People.StartPasswordChange(c.Context(), surface.User(c), password, newPassword, client(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, started{session.String()})
}

func (s Services) verifyPassword(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	session := in.UUID("session_id")
	code := in.Char("code", bind.Max(maxCode))
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.FinishPasswordChange(c.Context(), surface.User(c), c.Caller().SessionID, session, code); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, finished{session.String(), "Password has been successfully updated"})
}
