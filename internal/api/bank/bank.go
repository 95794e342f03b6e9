// Package bank is the bank's REST surface: its routes, the JSON of its requests
// and answers, its cookie, and its words for errors. It translates and decides
// nothing: who people are is identity's, money the products'.
package bank

import (
	"net/http"
	"strings"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/money"
	"purse/internal/saving"
	"purse/internal/surface"
)

// SessionLifetime is how long a session, and so its cookie, lasts after its last use.
const SessionLifetime = 45 * time.Minute

// Services is what the endpoints work on.
type Services struct {
	People  *identity.Service // issues sessions of identity.Bank, see SessionLifetime
	Cards   *card.Service
	Savings *saving.Service
	Bills   *bill.Service

	BaseCurrency money.Currency // in which somebody without a wallet has nothing
	Secure       bool           // clients come by https, and the cookie goes no other way
	CrossSite    bool           // pages of other sites are clients too; only with Secure
}

// console is where a browser that opens Purse's address is sent.
const console = "/console/"

// New makes the surface.
func New(s Services) httpkit.Surface {
	public := func(method, path string, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.Public, Limit: limit, Handle: handle}
	}
	signedIn := func(method, path string, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.SignedIn, Limit: httpkit.LimitOrdinary, Handle: handle}
	}
	money := func(path string, handle func(*httpkit.Call) error) httpkit.Route {
		r := signedIn(http.MethodPost, path, surface.Requiring(s.People, identity.UseMoney, handle))
		r.MovesMoney = true
		return r
	}
	bulk := money("/transfers/batch", s.transferAll)
	bulk.Limit = limitBulk
	return httpkit.Surface{
		Name: "bank", Cookie: true, Authenticate: s.authenticate, WriteError: writeError,
		Prefixes: []string{"/auth", "/card", "/savings", "/bills", "/transfers", "/cleanup-unverified"},
		Routes: []httpkit.Route{
			public(http.MethodPost, "/auth/register", httpkit.LimitCredential, s.register),
			public(http.MethodPost, "/auth/verify-email", httpkit.LimitCredential, s.verifyEmail),
			public(http.MethodPost, "/auth/2fa/request", httpkit.LimitCredential, s.requestSignIn),
			public(http.MethodPost, "/auth/2fa/confirm", httpkit.LimitCredential, s.confirmSignIn),
			signedIn(http.MethodGet, "/auth/me", s.me),
			public(http.MethodPost, "/auth/reset", httpkit.LimitCredential, s.requestReset),
			public(http.MethodPatch, "/auth/reset", httpkit.LimitCredential, s.confirmReset),
			public(http.MethodPost, "/auth/logout", httpkit.LimitOrdinary, s.logout),
			public(http.MethodDelete, "/cleanup-unverified", httpkit.LimitOrdinary, s.cleanUp),

			money("/card/create", s.createCard),
			signedIn(http.MethodGet, "/card", s.listCards),
			signedIn(http.MethodGet, "/card/{four_digits}", s.findCard),
			signedIn(http.MethodDelete, "/card/delete", s.deleteCard),
			money("/card/transfer", s.transfer),
			signedIn(http.MethodPost, "/card/history", s.history),

			money("/savings/create", s.createSavings),
			signedIn(http.MethodGet, "/savings", s.listSavings),
			money("/savings/topUp", s.topUp),
			money("/savings/decrease", s.decrease),
			signedIn(http.MethodDelete, "/savings/delete", s.deleteSavings),

			signedIn(http.MethodPost, "/bills/create", s.createBill),
			signedIn(http.MethodGet, "/bills", s.listBills),
			money("/bills/pay", s.payBill),

			bulk,

			public(http.MethodGet, "/", httpkit.LimitOrdinary, s.root),
		},
	}
}

// root says that Purse is there; a browser is sent to the console.
func (s Services) root(c *httpkit.Call) error {
	c.Header().Add("Vary", "Accept")
	if strings.Contains(c.Request().Header.Get("Accept"), "text/html") {
		c.Header().Set("Location", console)
		c.Response().WriteHeader(http.StatusSeeOther)
		return nil
	}
	return c.JSON(http.StatusOK, status{"Server up and running"})
}

type status struct {
	Status string `json:"Status"`
}
