// Package portfolio is everything that one person has, of whatever product: the
// list of their ledger accounts, and handing all of it over when two users turn
// out to be one person. The rules of each product stay in its own package; no
// money is made or spent here.
package portfolio

import (
	"context"
	"slices"
	"time"

	"purse/internal/bill"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/saving"
	"purse/internal/statement"
	"purse/internal/unit"
)

// Tx is the rows of everything that a person has.
type Tx interface {
	bill.Tx
	saving.Tx
}

// Account is a ledger account as its owner sees it in a list.
type Account struct {
	ID        ledger.AccountID
	Kind      ledger.AccountKind
	Number    string // of a wallet; masked, of a card; "" when it has none
	Name      string
	Balance   money.Amount
	Active    bool // money can leave it
	CreatedAt time.Time
}

// Service lists accounts. It is safe for concurrent use.
type Service struct{ work unit.Work[Tx] }

// New makes a service.
func New(work unit.Work[Tx]) *Service { return &Service{work} }

// Accounts lists the owner's accounts that are not closed, the oldest first.
func (s *Service) Accounts(ctx context.Context, owner ledger.OwnerID) (list []Account, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		list, err = accounts(tx, owner)
		return err
	})
	return list, err
}

func accounts(tx Tx, owner ledger.OwnerID) ([]Account, error) {
	all, err := tx.AccountsOf(owner)
	if err != nil {
		return nil, err
	}
	var list []Account
	var ids []ledger.AccountID
	for _, a := range all {
		if a.Status == ledger.Closed {
			continue
		}
		ids = append(ids, a.ID)
		list = append(list, Account{ID: a.ID, Kind: a.Kind, Balance: a.Balance, Active: a.Status == ledger.Open, CreatedAt: a.CreatedAt})
	}
	// Not by the ids alone: each node has a block of them.
	slices.SortStableFunc(list, func(a, b Account) int { return a.CreatedAt.Compare(b.CreatedAt) })
	labels, err := tx.Labels(ids)
	if err != nil {
		return nil, err
	}
	known := make(map[ledger.AccountID]statement.Label, len(labels))
	for _, label := range labels {
		known[label.Account] = label
	}
	for i := range list {
		list[i].Number, list[i].Name = describe(known[list[i].ID], list[i].Kind)
	}
	return list, nil
}

// describe is the number and the name under which an account is listed.
func describe(label statement.Label, kind ledger.AccountKind) (shown, name string) {
	switch kind {
	case ledger.Wallet:
		return label.Number, label.Name
	case ledger.Card:
		return number.MaskedCard(label.LastFour), "Card"
	case ledger.Savings:
		return "", label.Name
	case ledger.Gift:
		return "", "Gift box"
	}
	return "", ""
}
