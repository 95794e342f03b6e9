package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/clock"
	"purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/logging"
	"purse/internal/portfolio"
	"purse/internal/saving"
	"purse/internal/store"
	"purse/internal/wallet"
)

// Services is what the surfaces of a Purse stand on, opened without them and
// without background work, for measuring what they cost by themselves.
type Services struct {
	People   *identity.Service
	Cards    *card.Service
	Savings  *saving.Service
	Bills    *bill.Service
	Wallets  *wallet.Service
	Gifts    *gift.Service
	Accounts *portfolio.Service

	app *App
}

// OpenServices opens a database of development as Open does, which no other
// process may have open if it is an embedded one.
func OpenServices(ctx context.Context, databaseURL, secretKey string) (_ *Services, err error) {
	settings, err := Parse(true, Text{
		Listen: "127.0.0.1:0", DatabaseURL: databaseURL, SecretKey: secretKey, PublicURL: "http://localhost", BaseCurrency: "USD", RatesMaxAge: 48 * time.Hour,
		CardGrant: "0", SavingsGrant: "0", PublicEmails: "off", RateLimits: "off", GiftFunding: "pledge", RequireVerifiedEmail: "off",
	})
	if err != nil {
		return nil, err
	}
	a := &App{settings: settings, clock: clock.System{}, log: logging.Open(logging.Options{Writer: io.Discard, Level: slog.LevelError})}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	root, err := rootOf(settings)
	if err != nil {
		return nil, err
	}
	engine, err := openEngine(ctx, settings, a.clock)
	if err != nil {
		return nil, err
	}
	a.engine = engine
	if _, err := claimDatabase(ctx, engine, root, true); err != nil {
		return nil, err
	}
	s, err := a.services(root)
	if err != nil {
		return nil, err
	}
	return &Services{
		People: s.people, Cards: s.cards, Savings: s.savings, Bills: s.bills, Wallets: s.wallets, Gifts: s.gifts,
		Accounts: portfolio.New(store.Narrow[portfolio.Tx](engine)), app: a,
	}, nil
}

// Commits is how many batches an embedded database has committed; known is false
// for an engine that does not count them.
func (s *Services) Commits() (count int64, known bool) {
	counted, known := s.app.engine.(committer)
	if !known {
		return 0, false
	}
	return counted.Commits(), true
}

// Close finishes what was accepted and releases the database.
func (s *Services) Close() error { return s.app.Close() }
