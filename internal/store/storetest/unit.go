package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/store"
)

// units is what unit.Work promises.
func units(t *testing.T, open Open) {
	ctx := context.Background()

	t.Run("its time is one that rows can keep", func(t *testing.T) {
		e, c := fresh(t, open)
		c.Set(start.Add(1234567 * time.Nanosecond))
		want := start.Add(1234 * time.Microsecond)
		update(t, e, func(tx store.Tx) error {
			if !tx.Now().Equal(want) {
				t.Errorf("an Update's is %s, want %s", tx.Now(), want)
			}
			return nil
		})
		view(t, e, func(tx store.Tx) error {
			if !tx.Now().Equal(want) {
				t.Errorf("a View's is %s, want %s", tx.Now(), want)
			}
			return nil
		})
	})

	t.Run("an error undoes everything", func(t *testing.T) {
		e, _ := fresh(t, open)
		err := e.Update(ctx, func(tx store.Tx) error { return errors.Join(tx.SetMeta("a", "1"), errOwn) })
		refused(t, "Update", err, errOwn)
		if got := fact(t, e, "a"); got != "" {
			t.Errorf("the row is there: %q", got)
		}
	})

	for _, depth := range []int{0, 1, 2} {
		t.Run(fmt.Sprintf("a panic %d savepoints deep undoes everything and goes on in the caller", depth), func(t *testing.T) {
			e, _ := fresh(t, open)
			var fn func(tx store.Tx, left int) error
			fn = func(tx store.Tx, left int) error {
				if err := tx.SetMeta(strconv.Itoa(left), "1"); err != nil {
					return err
				}
				if left == 0 {
					panic("thrown")
				}
				return tx.Savepoint(func() error { return fn(tx, left-1) })
			}
			caught := caught(func() { _ = e.Update(ctx, func(tx store.Tx) error { return fn(tx, depth) }) })
			if caught != "thrown" {
				t.Errorf("the caller met %v, want the panic", caught)
			}
			for left := range depth + 1 {
				if got := fact(t, e, strconv.Itoa(left)); got != "" {
					t.Errorf("the row written %d savepoints deep is there", depth-left)
				}
			}
			update(t, e, func(tx store.Tx) error { return tx.SetMeta("after", "1") })
			if got := fact(t, e, "after"); got != "1" {
				t.Errorf("the next unit of work left %q", got)
			}
		})
	}

	t.Run("a savepoint is undone alone", func(t *testing.T) {
		e, _ := fresh(t, open)
		update(t, e, func(tx store.Tx) error {
			must(tx.SetMeta("before", "1"))
			refused(t, "the outer savepoint", tx.Savepoint(func() error {
				must(tx.SetMeta("outer", "1"))
				must(tx.Savepoint(func() error { return tx.SetMeta("inner", "1") }))
				return errOwn
			}), errOwn)
			must(tx.Savepoint(func() error {
				refused(t, "the inner savepoint", tx.Savepoint(func() error {
					must(tx.SetMeta("undone", "1"))
					return errOwn
				}), errOwn)
				return tx.SetMeta("kept", "1")
			}))
			return tx.SetMeta("after", "1")
		})
		for key, want := range map[string]string{"before": "1", "outer": "", "inner": "", "undone": "", "kept": "1", "after": "1"} {
			if got := fact(t, e, key); got != want {
				t.Errorf("%s = %q, want %q", key, got, want)
			}
		}
	})

	t.Run("a caller who leaves before the beginning leaves nothing", func(t *testing.T) {
		e, _ := fresh(t, open)
		gone, leave := context.WithCancel(ctx)
		entered, release := make(chan struct{}), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() { // keeps a single writer busy, so that the next one waits
			_ = e.Update(ctx, func(store.Tx) error {
				close(entered)
				<-release
				return nil
			})
		})
		<-entered
		leave()
		err := e.Update(gone, func(tx store.Tx) error { return tx.SetMeta("a", "1") })
		close(release)
		wait.Wait()
		refused(t, "Update", err, context.Canceled)
		update(t, e, func(store.Tx) error { return nil }) // whatever was queued has run
		if got := fact(t, e, "a"); got != "" {
			t.Errorf("the row is there: %q", got)
		}
	})

	t.Run("a view of a caller who has left does not run", func(t *testing.T) {
		e, _ := fresh(t, open)
		gone, leave := context.WithCancel(ctx)
		leave()
		refused(t, "View", e.View(gone, func(tx store.Tx) error {
			_, err := tx.Meta("a")
			return err
		}), context.Canceled)
	})

	t.Run("a view sees one state from its first read to its end", func(t *testing.T) {
		e, _ := fresh(t, open)
		update(t, e, func(tx store.Tx) error { return tx.SetMeta("a", "old") })
		view(t, e, func(tx store.Tx) error {
			before, err := tx.Meta("a")
			must(err)
			update(t, e, func(tx store.Tx) error { return tx.SetMeta("a", "new") })
			after, err := tx.Meta("a")
			if before != "old" || after != "old" {
				t.Errorf("the view saw %q, then %q", before, after)
			}
			return err
		})
		if got := fact(t, e, "a"); got != "new" {
			t.Errorf("a later view saw %q", got)
		}
	})

	t.Run("a view cannot write", func(t *testing.T) {
		e, _ := fresh(t, open)
		if err := e.View(ctx, func(tx store.Tx) error { return tx.SetMeta("a", "1") }); err == nil {
			t.Error("the write was accepted")
		}
		if got := fact(t, e, "a"); got != "" {
			t.Errorf("the row is there: %q", got)
		}
	})

	t.Run("a view returns its error and its panic, and the next one works", func(t *testing.T) {
		e, _ := fresh(t, open)
		refused(t, "View", e.View(ctx, func(store.Tx) error { return errOwn }), errOwn)
		for range 50 { // more than there are readers
			if got := caught(func() { _ = e.View(ctx, func(store.Tx) error { panic("thrown") }) }); got != "thrown" {
				t.Fatalf("the caller met %v, want the panic", got)
			}
		}
		fact(t, e, "a")
	})

	t.Run("a unit of work has one time", func(t *testing.T) {
		e, c := fresh(t, open)
		at := func(tx store.Tx) error {
			before := tx.Now()
			c.Advance(time.Hour)
			if after := tx.Now(); !after.Equal(before) {
				t.Errorf("the time moved from %v to %v", before, after)
			}
			return nil
		}
		update(t, e, at)
		view(t, e, at)
	})

	t.Run("concurrent units all happen", func(t *testing.T) {
		e, _ := fresh(t, open)
		const callers, each = 32, 8
		var wait sync.WaitGroup
		for caller := range callers {
			wait.Go(func() {
				for n := range each {
					err := e.Update(ctx, func(tx store.Tx) error {
						if err := tx.SetMeta(fmt.Sprintf("%d/%d", caller, n), "1"); err != nil || n%2 == 0 {
							return err
						}
						return errOwn
					})
					if (n%2 == 0) != (err == nil) {
						t.Errorf("unit %d/%d: %v", caller, n, err)
					}
				}
			})
		}
		wait.Wait()
		for caller := range callers {
			for n := range each {
				if got := fact(t, e, fmt.Sprintf("%d/%d", caller, n)); (got == "1") != (n%2 == 0) {
					t.Errorf("unit %d/%d left %q", caller, n, got)
				}
			}
		}
	})
}

// closing is what Close promises.
func closing(t *testing.T, open Open) {
	ctx := context.Background()

	t.Run("what was acknowledged is there when the database opens again", func(t *testing.T) {
		e, c := fresh(t, open)
		const callers = 64
		var wait sync.WaitGroup
		done := make([]error, callers)
		var began sync.WaitGroup
		began.Add(callers)
		for caller := range callers {
			wait.Go(func() {
				began.Done()
				done[caller] = e.Update(ctx, func(tx store.Tx) error { return tx.SetMeta(strconv.Itoa(caller), "1") })
			})
		}
		began.Wait()
		must(e.Close())
		wait.Wait()
		e = open(t, c)
		for caller, err := range done {
			if err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Errorf("unit %d: %v", caller, err)
			}
			if got := fact(t, e, strconv.Itoa(caller)); (got == "1") != (err == nil) {
				t.Errorf("unit %d was answered with %v and left %q", caller, err, got)
			}
		}
	})

	t.Run("what was accepted is finished first", func(t *testing.T) {
		e, c := fresh(t, open)
		entered, release := make(chan struct{}), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			if err := e.Update(ctx, func(tx store.Tx) error {
				close(entered)
				<-release
				return tx.SetMeta("a", "1")
			}); err != nil {
				t.Errorf("the unit under way: %v", err)
			}
		})
		<-entered
		wait.Go(func() {
			if err := e.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		close(release)
		wait.Wait()
		if got := fact(t, open(t, c), "a"); got != "1" {
			t.Errorf("the unit under way left %q", got)
		}
	})

	t.Run("a closed database is unavailable", func(t *testing.T) {
		e, _ := fresh(t, open)
		must(e.Close())
		must(e.Close())
		nothing := func(store.Tx) error { return nil }
		for what, err := range map[string]error{"Update": e.Update(ctx, nothing), "View": e.View(ctx, nothing)} {
			if err == nil || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%s: got %v, want an error of kind unavailable", what, err)
			}
		}
	})
}

// sequences is what NextID promises.
func sequences(t *testing.T, open Open) {
	next := func(t *testing.T, e store.Engine, name string, outcome error) (n int64) {
		t.Helper()
		err := e.Update(context.Background(), func(tx store.Tx) (err error) {
			n, err = tx.NextID(name)
			return errors.Join(err, outcome)
		})
		refused(t, "Update", err, outcome)
		return n
	}

	t.Run("numbers are dense, from 1, for each name", func(t *testing.T) {
		e, _ := fresh(t, open)
		for want := int64(1); want <= 3; want++ {
			if got := next(t, e, "a", nil); got != want {
				t.Errorf("a gave %d, want %d", got, want)
			}
		}
		if got := next(t, e, "b", nil); got != 1 {
			t.Errorf("b gave %d, want 1", got)
		}
	})

	t.Run("a number of work that was undone is given again", func(t *testing.T) {
		e, _ := fresh(t, open)
		next(t, e, "a", errOwn)
		if got := next(t, e, "a", nil); got != 1 {
			t.Errorf("got %d, want 1", got)
		}
	})

	t.Run("no two callers get the same number", func(t *testing.T) {
		e, _ := fresh(t, open)
		const callers = 32
		var wait sync.WaitGroup
		var mutex sync.Mutex
		seen := map[int64]bool{}
		for range callers {
			wait.Go(func() {
				n := next(t, e, "a", nil)
				mutex.Lock()
				defer mutex.Unlock()
				seen[n] = true
			})
		}
		wait.Wait()
		for n := int64(1); n <= callers; n++ {
			if !seen[n] {
				t.Errorf("%d was not given", n)
			}
		}
	})
}

// meta is what Meta promises.
func meta(t *testing.T, open Open) {
	t.Run("a fact that was never set is empty, and the last one set stays", func(t *testing.T) {
		e, c := fresh(t, open)
		if got := fact(t, e, "a"); got != "" {
			t.Errorf("before it was set: %q", got)
		}
		for _, value := range []string{"1", "", "Tätigkeit\n\x00…"} {
			update(t, e, func(tx store.Tx) error { return tx.SetMeta("a", value) })
			if got := fact(t, e, "a"); got != value {
				t.Errorf("got %q, want %q", got, value)
			}
		}
		must(e.Close())
		if got := fact(t, open(t, clock.NewManual(c.Now())), "a"); got != "Tätigkeit\n\x00…" {
			t.Errorf("after opening again: %q", got)
		}
	})
}

// caught runs fn and returns what it panicked with.
func caught(fn func()) (thrown any) {
	defer func() { thrown = recover() }()
	fn()
	return nil
}
