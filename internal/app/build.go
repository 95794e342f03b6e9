package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"purse/internal/api/bank"
	"purse/internal/api/bot"
	"purse/internal/api/dev"
	"purse/internal/api/profile"
	walletapi "purse/internal/api/wallet"
	"purse/internal/apidoc"
	"purse/internal/avatar"
	"purse/internal/bill"
	"purse/internal/botclient"
	"purse/internal/card"
	"purse/internal/console"
	"purse/internal/fx"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/notify/sms"
	"purse/internal/notify/smtp"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/portfolio"
	"purse/internal/resetpage"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/token"
	"purse/internal/wallet"
)

// bankSession is how long a bank session lasts after its last use, and
// therefore its cookie.
const bankSession = 45 * time.Minute

// services is everything that the surfaces call.
type services struct {
	outbox   *notify.Outbox
	people   *identity.Service
	avatars  *avatar.Service
	payments *payment.Service
	wallets  *wallet.Service
	fees     *wallet.Fees
	cards    *card.Service
	savings  *saving.Service
	bills    *bill.Service
	rates    *fx.Exchange
	bots     *botclient.Service
}

// build makes the services and mounts the surfaces over them.
func (a *App) build(ctx context.Context, root *secret.Root) error {
	s, err := a.services(root)
	if err != nil {
		return err
	}
	a.sender = notify.NewSender(s.outbox)
	if a.jobs, err = a.jobRunner(s); err != nil {
		return err
	}
	secure := strings.HasPrefix(a.URL(), "https://")
	surfaces := []httpkit.Surface{bank.New(bank.Services{
		People: s.people, Cards: s.cards, Savings: s.savings, Bills: s.bills, BaseCurrency: a.settings.BaseCurrency,
		SessionTTL: bankSession, Secure: secure, CrossSite: secure && len(a.settings.CORSOrigins) > 0,
	}), profile.New(profile.Services{
		People: s.people, Avatars: s.avatars, Clock: a.clock, PublicURL: a.URL(), PublicEmails: a.settings.PublicEmails,
	}), walletapi.New(walletapi.Services{
		People: s.people, Wallets: s.wallets, Tokens: token.NewSigner(root, string(identity.Wallet), a.clock),
	}), bot.New(bot.Services{
		People: s.people, Clients: s.bots, Accounts: portfolio.New(store.Narrow[portfolio.Tx](a.engine)),
		Tokens: token.NewSigner(root, "bot", a.clock), Unsigned: a.settings.Development,
	}), console.New(console.Services{
		People: s.people, Cards: s.cards, Savings: s.savings, Bills: s.bills,
		Clock: a.clock, Secure: secure, Development: a.settings.Development,
	})}
	if a.settings.Development {
		surfaces = append(surfaces, dev.New(dev.Services{
			Mailbox: notify.NewMailbox(s.outbox), Clock: a.movable, Jobs: a.jobs, Rates: s.rates, KeepOffset: keepOffset(a.engine),
		}))
	}
	err = a.mount(surfaces, resetpage.Handler(resetpage.Config{
		Usable: s.people.PeekReset, Confirm: s.people.ConfirmReset, MinPassword: a.minPassword(), Log: a.log.Logger(),
	}))
	if err != nil {
		return err
	}
	return a.gauges.Registry().Register(ratesAge(s.rates))
}

func (a *App) services(root *secret.Root) (s services, err error) {
	if s.outbox, err = a.outbox(root); err != nil {
		return s, err
	}
	numbers := number.NewDirectory(store.Narrow[number.Tx](a.engine), root)
	if s.people, err = a.people(root, s.outbox, numbers); err != nil {
		return s, err
	}
	s.avatars = avatar.New(store.Narrow[avatar.Tx](a.engine), root)
	s.rates = fx.New(store.Narrow[fx.Tx](a.engine), a.settings.RatesMaxAge)
	if a.settings.Development {
		s.rates = fx.NewForDevelopment(store.Narrow[fx.Tx](a.engine), a.settings.RatesMaxAge)
	}
	s.fees = wallet.NewFees(store.Narrow[wallet.Tx](a.engine), s.rates)
	s.payments = payment.New(payment.Options{
		Work: store.Narrow[payment.Tx](a.engine), Book: ledger.NewBook(store.Ledger(a.engine)), Converter: s.rates, Settler: s.fees,
	})
	s.wallets = wallet.New(wallet.Options{Work: store.Narrow[wallet.Tx](a.engine), Payments: s.payments, Numbers: numbers})
	s.cards = card.New(card.Options{
		Work: store.Narrow[card.Tx](a.engine), Payments: s.payments, Numbers: numbers, Root: root, Grant: a.settings.CardGrant,
	})
	s.savings = saving.New(saving.Options{Work: store.Narrow[saving.Tx](a.engine), Payments: s.payments, Grant: a.settings.SavingsGrant})
	s.bills = bill.New(bill.Options{Work: store.Narrow[bill.Tx](a.engine), Cards: s.cards, Payments: s.payments})
	s.bots = botclient.New(botclient.Options{
		Work: store.Narrow[botclient.Tx](a.engine), Clock: a.clock, Root: root, Fixed: a.settings.BotClients, BotToken: a.settings.TelegramBotToken,
	})
	return s, nil
}

// outbox is the way messages leave: mail over SMTP and text messages by the
// webhook where they are set, and into the mailbox in development.
func (a *App) outbox(root *secret.Root) (*notify.Outbox, error) {
	config := notify.Config{
		Store: store.Narrow[notify.Tx](a.engine), Root: root, Clock: a.clock, Log: a.log.Logger(), Keep: a.settings.Development,
		Transports: map[notify.Channel]notify.Transport{},
	}
	if a.settings.SMTPURL != "" {
		server, err := smtp.ParseServer(a.settings.SMTPURL)
		if err != nil {
			return nil, fmt.Errorf("PURSE_SMTP_URL: %w", err)
		}
		from := a.settings.MailFrom
		if from == "" {
			from = "Purse <purse@" + mailHost(a.URL()) + ">"
		}
		sender, err := smtp.ParseSender(from)
		if err != nil {
			return nil, fmt.Errorf("PURSE_MAIL_FROM: %w", err)
		}
		config.Transports[notify.Email] = smtp.New(server, sender)
	}
	if a.settings.SMSURL != "" && a.settings.SMSURL != MailboxSMS {
		webhook, err := sms.New(a.settings.SMSURL)
		if err != nil {
			return nil, fmt.Errorf("PURSE_SMS_URL: %w", err)
		}
		config.Transports[notify.SMS] = webhook
	}
	return notify.New(config), nil
}

// mailHost is a host that mail can come from: the public one.
func mailHost(address string) string {
	u, err := url.Parse(address)
	if err != nil || loopbackURL(address) {
		return "purse.localhost"
	}
	return u.Hostname()
}

// people is identity; whoever registers gets a wallet in the base currency in
// the same unit of work.
func (a *App) people(root *secret.Root, outbox *notify.Outbox, numbers *number.Directory) (*identity.Service, error) {
	resetURL := a.settings.ResetURL
	if resetURL == "" {
		resetURL = a.URL() + "/reset"
	}
	post := mail{outbox, a.clock}
	return identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](a.engine), Clock: a.clock, Root: root, Mailer: post, Outbox: post,
		MinPassword: a.minPassword(), CodesBySMS: a.settings.SMSURL != "", ResetURL: resetURL, ChatTokens: a.chatTokens(), Sessions: map[identity.Surface]identity.SessionRule{
			identity.Bank:     {Lifetime: bankSession},
			identity.Wallet:   walletapi.Sessions,
			identity.Bot:      bot.Sessions,
			identity.Console:  {Lifetime: console.SessionLifetime},
			identity.Personal: {Lifetime: profile.SessionLifetime},
		},
		OnRegistered: func(tx identity.Tx, user identity.User) error {
			_, err := wallet.Open(tx.(wallet.Tx), numbers, ledger.OwnerID(user.ID), a.settings.BaseCurrency)
			return err
		},
		OnMerged: []func(tx identity.Tx, from, into identity.UserID) error{
			func(tx identity.Tx, from, into identity.UserID) error {
				return portfolio.Merge(tx.(portfolio.Tx), ledger.OwnerID(from), ledger.OwnerID(into))
			},
		},
	})
}

// minPassword is lower in development, so that the documents' samples run as
// they are printed.
func (a *App) minPassword() int {
	if a.settings.Development {
		return identity.MinPasswordDevelopment
	}
	return identity.MinPassword
}

// mount puts the surfaces, the pages and what tells of Purse's health on one
// handler.
func (a *App) mount(surfaces []httpkit.Surface, reset http.Handler) error {
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
	handler.Handle("/reset", reset)
	handler.Handle("/reset/", reset)
	handler.HandleAlways("GET /healthz", a.health.Live())
	handler.HandleAlways("GET /readyz", a.health.Ready())
	if a.metrics == nil {
		handler.HandleAlways("GET /metrics", httpkit.LocalOnly(a.gauges.Handler()))
	}
	a.handler = http.Handler(handler)
	if a.settings.Development {
		a.handler = httpkit.DevGuard(handler)
	}
	return nil
}
