package statement

import (
	"testing"

	"purse/internal/ledger"
)

func TestWhoIsOnTheOtherSideSaysWhatALineWasFor(t *testing.T) {
	person := Label{Owner: 7, Kind: ledger.Card}
	for _, c := range []struct {
		kind      ledger.TransferKind
		other     Label
		direction Direction
		want      Type
	}{
		{KindTransfer, person, In, Transfer},
		{KindTransfer, person, Out, Transfer},
		{KindBill, Label{Kind: ledger.Bills}, Out, Bill},
		{KindSavingsTopUp, Label{Owner: 7, Kind: ledger.Savings}, Out, SavingsTopUp},
		{KindSavingsWithdraw, Label{Owner: 7, Kind: ledger.Savings}, In, SavingsWithdraw},
		{KindGrant, Label{Kind: ledger.Promotions}, In, Income},
		{KindDeposit, Label{Kind: ledger.CashIn}, In, Income},
		{KindWithdrawal, Label{Kind: ledger.CashOut}, Out, Purchase},
		{KindFee, Label{Kind: ledger.Fees}, Out, Purchase},
		{ledger.Reversal, person, In, Transfer},
	} {
		if got := typeOf(c.kind, c.other, c.direction); got != c.want {
			t.Errorf("%s with %s, %s: %s, want %s", c.kind, c.other.Kind, c.direction, got, c.want)
		}
	}
}

func TestEverySystemAccountHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range []ledger.AccountKind{ledger.CashIn, ledger.CashOut, ledger.Fees, ledger.Exchange, ledger.Promotions, ledger.Pledges, ledger.Bills} {
		name := impersonal(Label{Kind: kind})
		if name == "" || seen[name] {
			t.Errorf("%s is called %q", kind, name)
		}
		seen[name] = true
	}
}

func TestAMemoReadsAsItWasWritten(t *testing.T) {
	memo := Memo{Label: "Bill – “Power” \u2028", From: 3, To: 9, Exchange: []byte(`{"rate":"1400.5"}`), Settled: "0.40"}
	text, err := memo.Text()
	if err != nil {
		t.Fatal(err)
	}
	if got := ReadMemo(text); got.Label != memo.Label || got.From != 3 || got.To != 9 || string(got.Exchange) != string(memo.Exchange) || got.Settled != memo.Settled {
		t.Errorf("%+v", got)
	}
	if text, err := (Memo{}).Text(); text != "" || err != nil {
		t.Errorf("the empty memo is %q, %v", text, err)
	}
	for _, foreign := range []string{"", "x", `[1]`, `{"from":"x"}`} {
		if got := ReadMemo(foreign); got.Label != "" || got.From != 0 {
			t.Errorf("%q reads as %+v", foreign, got)
		}
	}
}
