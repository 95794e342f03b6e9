package ledger_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

const callers = 50

// race lets all callers begin together and returns what each got.
func race(do func(caller int) error) []error {
	outcomes := make([]error, callers)
	var ready, wait sync.WaitGroup
	ready.Add(callers)
	for caller := range callers {
		wait.Go(func() {
			ready.Done()
			ready.Wait()
			outcomes[caller] = do(caller)
		})
	}
	wait.Wait()
	return outcomes
}

func TestOfManyCallersOneSucceeds(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
		for _, test := range []struct {
			name string
			// prepare returns what each caller does in a unit of work of its own.
			prepare func(tx store.Tx, from, to ledger.AccountID) (func(tx store.Tx) error, error)
			loser   error
		}{
			{"posting a hold", func(tx store.Tx, from, to ledger.AccountID) (func(tx store.Tx) error, error) {
				h, err := ledger.NewHold(tx, from, to, usd(100), start.Add(time.Hour))
				return func(tx store.Tx) error {
					_, err := ledger.PostHold(tx, h.ID, usd(100), ledger.Request{Kind: "post"})
					return err
				}, err
			}, ledger.ErrHoldEnded},
			{"reversing a transfer", func(tx store.Tx, from, to ledger.AccountID) (func(tx store.Tx) error, error) {
				transfer, err := ledger.Post(tx, ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: to, To: from, Amount: usd(100)}}})
				return func(tx store.Tx) error {
					_, err := ledger.Reverse(tx, transfer.ID, 0, "")
					return err
				}, err
			}, ledger.ErrReversed},
			{"closing an account", func(tx store.Tx, from, to ledger.AccountID) (func(tx store.Tx) error, error) {
				_, err := ledger.Post(tx, ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: from, To: to, Amount: usd(100)}}})
				return func(tx store.Tx) error { return ledger.Close(tx, from) }, err
			}, ledger.ErrAccountClosed},
			{"the last funds", func(_ store.Tx, from, to ledger.AccountID) (func(tx store.Tx) error, error) {
				return func(tx store.Tx) error {
					_, err := ledger.Post(tx, ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: from, To: to, Amount: usd(100)}}})
					return err
				}, nil
			}, ledger.ErrInsufficientFunds},
		} {
			t.Run(test.name, func(t *testing.T) {
				s, _ := open(t, e)
				ids := ledgertest.Fund(t, s, 2, 100)
				var do func(tx store.Tx) error
				if err := s.Update(t.Context(), func(tx store.Tx) (err error) {
					do, err = test.prepare(tx, ids[0], ids[1])
					return err
				}); err != nil {
					t.Fatal(err)
				}
				won := 0
				for _, err := range race(func(int) error { return s.Update(context.Background(), do) }) {
					if err == nil {
						won++
					} else if !errors.Is(err, test.loser) {
						t.Errorf("a caller got %v, want %v", err, test.loser)
					}
				}
				if won != 1 {
					t.Errorf("%d callers succeeded", won)
				}
				verified(t, s)
			})
		}
	})
}

func TestOneAccountsFundsAreSpentOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		s, _ := open(t, e)
		book := ledger.NewBook(store.Ledger(s))
		ids := ledgertest.Fund(t, s, callers+1, 70)
		won := 0
		for _, err := range race(func(caller int) error {
			_, err := book.Transfer(context.Background(), ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: ids[0], To: ids[caller+1], Amount: money.New(10, money.USD)}}})
			return err
		}) {
			if err == nil {
				won++
			} else if !errors.Is(err, ledger.ErrInsufficientFunds) {
				t.Errorf("a caller got %v", err)
			}
		}
		if won != 7 {
			t.Errorf("%d callers were paid 10 of 70", won)
		}
		verified(t, s)
	})
}

func TestOneKeyMovesMoneyOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		s, _ := open(t, e)
		book := ledger.NewBook(store.Ledger(s))
		ids := ledgertest.Fund(t, s, 2, 1000)
		made := make([]ledger.TransferID, callers)
		for _, err := range race(func(caller int) error {
			transfer, err := book.Transfer(context.Background(), ledger.Request{
				Kind: "transfer", Key: &ledger.Key{KeyName: ledger.KeyName{Scope: "1", Value: "k"}},
				Postings: []ledger.Posting{{From: ids[0], To: ids[1], Amount: money.New(10, money.USD)}},
			})
			made[caller] = transfer.ID
			return err
		}) {
			if err != nil {
				t.Errorf("a caller got %v", err)
			}
		}
		for _, id := range made {
			if id != made[0] {
				t.Errorf("callers got the transfers %v and %v", made[0], id)
			}
		}
		verified(t, s)
		err := s.View(t.Context(), func(tx store.Tx) error {
			a, err := ledger.One(tx, ids[0])
			if a.Balance.Minor() != 990 {
				t.Errorf("the sender has %v", a.Balance)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestOnceRunsOnceForAllCallersOfAKey(t *testing.T) {
	for _, test := range []struct {
		name   string
		result error
		times  int // that the operation ran
	}{
		{"a success", nil, 1},
		{"a refusal", ledger.ErrInsufficientFunds, 1},
		{"an error that is decided afresh", ledger.ErrNoAccount, callers},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _ := open(t, enginetest.SQLite)
			ran := 0 // counted under the writer's hand
			key := &ledger.Key{KeyName: ledger.KeyName{Scope: "1", Value: "k"}}
			refs, replayed := make([]string, callers), make([]bool, callers)
			for _, err := range race(func(caller int) (err error) {
				refs[caller], replayed[caller], err = ledger.Once(context.Background(), s, key, func(tx store.Tx) (string, error) {
					ran++
					if err := tx.SetMeta("ran", strconv.Itoa(ran)); err != nil {
						return "", err
					}
					return "ref " + strconv.Itoa(caller), test.result
				})
				return err
			}) {
				if !errors.Is(err, test.result) {
					t.Errorf("a caller got %v, want %v", err, test.result)
				}
			}
			if ran != test.times {
				t.Errorf("it ran %d times", ran)
			}
			for caller, ref := range refs {
				if ref != refs[0] || (ref == "") != (test.result != nil) {
					t.Errorf("callers got %q and %q", refs[0], ref)
				}
				if own := ref == "ref "+strconv.Itoa(caller); ref != "" && replayed[caller] == own {
					t.Errorf("caller %d got %q, replayed %v", caller, ref, replayed[caller])
				}
			}
			err := s.View(t.Context(), func(tx store.Tx) error {
				left, err := tx.Meta("ran")
				if (left != "") != (test.result == nil) {
					t.Errorf("it left %q", left)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARefusedPostingLeavesTheHoldEvenWhenTheUnitGoesOn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		s, _ := open(t, e)
		ids := ledgertest.Fund(t, s, 2, 100)
		var h ledger.Hold
		err := s.Update(t.Context(), func(tx store.Tx) (err error) {
			if h, err = ledger.NewHold(tx, ids[0], ids[1], money.New(60, money.USD), start.Add(time.Hour)); err != nil {
				return err
			}
			if err := ledger.Freeze(tx, ids[1]); err != nil {
				return err
			}
			if _, err := ledger.PostHold(tx, h.ID, money.New(60, money.USD), ledger.Request{Kind: "post"}); !errors.Is(err, ledger.ErrReceiverClosed) {
				t.Errorf("got %v", err)
			}
			return ledger.Thaw(tx, ids[1])
		})
		if err != nil {
			t.Fatal(err)
		}
		verified(t, s)
		if err := s.Update(t.Context(), func(tx store.Tx) error {
			_, err := ledger.PostHold(tx, h.ID, money.New(60, money.USD), ledger.Request{Kind: "post"})
			return err
		}); err != nil {
			t.Errorf("the hold cannot be posted later: %v", err)
		}
		verified(t, s)
	})
}
