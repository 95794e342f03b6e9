// Package wallet is the wallet's REST surface: its routes, the JSON of its
// requests and answers, its tokens, and its words for errors, which are those of
// Django REST framework and SimpleJWT. It translates and decides nothing: who
// people are is identity's, money the product's of the same name.
package wallet

import (
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
	"purse/internal/token"
	"purse/internal/wallet"
)

// Services is what the endpoints work on.
type Services struct {
	People  *identity.Service
	Wallets *wallet.Service
	Tokens  *token.Signer // of this surface alone
}

// New makes the surface.
func New(s Services) httpkit.Surface {
	public := func(path string, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Path: path, Access: httpkit.Public, Limit: httpkit.LimitCredential, Handle: handle}
	}
	signedIn := func(method, path string, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.SignedIn, Limit: limit, Handle: handle}
	}
	money := func(path string, handle func(*httpkit.Call) error) httpkit.Route {
		r := signedIn(http.MethodPost, path, httpkit.LimitOrdinary, surface.Requiring(s.People, identity.UseMoney, handle))
		r.MovesMoney = true
		return r
	}
	return httpkit.Surface{
		Name: "wallet", Authenticate: s.authenticate, WriteError: writeError,
		Prefixes: []string{"/users"},
		Routes: []httpkit.Route{
			public("/users/create/", s.create),
			public("/users/verify/", s.verify),
			signedIn(http.MethodGet, "/users/", httpkit.LimitOrdinary, s.show),
			signedIn(http.MethodPatch, "/users/update/", httpkit.LimitOrdinary, surface.Requiring(s.People, identity.EditProfile, s.update)),
			signedIn(http.MethodPost, "/users/password/update/", httpkit.LimitCredential, s.updatePassword),
			signedIn(http.MethodPatch, "/users/password/verify/", httpkit.LimitCredential, s.verifyPassword),
			public("/users/token/create/", s.createToken),
			public("/users/token/refresh/", s.refreshToken),

			signedIn(http.MethodGet, "/users/wallets/", httpkit.LimitOrdinary, s.listWallets),
			money("/users/wallets/create/", s.createWallet),
			signedIn(http.MethodGet, "/users/wallets/{id}/", httpkit.LimitOrdinary, s.showWallet),
			signedIn(http.MethodPatch, "/users/wallets/{id}/update/", httpkit.LimitOrdinary, s.updateWallet),
			money("/users/wallets/{id}/deposit/", s.deposit),
			money("/users/wallets/{id}/withdraw/", s.withdraw),
			money("/users/wallets/{id}/transfer/", s.transfer),
			signedIn(http.MethodGet, "/users/wallets/{id}/transactions/", httpkit.LimitOrdinary, s.transactions),
		},
	}
}
