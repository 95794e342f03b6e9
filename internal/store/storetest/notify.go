package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/id"
	"purse/internal/notify"
	"purse/internal/store"
	"purse/internal/unit"
)

// outbox is an engine with the rows of notify, and a clock.
type outbox struct {
	t     *testing.T
	work  unit.Work[notify.Tx]
	clock *clock.Manual
	ids   id.Source
}

// Notify holds an engine to what notify.Tx says.
func Notify(t *testing.T, open Open) {
	for name, test := range map[string]func(o *outbox){
		"a message is claimed when it is due":                     claimedWhenDue,
		"a claimed message is free again when its lease ends":     freeAfterLease,
		"two claims never share a message":                        claimsAreDisjoint,
		"a sent message goes, a kept one stays":                   sentGoesOrStays,
		"who has lost the lease settles nothing":                  lostLeaseSettlesNothing,
		"a message that is given up loses its content":            failedLosesContent,
		"messages given up long ago are dropped":                  oldFailuresAreDropped,
		"the mailbox is by recipient, newest first":               mailboxOrder,
		"a cleared mailbox is empty and what waits is still sent": clearedMailbox,
		"all messages to one recipient are dropped":               droppedByRecipient,
		"an undone unit leaves no message":                        undoneUnit,
	} {
		t.Run(name, func(t *testing.T) {
			now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			test(&outbox{t: t, work: store.Narrow[notify.Tx](open(t, now)), clock: now})
		})
	}
}

func (o *outbox) update(fn func(tx notify.Tx) error) {
	o.t.Helper()
	if err := o.work.Update(o.t.Context(), fn); err != nil {
		o.t.Fatal(err)
	}
}

// add inserts a queued message to a recipient.
func (o *outbox) add(recipient byte, kept bool, due time.Time) notify.Row {
	o.t.Helper()
	row := notify.Row{
		ID: o.ids.New(o.clock.Now()), Recipient: [32]byte{recipient}, Sealed: []byte{recipient, 0, 255},
		State: notify.Queued, Kept: kept, DueAt: due,
	}
	o.update(func(tx notify.Tx) error { return tx.InsertOutbox(row) })
	return row
}

func (o *outbox) claim(owner string, limit int) []notify.Row {
	o.t.Helper()
	var rows []notify.Row
	o.update(func(tx notify.Tx) (err error) {
		rows, err = tx.ClaimOutbox(owner, tx.Now().Add(time.Minute), limit)
		return err
	})
	return rows
}

func (o *outbox) mailbox(recipient *[32]byte, limit int) []notify.Row {
	o.t.Helper()
	var rows []notify.Row
	err := o.work.View(o.t.Context(), func(tx notify.Tx) (err error) {
		rows, err = tx.Mailbox(recipient, limit)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}

func (o *outbox) want(got []notify.Row, want ...notify.Row) {
	o.t.Helper()
	same := slices.EqualFunc(got, want, func(a, b notify.Row) bool { return fmt.Sprintf("%v", a) == fmt.Sprintf("%v", b) })
	if !same {
		o.t.Fatalf("got  %v\nwant %v", got, want)
	}
}

func claimedWhenDue(o *outbox) {
	now := o.clock.Now()
	later := o.add(1, false, now.Add(time.Second))
	second := o.add(2, false, now)
	first := o.add(3, true, now.Add(-time.Second))
	claimed := func(row notify.Row, until time.Time) notify.Row {
		row.Attempts, row.DueAt = row.Attempts+1, until
		return row
	}
	o.want(o.claim("a", 1), claimed(first, now.Add(time.Minute)))
	o.want(o.claim("a", 9), claimed(second, now.Add(time.Minute)))
	o.want(o.claim("a", 9))
	o.clock.Advance(time.Second)
	o.want(o.claim("a", 9), claimed(later, o.clock.Now().Add(time.Minute)))
}

func freeAfterLease(o *outbox) {
	row := o.add(1, false, o.clock.Now())
	o.claim("a", 9)
	o.clock.Advance(time.Minute - time.Microsecond)
	o.want(o.claim("b", 9))
	o.clock.Advance(time.Microsecond)
	row.Attempts, row.DueAt = 2, o.clock.Now().Add(time.Minute)
	o.want(o.claim("b", 9), row)
}

func claimsAreDisjoint(o *outbox) {
	const messages, nodes = 40, 8
	for range messages {
		o.add(1, false, o.clock.Now())
	}
	var mutex sync.Mutex
	owners := map[id.UUID][]string{}
	var wait sync.WaitGroup
	for n := range nodes {
		owner := fmt.Sprint(n)
		wait.Go(func() {
			for {
				var rows []notify.Row
				err := o.work.Update(o.t.Context(), func(tx notify.Tx) (err error) {
					rows, err = tx.ClaimOutbox(owner, tx.Now().Add(time.Minute), 3)
					return err
				})
				if err != nil {
					o.t.Error(err)
				}
				if len(rows) == 0 || err != nil {
					return
				}
				mutex.Lock()
				for _, row := range rows {
					owners[row.ID] = append(owners[row.ID], owner)
				}
				mutex.Unlock()
			}
		})
	}
	wait.Wait()
	if len(owners) != messages {
		o.t.Errorf("%d of %d messages were claimed", len(owners), messages)
	}
	for message, by := range owners {
		if len(by) != 1 {
			o.t.Errorf("message %s was claimed by %v", message, by)
		}
	}
}

func sentGoesOrStays(o *outbox) {
	gone, stays := o.add(1, false, o.clock.Now()), o.add(2, true, o.clock.Now())
	for _, row := range o.claim("a", 9) {
		o.update(func(tx notify.Tx) error { return tx.OutboxSent(row.ID, "a") })
	}
	stays.State, stays.Attempts = notify.Sent, 1
	got := o.mailbox(nil, 9)
	if len(got) != 1 || got[0].ID != stays.ID || got[0].State != notify.Sent {
		o.t.Fatalf("got %v, want %v without %v", got, stays, gone)
	}
	o.clock.Advance(time.Hour)
	o.want(o.claim("a", 9))
}

func lostLeaseSettlesNothing(o *outbox) {
	row := o.add(1, false, o.clock.Now())
	o.claim("a", 9)
	o.clock.Advance(time.Minute)
	o.claim("b", 9)
	o.update(func(tx notify.Tx) error {
		if err := tx.OutboxSent(row.ID, "a"); err != nil {
			return err
		}
		if err := tx.OutboxFailed(row.ID, "a"); err != nil {
			return err
		}
		return tx.OutboxRetry(row.ID, "a", tx.Now())
	})
	o.want(o.claim("c", 9))
	o.update(func(tx notify.Tx) error { return tx.OutboxRetry(row.ID, "b", tx.Now().Add(time.Second)) })
	o.clock.Advance(time.Second)
	row.Attempts, row.DueAt = 3, o.clock.Now().Add(time.Minute)
	o.want(o.claim("c", 9), row)
}

func failedLosesContent(o *outbox) {
	o.add(1, false, o.clock.Now())
	kept := o.add(2, true, o.clock.Now())
	for _, row := range o.claim("a", 9) {
		o.update(func(tx notify.Tx) error { return tx.OutboxFailed(row.ID, "a") })
	}
	kept.State, kept.Attempts, kept.DueAt = notify.Failed, 1, o.clock.Now()
	o.want(o.mailbox(nil, 9), kept)
	o.clock.Advance(time.Hour)
	o.want(o.claim("a", 9))
}

func oldFailuresAreDropped(o *outbox) {
	kept, dropped := o.add(1, true, o.clock.Now()), o.add(2, false, o.clock.Now())
	for _, row := range o.claim("a", 9) {
		o.update(func(tx notify.Tx) error { return tx.OutboxFailed(row.ID, "a") })
	}
	waiting := o.add(3, true, o.clock.Now())
	// That a row is there shows in its id, which cannot be used again.
	again := func(tx notify.Tx) error { return tx.InsertOutbox(dropped) }
	o.update(func(tx notify.Tx) error { return tx.DropFailedOutbox(tx.Now()) })
	if err := o.work.Update(o.t.Context(), again); err == nil {
		o.t.Fatal("dropped a message that was given up just now")
	}
	o.update(func(tx notify.Tx) error { return tx.DropFailedOutbox(tx.Now().Add(time.Microsecond)) })
	o.update(again)
	kept.State, kept.Attempts = notify.Failed, 1
	o.want(o.mailbox(nil, 9), waiting, kept)
}

func mailboxOrder(o *outbox) {
	first, second, third := o.add(1, true, o.clock.Now()), o.add(2, true, o.clock.Now()), o.add(1, true, o.clock.Now())
	o.add(1, false, o.clock.Now())
	o.want(o.mailbox(nil, 9), third, second, first)
	o.want(o.mailbox(nil, 2), third, second)
	o.want(o.mailbox(&[32]byte{1}, 9), third, first)
	o.want(o.mailbox(&[32]byte{1}, 1), third)
	o.want(o.mailbox(&[32]byte{9}, 9))
}

func clearedMailbox(o *outbox) {
	o.add(1, true, o.clock.Now())
	for _, row := range o.claim("a", 9) {
		o.update(func(tx notify.Tx) error { return tx.OutboxSent(row.ID, "a") })
	}
	waiting := o.add(2, true, o.clock.Now())
	o.update(func(tx notify.Tx) error { return tx.ClearMailbox() })
	o.want(o.mailbox(nil, 9))
	waiting.Kept, waiting.Attempts, waiting.DueAt = false, 1, o.clock.Now().Add(time.Minute)
	o.want(o.claim("a", 9), waiting)
}

func undoneUnit(o *outbox) {
	row := notify.Row{ID: o.ids.New(o.clock.Now()), State: notify.Queued, Kept: true, DueAt: o.clock.Now()}
	undone := fmt.Errorf("undone")
	err := o.work.Update(o.t.Context(), func(tx notify.Tx) error {
		if err := tx.InsertOutbox(row); err != nil {
			return err
		}
		return undone
	})
	if err == nil {
		o.t.Fatal("the unit was to fail")
	}
	o.want(o.mailbox(nil, 9))
	o.want(o.claim("a", 9))
}

func droppedByRecipient(o *outbox) {
	now := o.clock.Now()
	o.add(1, true, now)
	o.add(1, false, now.Add(time.Hour))
	claimed := o.add(1, false, now.Add(-time.Minute))
	other := o.add(2, true, now)
	if got := o.claim("me", 1); len(got) != 1 || got[0].ID != claimed.ID {
		o.t.Fatalf("claimed %v", got)
	}
	o.update(func(tx notify.Tx) error { return tx.DropOutbox([32]byte{1}) })
	o.update(func(tx notify.Tx) error { return tx.OutboxSent(claimed.ID, "me") }) // of no use any more, and no error
	o.clock.Advance(2 * time.Hour)
	if got := o.claim("me", 10); len(got) != 1 || got[0].ID != other.ID {
		o.t.Errorf("still there: %v", got)
	}
	if got := o.mailbox(&[32]byte{1}, 10); len(got) != 0 {
		o.t.Errorf("still in the mailbox: %v", got)
	}
}
