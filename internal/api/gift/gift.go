// Package gift is the gift surface, New Year's messages with money: its routes,
// the JSON of its requests and answers, its tokens, and its Korean words for
// errors. It translates and decides nothing: who people are is identity's, what a
// message is and where its money comes from is package purse/internal/gift's.
package gift

import (
	"net/http"

	"purse/internal/clock"
	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
	"purse/internal/token"
)

// Services is what the endpoints work on.
type Services struct {
	People *identity.Service
	Gifts  *gift.Service
	Signer *token.Signer // of this surface
	Clock  clock.Clock
}

// New makes the surface.
func New(s Services) httpkit.Surface {
	public := func(method, path string, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.Public, Limit: limit, Handle: handle}
	}
	signedIn := func(method, path string, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.SignedIn, Limit: httpkit.LimitOrdinary, Handle: handle}
	}
	send := signedIn(http.MethodPost, "/api/user/{id}/messages", surface.Requiring(s.People, identity.UseMoney, s.send))
	send.MovesMoney = true
	return httpkit.Surface{
		Name: "gift", Authenticate: s.authenticate, WriteError: writeError,
		Prefixes: []string{"/api/user", "/api/confirm-user"},
		Routes: []httpkit.Route{
			public(http.MethodPost, "/api/user/register", httpkit.LimitCredential, s.register),
			public(http.MethodPost, "/api/user/login", httpkit.LimitCredential, s.login),
			public(http.MethodPost, "/api/user/refresh", httpkit.LimitCredential, s.refresh),
			public(http.MethodGet, "/api/user/{id}", httpkit.LimitOrdinary, s.show),
			signedIn(http.MethodPut, "/api/user/{id}", surface.Requiring(s.People, identity.EditProfile, s.rename)),
			signedIn(http.MethodDelete, "/api/user/withdraw", s.withdraw),

			send,
			signedIn(http.MethodGet, "/api/user/{id}/messages", s.list),
			signedIn(http.MethodGet, "/api/user/{id}/messages/{message_id}", s.detail),
		},
	}
}
