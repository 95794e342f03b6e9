package app

import (
	"context"
	"fmt"
	"net/url"

	"purse/internal/avatar"
	"purse/internal/bill"
	"purse/internal/botclient"
	"purse/internal/card"
	"purse/internal/confirmpage"
	"purse/internal/fx"
	"purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/notify/sms"
	"purse/internal/notify/smtp"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/resetpage"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/wallet"
)

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
	gifts    *gift.Service
	rates    *fx.Exchange
	bots     *botclient.Service
}

// build makes the services and mounts the surfaces over them.
func (a *App) build(ctx context.Context, root *secret.Root) error {
	s, err := a.services(root)
	if err != nil {
		return err
	}
	a.hear = hearing{people: s.people, bots: s.bots}
	a.sender = notify.NewSender(s.outbox)
	if a.jobs, err = a.jobRunner(s); err != nil {
		return err
	}
	err = a.mount(a.surfaces(s, root), pages{
		reset: resetpage.New(resetpage.Config{
			Usable: s.people.PeekReset, Confirm: s.people.ConfirmReset, MinPassword: a.minPassword(), Log: a.log.Logger(),
		}),
		confirm: confirmpage.New(confirmpage.Config{Log: a.log.Logger(), Confirm: func(ctx context.Context, user int64, token string) error {
			return s.people.VerifyEmail(ctx, identity.UserID(user), token)
		}}),
	})
	if err != nil {
		return err
	}
	if counter, ok := commits(a.engine); ok {
		if err := a.gauges.Registry().Register(counter); err != nil {
			return err
		}
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
		Work: store.Narrow[botclient.Tx](a.engine), Clock: a.clock, Root: root, Peers: peersOfBots(a.tells()), Fixed: a.settings.BotClients, BotToken: a.settings.TelegramBotToken,
	})
	s.gifts = gift.New(gift.Options{Work: store.Narrow[gift.Tx](a.engine), Payments: s.payments, Numbers: numbers, Funding: a.settings.GiftFunding})
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
