// Package statement turns an account's entries into the history that a person
// reads: who paid whom, what for, how much and when. It also defines the memo
// that products keep with a transfer so that its history can be read later.
// It changes nothing; who may read a history is the callers' to decide.
package statement

import (
	"encoding/json"

	"purse/internal/ledger"
)

// Kinds of the transfers that products make.
const (
	KindTransfer        ledger.TransferKind = "transfer"
	KindDeposit         ledger.TransferKind = "deposit"
	KindWithdrawal      ledger.TransferKind = "withdrawal"
	KindFee             ledger.TransferKind = "fee"
	KindGrant           ledger.TransferKind = "grant"
	KindBill            ledger.TransferKind = "bill"
	KindSavingsTopUp    ledger.TransferKind = "savings_topup"
	KindSavingsWithdraw ledger.TransferKind = "savings_withdraw"
	KindGift            ledger.TransferKind = "gift"
	KindGiftReturn      ledger.TransferKind = "gift_return" // of play money, when its owner leaves
	KindMerge           ledger.TransferKind = "merge"       // likewise, when two people turn out to be one
)

// Memo is what a transfer keeps besides its postings. A plain transfer between
// two accounts needs none of it.
type Memo struct {
	// Label names a party that is not a person, in words of Purse's own. What
	// people have named is not copied here: a transfer never changes, and they may
	// want their words back.
	Label string `json:"label,omitempty"`
	// Bill is the id of the bill that was paid.
	Bill int64 `json:"bill,omitempty"`
	// From and To are the accounts of a conversion's two ends, whose postings
	// name the exchange between them.
	From ledger.AccountID `json:"from,omitempty"`
	To   ledger.AccountID `json:"to,omitempty"`
	// Exchange is what the converter recorded about the rate.
	Exchange json.RawMessage `json:"exchange,omitempty"`
	// Settled is what the receiver owed and paid in the same unit of work, by a
	// transfer of its own: a decimal in the receiver's currency.
	Settled string `json:"settled,omitempty"`
}

// Text is the memo as a transfer's Meta; the empty memo is the empty text.
func (m Memo) Text() (string, error) {
	if m.Label == "" && m.Bill == 0 && m.From == 0 && m.To == 0 && m.Exchange == nil && m.Settled == "" {
		return "", nil
	}
	text, err := json.Marshal(m)
	return string(text), err
}

// ReadMemo reads a transfer's Meta. Text of another shape says nothing here.
func ReadMemo(meta string) Memo {
	var m Memo
	if meta == "" || json.Unmarshal([]byte(meta), &m) != nil {
		return Memo{}
	}
	return m
}
