package card

import (
	"context"
	"fmt"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/statement"
)

// MaxBulk is how many transfers a bulk may have.
const MaxBulk = 1000

// maxInvalid bounds how many of a bulk's transfers are told to be invalid.
const maxInvalid = 100

// ErrBulk is a bulk of which transfers are wrong in themselves; its cause is an Invalid.
var ErrBulk = fault.Define(fault.Invalid, "card.bulk", "some of the transfers are not valid")

// Invalid is what is wrong with some of a bulk's transfers: the first of them, in order.
type Invalid []InvalidTransfer

// InvalidTransfer is a transfer that no state of the accounts would make a good one.
type InvalidTransfer struct {
	Index int
	Err   error // as Transfer returns it
}

func (i Invalid) Error() string { return fmt.Sprintf("%d transfers are not valid", len(i)) }

// BulkRequest asks for many transfers, each from a card of the caller to any account.
type BulkRequest struct {
	Owner     ledger.OwnerID
	Transfers []BulkTransfer // at most MaxBulk
	Atomic    bool           // all are made or none
	Key       *ledger.Key    // of the whole, or nil
}

// BulkTransfer is one of them.
type BulkTransfer struct {
	From, To string        // account numbers, as the caller wrote them
	Amount   money.Decimal // in the currency of the card
	Key      *ledger.Key   // of this one alone, or nil; not where the bulk is atomic
}

// TransferAll makes transfers in their order, in one unit of work, and tells what
// became of each, with the errors of Transfer. A refused one disturbs no other;
// where they are atomic none is made, and the first refusal is returned as
// *payment.RefusedAt. Transfers to the account they come from, and amounts that the
// card's currency does not have, make the whole bulk ErrBulk before anything
// happens. Key makes the bulk happen once.
func (s *Service) TransferAll(ctx context.Context, r BulkRequest) ([]payment.Done, error) {
	from, to := make([]string, len(r.Transfers)), make([]string, len(r.Transfers))
	for i := range r.Transfers {
		from[i], to[i] = r.Transfers[i].From, r.Transfers[i].To
	}
	senders, err := s.numbers.FindManyOf(ctx, r.Owner, from)
	if err != nil {
		return nil, err
	}
	receivers, err := s.numbers.FindMany(ctx, to)
	if err != nil {
		return nil, err
	}
	bulk := payment.Bulk{Items: make([]payment.Item, len(r.Transfers)), Atomic: r.Atomic, Key: r.Key, Sender: ErrUnknown}
	var invalid Invalid
	for i := range r.Transfers {
		item, err := r.item(i, senders[i], receivers[i])
		if err != nil && fault.KindOf(err) == fault.Invalid {
			if invalid = append(invalid, InvalidTransfer{i, err}); len(invalid) == maxInvalid {
				break
			}
		}
		item.Err = err
		bulk.Items[i] = item
	}
	if invalid != nil {
		return nil, ErrBulk.Because(invalid)
	}
	return s.payments.TransferAll(ctx, bulk)
}

// item is a transfer between accounts; its errors come in the order of Transfer.
func (r *BulkRequest) item(i int, from, to number.Entry) (payment.Item, error) {
	t := &r.Transfers[i]
	switch {
	case from.Account == 0 || from.Kind != ledger.Card:
		return payment.Item{}, ErrUnknown
	case to.Account == 0:
		return payment.Item{}, number.ErrUnknown
	case to.Account == from.Account:
		return payment.Item{}, ErrSameNumber.In(fault.Field{Name: "to_card_number", Reason: "same_number"})
	}
	amount, err := payment.AmountIn(t.Amount, from.Currency, "amount")
	if err != nil {
		return payment.Item{}, err
	}
	return payment.Item{Key: t.Key, Movement: payment.Movement{
		Kind: statement.KindTransfer, From: from.Account, To: to.Account,
		Amount: amount, Into: to.Currency, Actor: r.Owner,
	}}, nil
}
