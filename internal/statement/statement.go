package statement

import (
	"errors"
	"slices"
	"time"

	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
)

// How many lines a page has.
const (
	DefaultLimit = 100
	MaxLimit     = 500
)

// Direction says which way money went, seen from the account.
type Direction string

// The directions.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Type says what a line was for.
type Type string

// The types of lines.
const (
	Transfer        Type = "TRANSFER"
	Income          Type = "INCOME"
	Purchase        Type = "PURCHASE"
	Bill            Type = "BILL"
	SavingsTopUp    Type = "SAVINGS_TOPUP"
	SavingsWithdraw Type = "SAVINGS_WITHDRAW"
)

// Party is one end of a line.
type Party struct {
	Name   string
	Number string // masked when the account is another person's; empty when it has none
}

// Line is one entry of an account as a person reads it.
type Line struct {
	ID        ledger.TransferID // of what happened; the cursor too
	Direction Direction
	From, To  Party
	Type      Type
	Amount    money.Amount // > 0
	Balance   money.Amount // of the account, after this entry
	At        time.Time
}

// Label is what the products know about an account's name and number.
type Label struct {
	Account      ledger.AccountID
	Owner        ledger.OwnerID
	Kind         ledger.AccountKind
	FirstName    string // of the owner
	LastName     string
	Username     string // likewise
	Name         string // of a savings goal or a wallet
	Number       string // of a wallet
	SealedNumber []byte // of a card
	LastFour     string // of a card
}

// Tx is the rows of statements.
type Tx interface {
	ledger.Tx
	// Labels reads the labels of accounts, in any order.
	Labels(accounts []ledger.AccountID) ([]Label, error)
	// BillNames reads the names of bills.
	BillNames(bills []int64) (map[int64]string, error)
}

// Page is a part of a history as the rows have it.
type Page struct {
	account ledger.AccountID
	lines   []ledger.Line
	labels  map[ledger.AccountID]Label
	bills   map[int64]string // names, of the bills that were paid
}

// Read reads at most limit lines of an account, the newest first, from the one
// before the transfer before when there is one. A limit below 1 is
// DefaultLimit, one above MaxLimit is MaxLimit. The labels take one query for all lines.
// It returns ledger.ErrNoAccount and ledger.ErrNoCursor.
func Read(tx Tx, account ledger.AccountID, before ledger.TransferID, limit int) (Page, error) {
	if limit < 1 {
		limit = DefaultLimit
	}
	page := Page{account: account}
	entry, err := entryOf(tx, account, before)
	if err != nil {
		return Page{}, err
	}
	if page.lines, err = tx.Lines(account, entry, min(limit, MaxLimit)); err != nil {
		return Page{}, err
	}
	accounts := []ledger.AccountID{account}
	var bills []int64
	for _, l := range page.lines {
		accounts = append(accounts, l.Counter, otherEnd(l))
		if bill := ReadMemo(l.Meta).Bill; bill != 0 {
			bills = append(bills, bill)
		}
	}
	if bills != nil {
		if page.bills, err = tx.BillNames(bills); err != nil {
			return Page{}, err
		}
	}
	slices.Sort(accounts)
	labels, err := tx.Labels(slices.Compact(accounts))
	if err != nil {
		return Page{}, err
	}
	page.labels = make(map[ledger.AccountID]Label, len(labels))
	for _, label := range labels {
		page.labels[label.Account] = label
	}
	return page, nil
}

// ParseCursor reads the cursor from which a page goes on: the ID of a line, as text.
// No text is no cursor; text that is no id is ledger.ErrNoCursor.
func ParseCursor(text string) (ledger.TransferID, error) {
	if text == "" {
		return ledger.TransferID{}, nil
	}
	cursor, err := id.Parse(text)
	if err != nil || cursor.IsZero() {
		return ledger.TransferID{}, ledger.ErrNoCursor
	}
	return cursor, nil
}

// entryOf is the oldest entry that a transfer made on an account, 0 for no
// transfer, or ledger.ErrNoCursor when it did not touch the account.
func entryOf(tx Tx, account ledger.AccountID, transfer ledger.TransferID) (ledger.EntryID, error) {
	if transfer.IsZero() {
		return 0, nil
	}
	t, err := tx.Transfer(transfer)
	if errors.Is(err, ledger.ErrNoTransfer) {
		return 0, ledger.ErrNoCursor
	}
	if err != nil {
		return 0, err
	}
	for _, e := range t.Entries {
		if e.Account == account {
			return e.ID, nil
		}
	}
	return 0, ledger.ErrNoCursor
}

// Entry is a line as the ledger has it, and what is known about the account
// that a person sees on its other side.
type Entry struct {
	ledger.Line
	Other Label
}

// Entries is the page for those who word it themselves.
func (p Page) Entries() []Entry {
	entries := make([]Entry, len(p.lines))
	for i, l := range p.lines {
		entries[i] = Entry{l, p.labels[otherEnd(l)]}
	}
	return entries
}

// Unseal reads a card's number.
type Unseal func(card ledger.AccountID, sealed []byte) (string, error)

// Lines is the page as a person reads it; numbers of the account's owner are
// written out, those of others are masked. It needs no rows.
func (p Page) Lines(unseal Unseal) ([]Line, error) {
	self := p.labels[p.account]
	me, err := person(self, self.Owner, unseal)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(p.lines))
	known := map[ledger.AccountID]Party{}
	for i, l := range p.Entries() {
		label := l.Other
		memo := ReadMemo(l.Meta)
		other := Party{Name: memo.Label}
		if label.Owner != 0 && label.Kind != ledger.Savings {
			var seen bool
			if other, seen = known[label.Account]; !seen {
				if other, err = person(label, self.Owner, unseal); err != nil {
					return nil, err
				}
				known[label.Account] = other
			}
		} else if name := p.bills[memo.Bill]; name != "" {
			other.Name = BillName(name)
		} else if other.Name == "" {
			other.Name = impersonal(label)
		}
		line := Line{ID: l.Transfer, Direction: In, From: other, To: me, Amount: l.Amount, Balance: l.BalanceAfter, At: l.At}
		if l.Amount.Sign() < 0 {
			line.Direction, line.From, line.To = Out, me, other
			if line.Amount, err = l.Amount.Neg(); err != nil {
				return nil, err
			}
		}
		line.Type = typeOf(l.Kind, label, line.Direction)
		lines[i] = line
	}
	return lines, nil
}

// otherEnd is the account that the person sees on the other side: the
// posting's, or that of a conversion's other end.
func otherEnd(l ledger.Line) ledger.AccountID {
	memo := ReadMemo(l.Meta)
	switch l.Account {
	case memo.From:
		return memo.To
	case memo.To:
		return memo.From
	}
	return l.Counter
}

// person is a party that people own, as reader sees it.
func person(label Label, reader ledger.OwnerID, unseal Unseal) (Party, error) {
	party := Party{Name: label.FirstName, Number: label.Number}
	if label.FirstName != "" && label.LastName != "" {
		party.Name += " "
	}
	party.Name += label.LastName
	if party.Name == "" {
		party.Name = label.Username
	}
	switch {
	case label.Owner != reader && label.LastFour != "":
		party.Number = number.MaskedCard(label.LastFour)
	case label.Owner != reader:
		party.Number = number.Masked(label.Number)
	case label.SealedNumber != nil:
		var err error
		if party.Number, err = unseal(label.Account, label.SealedNumber); err != nil {
			return Party{}, err
		}
	}
	return party, nil
}

// impersonal names a party that is no person and left no name in the memo.
func impersonal(label Label) string {
	switch label.Kind {
	case ledger.Savings:
		return SavingsName(label.Name)
	case ledger.Promotions:
		return "Promotions"
	case ledger.Bills:
		return "Bills"
	case ledger.CashIn:
		return "Deposit"
	case ledger.CashOut:
		return "Withdrawal"
	case ledger.Fees:
		return "Fees"
	case ledger.Exchange:
		return "Exchange"
	case ledger.Pledges:
		return "Gifts"
	}
	return ""
}

// SavingsName is how a savings goal shows as a party; one whose owner has left
// has no name any more.
func SavingsName(name string) string {
	if name == "" {
		return "Savings"
	}
	return "Savings – " + name
}

// BillName is how a bill shows as a party.
func BillName(name string) string { return "Bill – " + name }

// typeOf says what a line was for, from who is on its other side.
func typeOf(kind ledger.TransferKind, other Label, direction Direction) Type {
	switch {
	case kind == KindBill:
		return Bill
	case kind == KindSavingsTopUp:
		return SavingsTopUp
	case kind == KindSavingsWithdraw:
		return SavingsWithdraw
	case other.Owner != 0:
		return Transfer
	case direction == In:
		return Income
	}
	return Purchase
}
