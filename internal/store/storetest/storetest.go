// Package storetest is the contract of an engine (package store) as tests.
// Every engine runs the same ones, unchanged: what passes here may carry Purse.
// Each domain has a file and a line in Run. Rules of the domains themselves are
// tested in their own packages, but for those that races could break: here is
// what the rows must do.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/store"
)

// Open opens the database of the test t: an empty one the first time, the same
// one again after it was closed. Whatever is left open is closed when t ends;
// closing twice must do no harm.
type Open func(t testing.TB, c clock.Clock) store.Engine

// Run holds an engine to the contract.
func Run(t *testing.T, open Open) {
	for _, domain := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"units", units},
		{"closing", closing},
		{"sequences", sequences},
		{"meta", meta},
		{"accounts", accounts},
		{"transfers", transfers},
		{"histories", histories},
		{"keys", keys},
		{"holds", holds},
		{"audits", audits},
		{"rates", rates},
		{"identity", Identity},
		{"bots", bots},
		{"notify", Notify},
		{"job", Job},
		{"products", Products},
		{"pictures", pictures},
		{"renewals", renewals},
	} {
		t.Run(domain.name, func(t *testing.T) { domain.run(t, open) })
	}
}

// start is the time at which the tests' clocks stand.
var start = time.Date(2031, time.March, 1, 12, 0, 0, 0, time.UTC)

// errOwn is an error of a closure.
var errOwn = errors.New("the closure's own error")

// fresh opens a database whose clock stands at start.
func fresh(t *testing.T, open Open) (store.Engine, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(start)
	return open(t, c), c
}

// update runs fn in a unit of work that must succeed.
func update(t *testing.T, e store.Engine, fn func(tx store.Tx) error) {
	t.Helper()
	if err := e.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view runs fn over a snapshot and must succeed.
func view(t *testing.T, e store.Engine, fn func(tx store.Tx) error) {
	t.Helper()
	if err := e.View(context.Background(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// fact reads a key of Meta, the smallest row there is.
func fact(t *testing.T, e store.Engine, key string) (value string) {
	t.Helper()
	view(t, e, func(tx store.Tx) (err error) {
		value, err = tx.Meta(key)
		return err
	})
	return value
}

// refused checks that err is want.
func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// must ends a test that cannot go on. It panics because it is called inside
// closures too, which may run in a goroutine that the test must not end.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
