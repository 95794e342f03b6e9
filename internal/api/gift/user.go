package gift

import (
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/surface"
	"purse/internal/token"
)

// maxUsername is the longest name, in characters.
const maxUsername = 20

var (
	// errNotYours is a request about somebody else; it says nothing of whether
	// they exist.
	errNotYours = fault.Define(fault.Forbidden, "gift.not_yours", "this is another person's")
	// errOtherName is a withdrawal that does not name the caller.
	errOtherName = fault.Define(fault.Refused, "gift.other_name", "the name is not the caller's")
)

// nameless is what people are called who have no name, as on surfaces that ask
// for none.
const nameless = "이름 없음"

// nameOf is how a person is called here.
func nameOf(p identity.Profile) string {
	if name := p.DisplayName(); name != "" {
		return name
	}
	return nameless
}

type success struct {
	Success string `json:"success"`
}

func (s Services) register(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	var n identity.Newcomer
	n.Username = in.String("username", bind.Max(maxUsername))
	n.Email = in.Email("email")
	password := in.Secret("password", bind.AllowEmpty, bind.Max(httpkit.MaxBody)) // its length is identity's
	if err := in.Err(); err != nil {
		return err
	}
	user, err := s.People.Join(c.Context(), n, password, s.People.MailEmailLink)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, success{user.Username + " 님, 회원가입을 환영합니다!"})
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
	return s.answerTokens(c, signedIn, true)
}

func (s Services) refresh(c *httpkit.Call) error {
	claims, err := s.read(c, refreshType)
	if err != nil {
		return err
	}
	name, err := id.Parse(claims.Text("jti"))
	if err != nil {
		return token.ErrInvalid
	}
	renewed, err := s.People.Renew(c.Context(), name, identity.Gift)
	if err != nil {
		return err
	}
	return s.answerTokens(c, renewed, false)
}

func (s Services) answerTokens(c *httpkit.Call, in identity.SignedIn, fresh bool) error {
	user, err := s.People.User(c.Context(), in.Session.User)
	if err != nil {
		return err
	}
	pair, err := s.sign(in, nameOf(user.Profile), fresh)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, pair)
}

type publicInfo struct {
	Username string `json:"username"`
	Total    int64  `json:"total_amount"`
}

type shown struct {
	User publicInfo `json:"user_info"`
}

func (s Services) show(c *httpkit.Call) error {
	owner, ok := surface.ParseID(c.PathValue("id"))
	if !ok {
		return identity.ErrNoUser
	}
	account, err := s.Gifts.Account(c.Context(), ledger.OwnerID(owner))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shown{publicInfo{nameOf(account.User.Profile), account.Total.Minor()}})
}

func (s Services) rename(c *httpkit.Call) error {
	if !own(c) {
		return errNotYours
	}
	in := bind.Parse(c.Body(), c.ContentType())
	username := in.String("username", bind.Max(maxUsername))
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.People.SetUsername(c.Context(), surface.User(c), username); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, success{"닉네임이 " + username + " 으로 변경되었습니다."})
}

func (s Services) withdraw(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	username := in.String("username", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	user, err := s.People.User(c.Context(), surface.User(c))
	if err != nil {
		return err
	}
	if user.Status != identity.Active { // withdrawn since the session was checked, and nameless
		return identity.ErrNoUser
	}
	if username != strings.TrimSpace(norm.NFC.String(nameOf(user.Profile))) {
		return errOtherName
	}
	if err := s.People.Erase(c.Context(), user.ID); err != nil {
		return err
	}
	c.NoContent()
	return nil
}

// own says whether the path's {id} is the caller.
func own(c *httpkit.Call) bool {
	owner, ok := surface.ParseID(c.PathValue("id"))
	return ok && identity.UserID(owner) == surface.User(c)
}
