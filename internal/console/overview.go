package console

import (
	"context"
	"math/bits"
	"net/http"
	"slices"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/portfolio"
	"purse/internal/saving"
	"purse/internal/surface"
)

// overviewView is what a person has.
type overviewView struct {
	card.Overview
	Wallets []portfolio.Account // the default one first
	GiftBox *portfolio.Account  // nil when there is none
	Cards   []card.Card
	Goals   []goalView
	Bills   []billView
}

type goalView struct {
	saving.Goal
	Percent int // of the goal, 0 to 100
}

type billView struct {
	bill.Bill
	Overdue bool
}

func (k *console) overview(c *httpkit.Call) error {
	if surface.User(c) == 0 {
		return k.showSignIn(c, http.StatusOK, signInView{})
	}
	v, err := k.holdings(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	return k.show(c, http.StatusOK, "overview", page{Title: "Overview", Section: "overview", Body: v})
}

// holdings collects what the owner has; having none of something is no error.
func (k *console) holdings(ctx context.Context, owner ledger.OwnerID) (v overviewView, err error) {
	if v.Overview, err = k.Cards.Overview(ctx, owner); err != nil {
		return v, err
	}
	accounts, err := k.Accounts.Accounts(ctx, owner)
	if err != nil {
		return v, err
	}
	for _, a := range accounts {
		switch a.Kind {
		case ledger.Wallet:
			v.Wallets = append(v.Wallets, a)
		case ledger.Gift:
			v.GiftBox = &a
		}
	}
	if v.Cards, err = orNone(k.Cards.List(ctx, owner)); err != nil {
		return v, err
	}
	goals, err := orNone(k.Savings.List(ctx, owner))
	if err != nil {
		return v, err
	}
	for _, g := range goals {
		v.Goals = append(v.Goals, goalView{g, percent(g.Balance, g.Goal)})
	}
	bills, err := orNone(k.Bills.List(ctx, owner))
	if err != nil {
		return v, err
	}
	v.Bills = openBills(bills, k.Clock.Now())
	return v, nil
}

// orNone turns "there is none" into nothing.
func orNone[T any](value T, err error) (T, error) {
	var none T
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return none, nil
	}
	return value, err
}

// openBills is the bills that are not paid, the first due first.
func openBills(bills []bill.Bill, now time.Time) []billView {
	var open []billView
	for _, b := range bills {
		if !b.Paid() {
			open = append(open, billView{b, b.DueAt.Before(now)})
		}
	}
	slices.SortStableFunc(open, func(a, b billView) int { return a.DueAt.Compare(b.DueAt) })
	return open
}

// percent is how much of the goal is reached, rounded down.
func percent(balance, goal money.Amount) int {
	have, whole := balance.Minor(), goal.Minor()
	switch {
	case have <= 0 || whole <= 0:
		return 0
	case have >= whole:
		return 100
	}
	high, low := bits.Mul64(uint64(have), 100)
	quotient, _ := bits.Div64(high, low, uint64(whole)) // have < whole, so it is below 100
	return int(quotient)                                // #nosec G115 -- below 100
}
