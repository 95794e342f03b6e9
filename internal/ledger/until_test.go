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

// pair is a book with two accounts, the first of which has 10.00.
func pair(t *testing.T, e enginetest.Engine) (s store.Engine, from, to ledger.AccountID) {
	t.Helper()
	s, _ = open(t, e)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		a, err := ledger.OpenAccount(tx, 1, ledger.Card, money.USD)
		b, err2 := ledger.OpenAccount(tx, 2, ledger.Card, money.USD)
		source, err3 := ledger.System(tx, ledger.CashIn, money.USD)
		from, to = a.ID, b.ID
		_, err4 := ledger.Post(tx, pays(source, a.ID, 1000))
		return errors.Join(err, err2, err3, err4)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, from, to
}

func pays(from, to ledger.AccountID, minor int64) ledger.Request {
	return ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(minor, money.USD)}}}
}

func TestRequestsAreDecidedUpToTheOneThatStops(t *testing.T) {
	enginetest.Each(t, decidedUntil)
}

func decidedUntil(t *testing.T, e enginetest.Engine) {
	s, a, b := pair(t, e)
	requests := []ledger.Request{pays(a, b, 0), pays(a, b, 100), pays(b, a, 200), pays(a, b, 300)}
	stop := func(err error) bool { return errors.Is(err, ledger.ErrInsufficientFunds) }
	err := s.Update(t.Context(), func(tx store.Tx) error {
		outcomes, err := ledger.ApplyUntil(tx, requests, stop)
		if len(outcomes) != 3 || !errors.Is(outcomes[0].Err, ledger.ErrAmount) || outcomes[1].Err != nil || !errors.Is(outcomes[2].Err, ledger.ErrInsufficientFunds) {
			t.Errorf("outcomes %+v", outcomes)
		}
		account, one := ledger.One(tx, b)
		if account.Balance.Minor() != 100 {
			t.Errorf("%s has come, want what was decided before", account.Balance)
		}
		return errors.Join(err, one)
	})
	if err != nil {
		t.Error(err)
	}
}

// Errors of whoever asks the ledger.
var (
	refusal = fault.Define(fault.Refused, "ledger_test.refused", "refused")
	lost    = fault.Define(fault.NotFound, "ledger_test.lost", "lost")
)

func TestWhatIsRefusedBeforehandIsReplayedUnderItsKeyOrRemembered(t *testing.T) {
	enginetest.Each(t, refusedBeforehand)
}

func refusedBeforehand(t *testing.T, e enginetest.Engine) {
	s, a, b := pair(t, e)
	key := func(value string) *ledger.Key {
		return &ledger.Key{KeyName: ledger.KeyName{Scope: "test", Value: value}}
	}
	good, early := pays(a, b, 100), func(value string, err error) ledger.Request { return ledger.Request{Key: key(value), Refusal: err} }
	good.Key = key("made")
	late := pays(a, b, 100)
	late.Key = key("refused")
	found := pays(a, b, 100)
	found.Key = key("lost")
	err := s.Update(t.Context(), func(tx store.Tx) error {
		outcomes, err := ledger.Apply(tx, []ledger.Request{good, early("made", refusal), early("refused", refusal), late, early("lost", lost), found})
		if err != nil {
			return err
		}
		if outcomes[0].Err != nil || outcomes[1].Err != nil || outcomes[1].Transfer.ID != outcomes[0].Transfer.ID {
			t.Errorf("made before: %+v", outcomes[:2])
		}
		if !errors.Is(outcomes[2].Err, refusal) || !errors.Is(outcomes[3].Err, refusal) {
			t.Errorf("a rule's refusal: %+v", outcomes[2:4])
		}
		if !errors.Is(outcomes[4].Err, lost) || outcomes[5].Err != nil {
			t.Errorf("what is not there: %+v", outcomes[4:])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
