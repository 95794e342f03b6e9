package bank

import (
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/surface"
)

// Limits of texts, in characters. Only names are ever shown to others.
const (
	maxName       = 100
	maxAddress    = 200
	maxPostCode   = 20
	maxIdentifier = 50
	maxCode       = 64
	maxToken      = 128
	maxNumber     = 64
)

type message struct {
	Message string `json:"message"`
}

// identifiers reads the three that name a person, in the schema's order.
func identifiers(in *bind.Input) identity.Identifiers {
	return identity.Identifiers{
		Email:          in.Email("email"),
		Phone:          in.String("phone_number", bind.Max(maxIdentifier)),
		SocialSecurity: in.String("social_security", bind.Max(maxIdentifier)),
	}
}

func (s Services) register(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	who := identifiers(in)
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.Register(c.Context(), who); err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, message{"Verification code sent"})
}

func (s Services) verifyEmail(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	confirmation := readConfirmation(in)
	if err := in.Err(); err != nil {
		return err
	}
	signedIn, err := s.People.ConfirmRegistration(c.Context(), confirmation, client(c))
	if err != nil {
		return explain(in, err)
	}
	s.setCookie(c, signedIn.Token)
	return c.JSON(http.StatusOK, message{"Account created"})
}

func readConfirmation(in *bind.Input) (c identity.Confirmation) {
	c.FirstName = in.String("first_name", bind.Max(maxName))
	c.LastName = in.String("last_name", bind.Max(maxName))
	c.Email = in.Email("email")
	c.Phone = in.String("phone_number", bind.Max(maxIdentifier))
	c.DateOfBirth = in.Date("date_of_birth")
	c.SocialSecurity = in.String("social_security", bind.Max(maxIdentifier))
	c.Address = in.String("address", bind.Max(maxAddress), bind.AllowEmpty)
	c.City = in.String("city", bind.Max(maxName), bind.AllowEmpty)
	c.State = in.String("state", bind.Max(maxName), bind.AllowEmpty)
	c.PostCode = in.String("post_code", bind.Max(maxPostCode), bind.AllowEmpty)
	c.Password = in.Secret("password", bind.AllowEmpty)
	c.Code = in.String("verification_code", bind.Max(maxCode), bind.AllowEmpty)
	return c
}

// readLogin reads what both steps of signing in send.
func readLogin(in *bind.Input) (email, password, code string) {
	email = in.String("email", bind.AllowEmpty)
	password, _ = in.OptionalSecret("password", bind.AllowEmpty)
	code, _ = in.OptionalString("twofa_code", bind.AllowEmpty)
	return email, password, code
}

func (s Services) requestSignIn(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	email, password, _ := readLogin(in)
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.RequestSignIn(c.Context(), email, password, client(c)); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, message{"Verification code sent"})
}

func (s Services) confirmSignIn(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	email, _, code := readLogin(in)
	if err := in.Err(); err != nil {
		return err
	}
	signedIn, err := s.People.ConfirmSignIn(c.Context(), email, code, client(c))
	if err != nil {
		return err
	}
	s.setCookie(c, signedIn.Token)
	return c.JSON(http.StatusOK, message{"Signed in"})
}

type me struct {
	Name         string    `json:"name"`
	Surname      string    `json:"surname"`
	Balance      amount    `json:"balance"`
	Currency     string    `json:"currency"`
	WalletNumber *string   `json:"wallet_number"`
	Cards        []summary `json:"cards"`
}

type summary struct {
	Balance  amount `json:"balance"`
	LastFour string `json:"last4"`
}

func (s Services) me(c *httpkit.Call) error {
	o, err := s.Cards.Overview(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	answer := me{Name: o.FirstName, Surname: o.LastName, Balance: nothing(s.BaseCurrency), Currency: s.BaseCurrency.Code(), Cards: make([]summary, len(o.Cards))}
	if o.Wallet.ID != 0 {
		answer.Balance, answer.Currency, answer.WalletNumber = amount(o.Balance), o.Wallet.Currency.Code(), &o.Wallet.Number
	}
	for i, card := range o.Cards {
		answer.Cards[i] = summary{amount(card.Balance), card.LastFour}
	}
	return c.JSON(http.StatusOK, answer)
}

func (s Services) requestReset(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	who := identifiers(in)
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.RequestReset(c.Context(), who, client(c)); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, message{"Reset link sent"})
}

func (s Services) confirmReset(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	token := in.String("token", bind.Max(maxToken), bind.AllowEmpty)
	password := in.Secret("new_password", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.ConfirmReset(c.Context(), token, password); err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, message{"Password changed"})
}

func (s Services) logout(c *httpkit.Call) error {
	if err := s.People.End(c.Context(), sessionToken(c), identity.Bank); err != nil {
		return err
	}
	s.clearCookie(c)
	return c.JSON(http.StatusOK, message{"Signed out"})
}

type cleanedUp struct {
	Message string `json:"message"`
	Deleted int    `json:"deleted"`
}

func (s Services) cleanUp(c *httpkit.Call) error {
	deleted, err := s.People.RemoveUnverified(c.Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, cleanedUp{"Unverified users removed", deleted})
}
