// Package console is Purse's own web pages at /console: what a person has, what
// happened on a card, who is signed in to their account, and for administrators
// who people are and what they may do. The pages are
// HTML from html/template without scripts, and work over the same services as
// the surfaces. It shows what the services say and decides nothing about money
// or identity; SQL and rules must not be here.
package console

import (
	"net/http"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/clock"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/portfolio"
	"purse/internal/saving"
)

// SessionLifetime is how long a session of the console lasts after its last use.
const SessionLifetime = 30 * time.Minute

// Services is what the pages work with.
type Services struct {
	People   *identity.Service // issues sessions of identity.Console, see SessionLifetime
	Accounts *portfolio.Service
	Cards    *card.Service
	Savings  *saving.Service
	Bills    *bill.Service
	Clock    clock.Clock
	// Secure says that people come by https, so that cookies travel over nothing else.
	Secure bool
	// Development makes the pages say where the developer mailbox is.
	Development bool
}

// console is the pages over their services.
type console struct {
	Services
	crossSite *http.CrossOriginProtection
}

// The paths of the pages that others lead to.
const (
	overviewPath = "/console"
	codePath     = "/console/code"
	securityPath = "/console/security"
	peoplePath   = "/console/people"
)

// New is the console as a surface of the server.
func New(services Services) httpkit.Surface {
	k := &console{services, http.NewCrossOriginProtection()}
	page := func(path string, access httpkit.Access, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Path: path, Access: access, Limit: httpkit.LimitOrdinary, Handle: handle}
	}
	write := func(path string, access httpkit.Access, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Path: path, Access: access, Limit: limit, Handle: k.ownForm(handle)}
	}
	return httpkit.Surface{
		Name: "console", Cookie: true, Prefixes: []string{"/console"},
		Authenticate: k.authenticate, WriteError: k.writeError,
		Routes: []httpkit.Route{
			page(overviewPath, httpkit.MaybeSignedIn, k.overview),
			page(codePath, httpkit.Public, k.code),
			page("/console/card/{id}", httpkit.SignedIn, k.card),
			page(securityPath, httpkit.SignedIn, k.security),
			page(peoplePath, httpkit.SignedIn, k.administering(k.people)),
			page(peoplePath+"/{id}", httpkit.SignedIn, k.administering(k.person)),
			page("/console/style.css", httpkit.Public, serveStyle),
			page("/console/icon.svg", httpkit.Public, serveIcon),
			write("/console/sign-in", httpkit.Public, httpkit.LimitCredential, k.signIn),
			write(codePath, httpkit.Public, httpkit.LimitCredential, k.confirm),
			write("/console/sign-out", httpkit.Public, httpkit.LimitOrdinary, k.signOut),
			write("/console/security/two-step", httpkit.SignedIn, httpkit.LimitCredential, k.setTwoStep),
			write("/console/security/end", httpkit.SignedIn, httpkit.LimitOrdinary, k.endSession),
			write("/console/security/end-all", httpkit.SignedIn, httpkit.LimitOrdinary, k.endAll),
			write(peoplePath+"/find", httpkit.SignedIn, httpkit.LimitOrdinary, k.administering(k.findPerson)),
			write(peoplePath+"/change", httpkit.SignedIn, httpkit.LimitOrdinary, k.administering(k.changePerson)),
		},
	}
}

// ownForm refuses forms that are not the console's own. The server trusts the
// origins of the operator's apps for its API; here nobody but the pages
// themselves may write.
func (k *console) ownForm(handle func(*httpkit.Call) error) func(*httpkit.Call) error {
	return func(c *httpkit.Call) error {
		if err := k.crossSite.Check(c.Request()); err != nil {
			return httpkit.ErrCrossSite.Because(err)
		}
		return handle(c)
	}
}
