// Package profile is the REST surface of the personal account: its routes, the
// JSON of its requests and answers, its Russian words for errors, and how its
// document wants logins, names and passwords to be written. It translates and
// decides nothing: who people are is identity's, their pictures are avatar's.
package profile

import (
	"net/http"
	"strings"
	"time"

	"purse/internal/avatar"
	"purse/internal/clock"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
)

// SessionLifetime is how long a session lasts after its last use.
const SessionLifetime = 30 * 24 * time.Hour

// Services is what the endpoints work on.
type Services struct {
	People  *identity.Service // issues sessions of identity.Personal, see SessionLifetime
	Avatars *avatar.Service
	Clock   clock.Clock

	PublicURL    string // where clients reach Purse, without a slash at its end
	PublicEmails bool   // everybody sees everybody's e-mail
}

// maxUpload is a picture with what a form puts around it.
const maxUpload = avatar.MaxBytes + 64<<10

// New makes the surface.
func New(s Services) httpkit.Surface {
	route := func(method, path string, access httpkit.Access, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: access, Limit: limit, Handle: handle}
	}
	edit := func(method, path string, maxBody int, handle func(*httpkit.Call) error) httpkit.Route {
		r := route(method, path, httpkit.SignedIn, httpkit.LimitOrdinary, surface.Requiring(s.People, identity.EditProfile, handle))
		r.MaxBody = maxBody
		return r
	}
	return httpkit.Surface{
		Name: "profile", Authenticate: s.authenticate, WriteError: writeError,
		Prefixes: []string{"/account", "/info"},
		Routes: []httpkit.Route{
			route(http.MethodPost, "/account/registration", httpkit.Public, httpkit.LimitCredential, s.register),
			route(http.MethodPost, "/account/login", httpkit.Public, httpkit.LimitCredential, s.signIn),
			route(http.MethodGet, "/account/login/check", httpkit.Public, httpkit.LimitOrdinary, s.checkLogin),
			route(http.MethodGet, "/account/me", httpkit.SignedIn, httpkit.LimitOrdinary, s.me),
			edit(http.MethodPost, "/account/edit/info", 0, s.editInfo),
			edit(http.MethodPost, "/account/avatar", maxUpload, s.setAvatar),
			edit(http.MethodDelete, "/account/avatar", 0, s.removeAvatar),

			route(http.MethodGet, "/info/users/", httpkit.MaybeSignedIn, httpkit.LimitOrdinary, s.listUsers),
			route(http.MethodGet, "/info/users/{search}", httpkit.MaybeSignedIn, httpkit.LimitOrdinary, s.findUser),
			route(http.MethodGet, avatarPath+"{name}", httpkit.Public, httpkit.LimitOrdinary, s.showAvatar),
		},
	}
}

// authenticate finds the caller by the token.
func (s Services) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	session, err := s.People.Check(c.Context(), sessionToken(c), identity.Personal)
	if err != nil {
		return httpkit.Caller{}, err
	}
	return surface.Caller(session), nil
}

// sessionToken is what the header Authorization holds, without any scheme, or "".
func sessionToken(c *httpkit.Call) string {
	values := c.Request().Header["Authorization"]
	if len(values) != 1 {
		return ""
	}
	return strings.TrimSpace(values[0])
}

// client says where a sign-in comes from; this surface's clients name their
// browser in a header of their own.
func client(c *httpkit.Call, browser string) identity.Client {
	from := surface.Client(c, identity.Personal)
	from.UserAgent = surface.Bounded(browser, maxBrowser)
	return from
}
