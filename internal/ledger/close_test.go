package ledger_test

import (
	"errors"
	"testing"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

func TestGiftBoxesAloneAreKeptInPlayMoney(t *testing.T) {
	engine, _ := open(t, enginetest.SQLite)
	for kind, unit := range map[ledger.AccountKind]money.Currency{ledger.Gift: money.KRW, ledger.Wallet: money.Play, ledger.Card: money.Play, ledger.Savings: money.Play} {
		err := engine.Update(t.Context(), func(tx store.Tx) error {
			_, err := ledger.OpenAccount(tx, 1, kind, unit)
			return err
		})
		if fault.KindOf(err) != fault.Internal {
			t.Errorf("a %s in %s: %v", kind, unit, err)
		}
	}
}

func TestPlayMoneyMovesNowhereElse(t *testing.T) {
	engine, _ := open(t, enginetest.SQLite)
	err := engine.Update(t.Context(), func(tx store.Tx) error {
		box, err := ledger.OpenAccount(tx, 1, ledger.Gift, money.Play)
		if err != nil {
			return err
		}
		purse, err := ledger.OpenAccount(tx, 1, ledger.Wallet, money.KRW)
		if err != nil {
			return err
		}
		pledges, err := ledger.System(tx, ledger.Pledges, money.Play)
		if err != nil {
			return err
		}
		move := func(from, to ledger.AccountID, unit money.Currency) error {
			_, err := ledger.Post(tx, ledger.Request{Kind: "test", Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(5, unit)}}})
			return err
		}
		if err := move(pledges, box.ID, money.Play); err != nil {
			return err
		}
		for _, unit := range []money.Currency{money.Play, money.KRW} {
			if err := move(box.ID, purse.ID, unit); !errors.Is(err, ledger.ErrCurrency) {
				t.Errorf("%s left the box: %v", unit, err)
			}
			if err := move(pledges, purse.ID, unit); !errors.Is(err, ledger.ErrCurrency) {
				t.Errorf("%s left the pledges: %v", unit, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAllAccountsOfAnOwnerCloseTogetherOrNotAtAll(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		engine, _ := open(t, e)
		var mine, theirs [3]ledger.Account
		update := func(fn func(tx store.Tx) error) error { return engine.Update(t.Context(), fn) }
		status := func(a ledger.Account) (status ledger.Status) {
			if err := engine.View(t.Context(), func(tx store.Tx) error {
				got, err := ledger.One(tx, a.ID)
				status = got.Status
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return status
		}
		if err := update(func(tx store.Tx) (err error) {
			for i := range mine {
				if mine[i], err = ledger.OpenAccount(tx, 1, ledger.Card, money.USD); err != nil {
					return err
				}
				if theirs[i], err = ledger.OpenAccount(tx, 2, ledger.Card, money.USD); err != nil {
					return err
				}
			}
			in, err := ledger.System(tx, ledger.CashIn, money.USD)
			if err != nil {
				return err
			}
			if _, err := ledger.Post(tx, ledger.Request{Kind: "test", Postings: []ledger.Posting{{From: in, To: mine[2].ID, Amount: money.New(1, money.USD)}}}); err != nil {
				return err
			}
			return errors.Join(ledger.Freeze(tx, mine[0].ID), ledger.Close(tx, mine[1].ID))
		}); err != nil {
			t.Fatal(err)
		}
		closeAll := func(tx store.Tx) error { return ledger.CloseAll(tx, 1) }
		if err := update(closeAll); !errors.Is(err, ledger.ErrNotEmpty) || status(mine[0]) != ledger.Frozen {
			t.Errorf("with a cent on one of them: %v, the others are %s", err, status(mine[0]))
		}
		if err := update(func(tx store.Tx) error {
			_, err := ledger.Post(tx, ledger.Request{Kind: "test", Postings: []ledger.Posting{{From: mine[2].ID, To: theirs[0].ID, Amount: money.New(1, money.USD)}}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := update(closeAll); err != nil {
			t.Fatal(err)
		}
		for i := range mine {
			if status(mine[i]) != ledger.Closed || status(theirs[i]) != ledger.Open {
				t.Errorf("account %d is %s, the other's %s", i, status(mine[i]), status(theirs[i]))
			}
		}
		if err := update(closeAll); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}
