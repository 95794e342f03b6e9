package app

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

func TestVerifyEndsWithWhatIsOwedAndWhatCameAndWent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		for _, currency := range []money.Currency{money.USD, money.KRW} {
			in, err := ledger.System(tx, ledger.CashIn, currency)
			out, err2 := ledger.System(tx, ledger.CashOut, currency)
			ann, err3 := ledger.OpenAccount(tx, 1, ledger.Wallet, currency)
			if err := errors.Join(err, err2, err3); err != nil {
				return err
			}
			for _, p := range []ledger.Posting{{From: in, To: ann.ID, Amount: money.New(1250, currency)}, {From: ann.ID, To: out, Amount: money.New(250, currency)}} {
				if _, err := ledger.Post(tx, ledger.Request{Kind: "test", Postings: []ledger.Posting{p}}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Verify(t.Context(), "sqlite:"+path, &out, nil); err != nil {
		t.Fatal(err)
	}
	want := `the books balance: 18 rows read, every invariant holds
  currency  owed to customers  cash in  cash out
       KRW               1000    -1250       250
       USD              10.00   -12.50      2.50
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), strings.TrimSpace(want))
	}
}
