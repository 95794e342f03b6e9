package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/number"
)

// Item is one of many payments. Its Key, which may be nil, is for it alone.
type Item struct {
	Movement
	Key *ledger.Key
	Err error // why whoever asks refuses it already, or nil
}

// Bulk is many payments of one request, made in their order in one unit of work:
// those before count for those after.
type Bulk struct {
	Items  []Item
	Atomic bool        // all are made or none
	Key    *ledger.Key // of the whole, or nil
	Sender error       // what the sender of a payment is called that is closed
}

// Done is what became of one of many payments: a transfer, or what refused it.
type Done struct {
	Transfer ledger.TransferID
	Err      error
}

// RefusedAt is why a Bulk that is Atomic was not made. It is an error of the kind
// of its cause.
type RefusedAt struct {
	Index int // of the first that is refused
	Err   error
}

func (r *RefusedAt) Error() string { return fmt.Sprintf("payment %d: %v", r.Index, r.Err) }
func (r *RefusedAt) Unwrap() error { return r.Err }

// TransferAll makes many payments in a unit of work of its own, once for a key,
// and tells what became of each: the errors are those of Transfer, for closed
// accounts those of Explain, and ledger.ErrKeyReused for the key of one. A refused
// one disturbs no other and leaves nothing behind, but for its key. Atomic, the
// first refusal is returned as *RefusedAt, and nothing is made. ErrKeyReused of the
// whole is returned as it is.
func (s *Service) TransferAll(ctx context.Context, b Bulk) ([]Done, error) {
	select {
	case s.bulks <- struct{}{}:
		defer func() { <-s.bulks }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var made []Done
	ref, replayed, err := ledger.Once(ctx, s.work, b.Key, func(tx Tx) (_ string, err error) {
		made, err = s.moveAll(tx, b)
		if b.Key == nil {
			return "", err
		}
		return refOf(made, err)
	})
	switch {
	case err != nil:
		return nil, err
	case replayed || made == nil: // nothing is made where all of it was refused
		return readRef(ref)
	}
	return made, nil
}

// moveAll makes the payments within a unit of work. When an atomic one is refused
// whose key is to remember that, the unit goes on without it.
func (s *Service) moveAll(tx Tx, b Bulk) (made []Done, err error) {
	if b.Key == nil || !b.Atomic {
		return s.run(tx, b)
	}
	err = tx.Savepoint(func() error {
		made, err = s.run(tx, b)
		return err
	})
	return made, err
}

// run makes the payments; those before the first that is refused have been made
// when it returns *RefusedAt.
func (s *Service) run(tx Tx, b Bulk) ([]Done, error) {
	r := bulk{Bulk: b, service: s, tx: tx, requests: make([]ledger.Request, len(b.Items)), made: make([]Done, len(b.Items))}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	if err := r.post(); err != nil {
		return nil, err
	}
	if err := r.explain(); err != nil {
		return nil, err
	}
	if !b.Atomic {
		return r.made, nil
	}
	for i := range r.made {
		if r.made[i].Err != nil {
			return nil, &RefusedAt{i, r.made[i].Err}
		}
	}
	return r.made, nil
}

// bulk is a Bulk while it is made.
type bulk struct {
	Bulk
	service  *Service
	tx       Tx
	requests []ledger.Request // of all items
	made     []Done           // likewise
}

// prepare finds what to ask the ledger for. What is refused here already goes
// there too, for its key may say that it was made before.
func (r *bulk) prepare() error {
	var remembering ledger.Tx // is what conversions need, made for the first of them
	for i := range r.Items {
		item, request := &r.Items[i], &r.requests[i]
		if item.Err != nil {
			request.Key, request.Refusal = item.Key, item.Err
			continue
		}
		if item.converts() && remembering == nil {
			remembering = fx.Remembering(r.tx)
		}
		asked, err := r.service.request(remembering, item.Movement)
		if broken(err) {
			return err
		}
		asked.Key, asked.Refusal = item.Key, err
		*request = asked
	}
	return nil
}

// broken reports whether an error is not of one payment but of the unit: of what
// is not there for the moment, a rate alone is the payment's.
func broken(err error) bool {
	if err == nil || errors.Is(err, fx.ErrNoRate) || errors.Is(err, fx.ErrStale) {
		return false
	}
	kind := fault.KindOf(err)
	return kind == fault.Internal || kind == fault.Unavailable
}

// post has the ledger decide the requests, and pauses at each whose receiver is
// blocked: it pays what it owes before the next is decided.
func (r *bulk) post() error {
	stop := func(err error) bool { return r.Atomic || r.settles(err) }
	for next := 0; next < len(r.requests); {
		outcomes, err := ledger.ApplyUntil(r.tx, r.requests[next:], stop)
		if err != nil {
			return err
		}
		for i, outcome := range outcomes {
			r.made[next+i] = Done{outcome.Transfer.ID, outcome.Err}
		}
		next += len(outcomes)
		last := &r.made[next-1]
		if r.settles(last.Err) {
			t, err := r.service.settle(r.tx, r.Items[next-1].Movement, r.requests[next-1])
			switch {
			case broken(err):
				return err
			case err != nil && !t.ID.IsZero(): // paid, and then not settled
				return fault.ErrInternal.Because(err)
			}
			*last = Done{t.ID, err}
		}
		if r.Atomic && last.Err != nil {
			return nil
		}
	}
	return nil
}

func (r *bulk) settles(err error) bool {
	return r.service.settler != nil && errors.Is(err, ledger.ErrReceiverBlocked)
}

// explain tells closed accounts from frozen ones, as Service.Explain does for one.
func (r *bulk) explain() error {
	end := func(i int) ledger.AccountID {
		switch err := r.made[i].Err; {
		case errors.Is(err, ledger.ErrSenderClosed):
			return r.Items[i].From
		case errors.Is(err, ledger.ErrReceiverClosed):
			return r.Items[i].To
		}
		return 0
	}
	var ids []ledger.AccountID
	for i := range r.made {
		if id := end(i); id != 0 {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil
	}
	slices.Sort(ids)
	accounts, err := r.tx.Accounts(slices.Compact(ids))
	if err != nil {
		return err
	}
	closed := map[ledger.AccountID]bool{}
	for _, a := range accounts {
		closed[a.ID] = a.Status == ledger.Closed
	}
	for i := range r.made {
		switch id := end(i); {
		case !closed[id]:
		case id == r.Items[i].From:
			r.made[i].Err = r.Sender
		default:
			r.made[i].Err = number.ErrUnknown
		}
	}
	return nil
}
