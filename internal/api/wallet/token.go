package wallet

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/surface"
	"purse/internal/token"
)

// How long tokens live. A session lives as long as its refresh token, and no
// longer than a month, however often it is renewed.
const (
	accessLifetime  = time.Hour
	refreshLifetime = 24 * time.Hour
	longestSession  = 30 * 24 * time.Hour
)

// Sessions is how the sessions of this surface live.
var Sessions = identity.SessionRule{Signed: true, Lifetime: refreshLifetime, Longest: longestSession, Refresh: refreshLifetime}

// The types of tokens: the claim "token_type".
const (
	access  = "access"
	refresh = "refresh"
)

// maxToken bounds what is read as a token, in characters; ours are a tenth of it.
const maxToken = 4096

var (
	errHeader    = fault.Define(fault.Unauthenticated, "wallet_surface.header", "the header Authorization is not a scheme and a token")
	errTokenType = fault.Define(fault.Unauthenticated, "wallet_surface.token_type", "the token is of another type")
)

// authenticate finds the caller by the access token. The session behind it is
// checked too, so that what has ended is over at once.
func (s Services) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	text, err := bearer(c.Request().Header)
	if err != nil {
		return httpkit.Caller{}, err
	}
	claims, jti, err := s.readToken(text, access)
	if err != nil {
		return httpkit.Caller{}, err
	}
	session, err := s.People.Check(c.Context(), jti.String(), identity.Wallet)
	if err != nil {
		return httpkit.Caller{}, err
	}
	user, err := s.People.User(c.Context(), session.User)
	if err != nil {
		return httpkit.Caller{}, err
	}
	if user.UUID.String() != claims.Text("user_id") {
		return httpkit.Caller{}, token.ErrInvalid
	}
	return surface.Caller(session), nil
}

// bearer is the token of the header. As with SimpleJWT, no header and one of
// another scheme are no credentials, and one of more or fewer words is a mistake.
func bearer(header http.Header) (string, error) {
	values := header["Authorization"]
	if len(values) == 0 {
		return "", httpkit.ErrNoCaller
	}
	words := strings.Fields(values[0])
	switch {
	case len(words) == 0 || !strings.EqualFold(words[0], "Bearer"):
		return "", httpkit.ErrNoCaller
	case len(words) != 2 || len(values) > 1:
		return "", errHeader
	}
	return words[1], nil
}

// readToken reads a token of a type and its id.
func (s Services) readToken(text, kind string) (token.Claims, id.UUID, error) {
	claims, err := s.Tokens.Read(text)
	if err != nil {
		return nil, id.UUID{}, err
	}
	if claims.Text("token_type") != kind {
		return nil, id.UUID{}, errTokenType
	}
	jti, ok := drf.ParseUUID(claims.Text("jti"))
	if !ok {
		return nil, id.UUID{}, token.ErrInvalid
	}
	return claims, jti, nil
}

// pair signs the two tokens of a session, which name the user by the UUID.
func (s Services) pair(signedIn identity.SignedIn, user string) (accessToken, refreshToken string, err error) {
	sign := func(kind string, jti id.UUID, lifetime time.Duration) (string, error) {
		return s.Tokens.Sign(token.Claims{"token_type": kind, "jti": hex.EncodeToString(jti[:]), "user_id": user}, lifetime)
	}
	if accessToken, err = sign(access, signedIn.Session.ID, accessLifetime); err != nil {
		return "", "", err
	}
	refreshToken, err = sign(refresh, signedIn.Refresh, refreshLifetime)
	return accessToken, refreshToken, err
}

// signedInAnswer has both spellings that clients know.
type signedInAnswer struct {
	Access       string `json:"access"`
	Refresh      string `json:"refresh"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func (s Services) createToken(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	phone := in.Char("phone_number", bind.Max(maxPhone))
	password := in.Password("password")
	if err := in.Err(); err != nil {
		return err
	}
	signedIn, err := s.People.SignIn(c.Context(), claim.Phone, phone, password, client(c))
	if err != nil {
		return err
	}
	user, err := s.People.User(c.Context(), signedIn.Session.User)
	if err != nil {
		return err
	}
	a, r, err := s.pair(signedIn, user.UUID.String())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, signedInAnswer{a, r, a, r})
}

type renewed struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

func (s Services) refreshToken(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	text := in.Char("refresh", bind.Max(maxToken))
	if err := in.Err(); err != nil {
		return err
	}
	claims, jti, err := s.readToken(text, refresh)
	if err != nil {
		return err
	}
	signedIn, err := s.People.Renew(c.Context(), jti, identity.Wallet)
	if err != nil {
		return err
	}
	a, r, err := s.pair(signedIn, claims.Text("user_id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, renewed{a, r})
}

// client says where a request comes from.
func client(c *httpkit.Call) identity.Client { return surface.Client(c, identity.Wallet) }

// caller is the user who calls. A session outlives nobody: ErrNoUser is none.
func (s Services) caller(c *httpkit.Call) (identity.User, error) {
	user, err := s.People.User(c.Context(), surface.User(c))
	if errors.Is(err, identity.ErrNoUser) {
		err = identity.ErrNoSession
	}
	return user, err
}
