package gift

import (
	"errors"
	"time"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/surface"
	"purse/internal/token"
)

// How long the tokens live. The session behind them lasts as long as a refresh
// token, from its last use, and ends for good after Longest.
const (
	AccessLifetime  = 24 * time.Hour
	RefreshLifetime = 30 * 24 * time.Hour
	Longest         = 180 * 24 * time.Hour
)

// Sessions is how the sessions of this surface live; verified says that only
// those sign in whose e-mail address is verified.
func Sessions(verified bool) identity.SessionRule {
	return identity.SessionRule{Signed: true, Lifetime: RefreshLifetime, Longest: Longest, Refresh: RefreshLifetime, VerifiedEmail: verified}
}

// The claim "type", as flask-jwt-extended has it.
const (
	accessType  = "access"
	refreshType = "refresh"
)

// errNoToken is a request without a token where one is needed.
var errNoToken = fault.Define(fault.Unauthenticated, "gift.no_token", "a token is needed")

// tokens is a pair of tokens, as the document prints it.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// sign makes the pair of a session. fresh says that the password was just given.
func (s Services) sign(in identity.SignedIn, username string, fresh bool) (pair tokens, err error) {
	access := s.claims(in, accessType, in.Session.ID, fresh)
	access["username"] = username
	if pair.Access, err = s.Signer.Sign(access, AccessLifetime); err != nil {
		return tokens{}, err
	}
	pair.Refresh, err = s.Signer.Sign(s.claims(in, refreshType, in.Refresh, false), RefreshLifetime)
	return pair, err
}

func (s Services) claims(in identity.SignedIn, kind string, jti id.UUID, fresh bool) token.Claims {
	return token.Claims{"fresh": fresh, "jti": jti.String(), "type": kind, "sub": int64(in.Session.User), "nbf": s.Clock.Now().Unix()}
}

// read takes the request's token of a type: errNoToken, token.ErrInvalid, also
// for one of another type, or token.ErrExpired.
func (s Services) read(c *httpkit.Call, kind string) (token.Claims, error) {
	text := surface.Bearer(c)
	if text == "" {
		if len(c.Request().Header["Authorization"]) > 0 {
			return nil, token.ErrInvalid
		}
		return nil, errNoToken
	}
	claims, err := s.Signer.Read(text)
	if err != nil && !errors.Is(err, token.ErrExpired) {
		return nil, err
	}
	if claims.Text("type") != kind {
		return nil, token.ErrInvalid
	}
	return claims, err
}

// authenticate finds the caller by the access token, and its session.
func (s Services) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	claims, err := s.read(c, accessType)
	if err != nil {
		return httpkit.Caller{}, err
	}
	session, err := s.People.Check(c.Context(), claims.Text("jti"), identity.Gift)
	if err != nil {
		return httpkit.Caller{}, err
	}
	if user, ok := claims.Int("sub"); !ok || identity.UserID(user) != session.User {
		return httpkit.Caller{}, token.ErrInvalid
	}
	return surface.Caller(session), nil
}

// client says where a request comes from.
func client(c *httpkit.Call) identity.Client { return surface.Client(c, identity.Gift) }
