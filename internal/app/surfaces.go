package app

import (
	"net/http"
	"strings"

	"purse/internal/api/bank"
	"purse/internal/api/bot"
	"purse/internal/api/dev"
	giftapi "purse/internal/api/gift"
	"purse/internal/api/profile"
	walletapi "purse/internal/api/wallet"
	"purse/internal/apidoc"
	"purse/internal/confirmpage"
	"purse/internal/console"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/notify"
	"purse/internal/portfolio"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/token"
)

// surfaces are all surfaces over the services.
func (a *App) surfaces(s services, root *secret.Root) []httpkit.Surface {
	secure := strings.HasPrefix(a.URL(), "https://")
	signer := func(surface identity.Surface) *token.Signer { return token.NewSigner(root, string(surface), a.clock) }
	accounts := portfolio.New(store.Narrow[portfolio.Tx](a.engine))
	surfaces := []httpkit.Surface{
		bank.New(bank.Services{
			People: s.people, Cards: s.cards, Savings: s.savings, Bills: s.bills, BaseCurrency: a.settings.BaseCurrency,
			Secure: secure, CrossSite: secure && len(a.settings.CORSOrigins) > 0,
		}),
		profile.New(profile.Services{
			People: s.people, Avatars: s.avatars, Clock: a.clock, PublicURL: a.URL(), PublicEmails: a.settings.PublicEmails,
		}),
		walletapi.New(walletapi.Services{People: s.people, Wallets: s.wallets, Tokens: signer(identity.Wallet)}),
		bot.New(bot.Services{
			People: s.people, Clients: s.bots, Accounts: accounts,
			Tokens: signer(identity.Bot), Unsigned: a.settings.Development,
		}),
		giftapi.New(giftapi.Services{People: s.people, Gifts: s.gifts, Signer: signer(identity.Gift), Clock: a.clock}),
		console.New(console.Services{
			People: s.people, Accounts: accounts, Cards: s.cards, Savings: s.savings, Bills: s.bills,
			Clock: a.clock, Secure: secure, Development: a.settings.Development,
		}),
	}
	if a.settings.Development {
		surfaces = append(surfaces, dev.New(dev.Services{
			Mailbox: notify.NewMailbox(s.outbox), Clock: a.movable, Jobs: a.jobs, Rates: s.rates, KeepOffset: keepOffset(a.engine),
		}))
	}
	return surfaces
}

// pages are what mailed links open.
type pages struct{ reset, confirm httpkit.Page }

// Mounted is everything that this Purse answers with, as it was declared.
func (a *App) Mounted() []httpkit.Mounted { return a.mounted }

// mount puts the surfaces, the pages and what tells of Purse's health on one
// handler.
func (a *App) mount(surfaces []httpkit.Surface, pages pages) error {
	own, shared := a.limiters()
	a.gauges = httpkit.NewMetrics(a.log)
	handler, err := httpkit.New(httpkit.Config{
		Log: a.log, Limiter: own, SharedLimiter: shared, Metrics: a.gauges,
		Origins: a.settings.CORSOrigins, Proxies: a.settings.TrustedProxies, PublicURL: a.URL(),
	}, surfaces...)
	if err != nil {
		return err
	}
	a.health = httpkit.NewHealth(a.clock, a.checks()...)
	apidoc.Register(handler)
	handler.HandleLimited("/reset", httpkit.LimitCredential, pages.reset)
	handler.HandleLimited("/reset/", httpkit.LimitCredential, pages.reset)
	handler.Handle("GET /reset/style.css", pages.reset)
	handler.Handle("GET "+confirmpage.Path+"/style.css", confirmpage.Style())
	handler.HandleLimited(confirmpage.Path+"/{id}/{token}", httpkit.LimitCredential, pages.confirm)
	handler.HandleLimited(confirmpage.Path+"/{id}/{token}/{$}", httpkit.LimitCredential, pages.confirm)
	handler.HandleAlways("GET /healthz", a.health.Live())
	handler.HandleAlways("GET /readyz", a.health.Ready())
	if a.metrics == nil {
		handler.HandleAlways("GET /metrics", httpkit.LocalOnly(a.gauges.Handler()))
	}
	a.handler, a.mounted = http.Handler(handler), handler.Mounted()
	if a.settings.Development {
		a.handler = httpkit.DevGuard(handler)
	}
	return nil
}
