package app

import (
	"purse/internal/api/bank"
	"purse/internal/api/bot"
	giftapi "purse/internal/api/gift"
	"purse/internal/api/profile"
	walletapi "purse/internal/api/wallet"
	"purse/internal/avatar"
	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/confirmpage"
	"purse/internal/console"
	"purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/number"
	"purse/internal/portfolio"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/wallet"
)

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
		Shared:      a.settings.DatabaseURL != "", // an embedded database is this process's alone
		Peers:       peersOfPeople(a.tells()),
		MinPassword: a.minPassword(), CodesBySMS: a.settings.SMSURL != "", ResetURL: resetURL, VerifyURL: a.URL() + confirmpage.Path,
		ChatTokens: chatTokens(a.redis),
		Sessions: map[identity.Surface]identity.SessionRule{
			identity.Bank:     {Lifetime: bank.SessionLifetime},
			identity.Wallet:   walletapi.Sessions,
			identity.Bot:      bot.Sessions,
			identity.Gift:     giftapi.Sessions(a.settings.RequireVerifiedEmail),
			identity.Console:  {Lifetime: console.SessionLifetime},
			identity.Personal: {Lifetime: profile.SessionLifetime},
		},
		OnErase: onErase(outbox),
		OnRegistered: func(tx identity.Tx, user identity.User) error {
			_, err := wallet.Open(tx.(wallet.Tx), numbers, ledger.OwnerID(user.ID), a.settings.BaseCurrency)
			return err
		},
		OnMerged: onMerged(),
	})
}

// onMerged is what the products hand over when two users become one.
func onMerged() []func(tx identity.Tx, from, into identity.UserID) error {
	return []func(tx identity.Tx, from, into identity.UserID) error{
		func(tx identity.Tx, from, into identity.UserID) error {
			return gift.Reassign(tx.(gift.Tx), ledger.OwnerID(from), ledger.OwnerID(into))
		},
		func(tx identity.Tx, from, into identity.UserID) error {
			return portfolio.Merge(tx.(portfolio.Tx), ledger.OwnerID(from), ledger.OwnerID(into))
		},
		func(tx identity.Tx, from, _ identity.UserID) error { return tx.(avatar.Tx).DeletePicture(from) },
	}
}

// onErase is what the products and the outbox do when a person leaves: each
// forgets what it knows of them, and their accounts are closed, which the ledger
// refuses while there is money in one. The rows that others lock before accounts
// come before that, and those that they lock after accounts come after it.
func onErase(outbox *notify.Outbox) []func(identity.Tx, identity.User) error {
	return []func(identity.Tx, identity.User) error{
		func(tx identity.Tx, u identity.User) error { return tx.(bill.Tx).ForgetBills(ledger.OwnerID(u.ID)) },
		func(tx identity.Tx, u identity.User) error { return gift.Forget(tx.(gift.Tx), ledger.OwnerID(u.ID)) },
		func(tx identity.Tx, u identity.User) error {
			return ledger.CloseAll(tx.(ledger.Tx), ledger.OwnerID(u.ID))
		},
		func(tx identity.Tx, u identity.User) error {
			return tx.(card.Tx).ForgetCards(ledger.OwnerID(u.ID), tx.Now())
		},
		func(tx identity.Tx, u identity.User) error {
			return tx.(saving.Tx).ForgetSavings(ledger.OwnerID(u.ID), tx.Now())
		},
		func(tx identity.Tx, u identity.User) error {
			return tx.(wallet.Tx).ForgetWallets(ledger.OwnerID(u.ID))
		},
		func(tx identity.Tx, u identity.User) error { return tx.(avatar.Tx).DeletePicture(u.ID) },
		func(tx identity.Tx, u identity.User) error {
			for _, to := range []string{u.Email, u.Phone} {
				if to != "" {
					if err := outbox.Forget(tx.(notify.Tx), to); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

// minPassword is lower in development, so that the documents' samples run as
// they are printed.
func (a *App) minPassword() int {
	if a.settings.Development {
		return identity.MinPasswordDevelopment
	}
	return identity.MinPassword
}
