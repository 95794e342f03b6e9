package wallet

import (
	"context"
	"errors"
	"slices"
	"time"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
	"purse/internal/unit"
)

// The monthly fee (the wallet document: 200 KZT from each wallet, for the first
// time 30 days after it was created).
const (
	Period = 30 * 24 * time.Hour

	// promptly is how late a fee may be taken and still count as taken when it
	// was due, so that the time the job needs does not push every next one.
	promptly = time.Hour
	// retry is when those that wait for rates are tried again.
	retry = time.Hour
	// frozenPause is when a frozen wallet is looked at again.
	frozenPause = 24 * time.Hour
	// never is when a closed one is.
	never = 100 * 365 * 24 * time.Hour
	// feePage is how many wallets are charged in one unit of work.
	feePage = 100
)

// Fee is what a wallet owes for each Period, converted to its currency.
var Fee = money.New(200_00, money.KZT)

// feeLabel is how the fee shows in a history.
const feeLabel = "Monthly fee"

// Fees charges wallets for keeping them. A wallet that cannot pay is blocked
// until money comes in that covers the fee. While there is no rate to convert
// the fee by, a wallet waits and stays as it is. A fee is one however many
// periods have passed: the next is asked for a period after the payment.
//
// Whoever charges locks the wallets' accounts, then their rows, then the fees
// accounts, so that of any number at once one charges and none waits in a circle.
type Fees struct {
	work  unit.Work[Tx]
	rates *fx.Exchange
}

// NewFees makes the charger of fees.
func NewFees(work unit.Work[Tx], rates *fx.Exchange) *Fees { return &Fees{work, rates} }

// Charge takes every fee that is due. It is the work of a job; whatever of it is
// already done, also by another node at the same time, it leaves alone.
func (f *Fees) Charge(ctx context.Context) error {
	var failed []error
	for last := (Due{}); ; {
		var page []Due
		err := f.work.View(ctx, func(tx Tx) error {
			currencies, err := f.rates.Reach(tx.(fx.Tx), Fee.Currency())
			if err == nil {
				page, err = tx.DueWallets(currencies, last, feePage)
			}
			return err
		})
		if err != nil || len(page) == 0 {
			return errors.Join(append(failed, err)...)
		}
		last = page[len(page)-1]
		if err := f.work.Update(ctx, func(tx Tx) error { return f.charge(tx, page) }); err != nil {
			failed = append(failed, err) // the wallets after these have their turn
		}
	}
}

// Next is the first time, later than now, at which Charge has something to do,
// or the zero time. What is due already waits for rates, and is tried again.
func (f *Fees) Next(ctx context.Context) (at time.Time, err error) {
	err = f.work.View(ctx, func(tx Tx) error {
		first, found, err := tx.NextFee(time.Time{})
		if err != nil || !found {
			return err
		}
		if at = first; at.After(tx.Now()) {
			return nil
		}
		at = tx.Now().Add(retry)
		if next, found, err := tx.NextFee(tx.Now()); err != nil {
			return err
		} else if found && next.Before(at) {
			at = next
		}
		return nil
	})
	return at, err
}

// charge asks wallets for their fee, those of them for which it is still due.
func (f *Fees) charge(tx Tx, due []Due) error {
	ids := make([]ledger.AccountID, len(due))
	for i, d := range due {
		ids[i] = d.Wallet
	}
	accounts, wallets, err := locked(tx, ids)
	if err != nil {
		return err
	}
	r := round{tx: tx, fees: f}
	for i, w := range wallets {
		if w.FeeDueAt.After(tx.Now()) {
			continue
		}
		next := tx.Now().Add(Period)
		if tx.Now().Sub(w.FeeDueAt) <= promptly {
			next = w.FeeDueAt.Add(Period)
		}
		if err := r.ask(w, accounts[i], next); err != nil {
			return err
		}
	}
	return r.finish()
}

// Owes is what a blocked wallet will pay when incoming has come to it; see
// payment.Settler. It is zero when there is no rate to tell.
func (f *Fees) Owes(tx ledger.Tx, account ledger.AccountID, incoming money.Amount) (money.Amount, error) {
	a, err := ledger.One(tx, account)
	if err != nil {
		return money.Amount{}, err
	}
	nothing := money.New(0, a.Currency)
	fee, err := f.in(tx, a.Currency)
	if waits(err) {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	available, err := a.Available().Add(incoming)
	if err != nil {
		return nothing, err
	}
	if short, err := available.Cmp(fee.Received); err != nil || short < 0 {
		return nothing, err
	}
	return fee.Received, nil
}

// Settle takes the fee of a blocked wallet if its balance covers it by now, and
// unblocks it; see payment.Settler. When there is no rate to tell, the wallet is
// asked again as soon as there is one.
func (f *Fees) Settle(tx ledger.Tx, account ledger.AccountID) error {
	rows := tx.(Tx)
	accounts, wallets, err := locked(rows, []ledger.AccountID{account})
	if err != nil {
		return err
	}
	r := round{tx: rows, fees: f}
	if err := r.ask(wallets[0], accounts[0], tx.Now().Add(Period)); err != nil {
		return err
	}
	return r.finish()
}

// in is the fee in a currency. It returns errors that waits knows.
func (f *Fees) in(tx ledger.Tx, currency money.Currency) (fx.Quote, error) {
	return f.rates.Quote(tx.(fx.Tx), Fee, currency)
}

// waits reports whether there is no rate for the time being.
func waits(err error) bool { return errors.Is(err, fx.ErrStale) || errors.Is(err, fx.ErrNoRate) }

// locked reads wallets and their accounts, both in the order of ids, which it sorts.
func locked(tx Tx, ids []ledger.AccountID) ([]ledger.Account, []Wallet, error) {
	slices.Sort(ids)
	accounts, err := tx.Accounts(ids)
	if err != nil {
		return nil, nil, err
	}
	wallets, err := tx.Wallets(ids)
	if err != nil {
		return nil, nil, err
	}
	if len(accounts) != len(ids) || len(wallets) != len(ids) {
		return nil, nil, fault.ErrInternal.Because(errors.New("wallet: a blocked account is no wallet, or a wallet has no account"))
	}
	return accounts, wallets, nil
}

// round is wallets that are asked for their fee in one unit of work, and what
// is to be done with them.
type round struct {
	tx      Tx
	fees    *Fees
	pay     []ledger.Request
	block   []ledger.AccountID
	unblock []ledger.AccountID
	changed []Wallet
}

// ask decides what becomes of a wallet; next is when the fee after this one is due.
func (r *round) ask(w Wallet, a ledger.Account, next time.Time) error {
	now := r.tx.Now()
	fee, err := r.fees.in(r.tx, w.Currency)
	switch {
	case waits(err):
		if next = w.FeeDueAt; next.After(now) {
			next = now
		}
	case err != nil:
		return err
	case a.Status == ledger.Closed:
		next = now.Add(never)
	case a.Status == ledger.Frozen:
		next = now.Add(frozenPause)
	default:
		covered, err := a.Available().Cmp(fee.Received)
		if err != nil {
			return err
		}
		if covered >= 0 {
			err = r.take(&w, a, fee)
		} else if a.Status == ledger.Open {
			r.block = append(r.block, w.ID)
			w.UpdatedAt = now
		}
		if err != nil {
			return err
		}
	}
	w.FeeDueAt = next
	r.changed = append(r.changed, w)
	return nil
}

// take has a wallet pay.
func (r *round) take(w *Wallet, a ledger.Account, fee fx.Quote) error {
	if a.Status == ledger.Blocked {
		r.unblock = append(r.unblock, w.ID)
		w.UpdatedAt = r.tx.Now()
	}
	if fee.Received.IsZero() { // of a currency in which it is less than half a minor unit
		return nil
	}
	note, err := fee.Note()
	if err != nil {
		return err
	}
	meta, err := statement.Memo{Label: feeLabel, Exchange: note}.Text()
	if err != nil {
		return fault.ErrInternal.Because(err)
	}
	fees, err := ledger.System(r.tx, ledger.Fees, w.Currency)
	if err != nil {
		return err
	}
	r.pay = append(r.pay, ledger.Request{
		Kind: statement.KindFee, Meta: meta, Postings: []ledger.Posting{{From: w.ID, To: fees, Amount: fee.Received}},
	})
	return nil
}

// finish does what was decided.
func (r *round) finish() error {
	if err := ledger.Unblock(r.tx, r.unblock...); err != nil {
		return err
	}
	outcomes, err := ledger.Apply(r.tx, r.pay)
	if err != nil {
		return err
	}
	for _, outcome := range outcomes {
		if outcome.Err != nil {
			return outcome.Err
		}
	}
	if err := ledger.Block(r.tx, r.block...); err != nil {
		return err
	}
	return r.tx.UpdateWallets(r.changed)
}
