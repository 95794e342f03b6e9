package wallet

import (
	"context"
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
	"purse/internal/ledger"
	"purse/internal/surface"
	"purse/internal/wallet"
)

func (s Services) listWallets(c *httpkit.Call) error {
	user, err := s.caller(c)
	if err != nil {
		return err
	}
	wallets, err := s.Wallets.List(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showWallets(wallets, user))
}

func (s Services) createWallet(c *httpkit.Call) error {
	in := drf.Parse(c.Body(), c.ContentType())
	name, currency := wallet.DefaultName, wallet.Currencies[0].Code()
	if in.Filled("name") {
		name = in.Char("name", bind.Max(wallet.MaxName))
	}
	if in.Filled("amount_currency") {
		currency = in.Choice("amount_currency", currencies()...)
	}
	if err := in.Err(); err != nil {
		return err
	}
	user, err := s.caller(c)
	if err != nil {
		return err
	}
	made, err := s.Wallets.Create(c.Context(), surface.Owner(c), name, currency, surface.Key(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, showWallet(made, user))
}

// currencies are the codes of those that a wallet may be opened in, the default first.
func currencies() []string {
	codes := make([]string, len(wallet.Currencies))
	for i, c := range wallet.Currencies {
		codes[i] = c.Code()
	}
	return codes
}

// walletID is the wallet that the path names; what is no number is no wallet.
func walletID(c *httpkit.Call) (ledger.AccountID, error) {
	number, ok := surface.ParseID(c.PathValue("id"))
	if !ok {
		return 0, wallet.ErrUnknown
	}
	return ledger.AccountID(number), nil
}

func (s Services) showWallet(c *httpkit.Call) error {
	id, err := walletID(c)
	if err != nil {
		return err
	}
	user, err := s.caller(c)
	if err != nil {
		return err
	}
	found, err := s.Wallets.Get(c.Context(), surface.Owner(c), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showWallet(found, user))
}

type nameAnswer struct {
	Name string `json:"name"`
}

func (s Services) updateWallet(c *httpkit.Call) error {
	id, err := walletID(c)
	if err != nil {
		return err
	}
	in := drf.Parse(c.Body(), c.ContentType())
	read := func() (wallet.View, error) { return s.Wallets.Get(c.Context(), surface.Owner(c), id) }
	if in.Filled("name") {
		name := in.Char("name", bind.Max(wallet.MaxName))
		read = func() (wallet.View, error) { return s.Wallets.Rename(c.Context(), surface.Owner(c), id, name) }
	}
	if err := in.Err(); err != nil {
		return err
	}
	v, err := read()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, nameAnswer{v.Name})
}

type movedAnswer struct {
	Amount        amount `json:"amount"`
	Balance       amount `json:"balance"`
	TransactionID string `json:"transaction_id"`
}

func (s Services) deposit(c *httpkit.Call) error  { return move(c, s.Wallets.Deposit) }
func (s Services) withdraw(c *httpkit.Call) error { return move(c, s.Wallets.Withdraw) }

func move(c *httpkit.Call, move func(context.Context, wallet.Movement) (wallet.Moved, error)) error {
	id, err := walletID(c)
	if err != nil {
		return err
	}
	in := drf.Parse(c.Body(), c.ContentType())
	m := wallet.Movement{Owner: surface.Owner(c), Wallet: id, Amount: in.Decimal("amount"), Key: surface.Key(c)}
	if err := in.Err(); err != nil {
		return err
	}
	done, err := move(c.Context(), m)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, movedAnswer{amount(done.Amount), amount(done.Balance), done.ID.String()})
}
