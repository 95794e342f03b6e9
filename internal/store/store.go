// Package store says what an engine offers: units of work over every row that
// the domain packages need, and batches of transfers. Each engine lives in a
// package below this one and passes the contract in storetest; nothing above
// them sees SQL.
package store

import (
	"context"

	"purse/internal/avatar"
	"purse/internal/bill"
	"purse/internal/botclient"
	"purse/internal/card"
	"purse/internal/fx"
	"purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/job"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/saving"
	"purse/internal/unit"
	"purse/internal/wallet"
)

// Tx is every row of Purse inside one unit of work: the union of what the
// domain packages ask for.
type Tx interface {
	ledger.Savepointer
	ledger.Tx
	ledger.AuditTx
	fx.Tx
	identity.Tx
	notify.Tx
	job.Tx
	wallet.Tx
	card.Tx
	saving.Tx
	bill.Tx
	avatar.Tx
	botclient.Tx
	gift.Tx
	Meta

	// NextID gives the next number of a named sequence: dense, from 1, below
	// 2^53, and given again if the unit is undone.
	NextID(sequence string) (int64, error)
}

// Meta is a small table of facts about the database itself.
type Meta interface {
	// Meta reads the value of a key, or "".
	Meta(key string) (string, error)
	// SetMeta sets it.
	SetMeta(key, value string) error
}

// Engine is a database that Purse runs on.
type Engine interface {
	unit.Work[Tx]
	// Apply carries out one transfer in a batch with those of other callers;
	// see ledger.Store.
	Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error)
	// Close finishes what was accepted and releases the database.
	Close() error
}

// Narrow offers an engine's units of work over the rows of one domain package.
// T must be an interface that Tx includes.
func Narrow[T any](engine unit.Work[Tx]) unit.Work[T] { return narrow[T]{engine} }

type narrow[T any] struct{ work unit.Work[Tx] }

func (n narrow[T]) Update(ctx context.Context, fn func(tx T) error) error {
	return n.work.Update(ctx, func(tx Tx) error { return fn(any(tx).(T)) })
}

func (n narrow[T]) View(ctx context.Context, fn func(tx T) error) error {
	return n.work.View(ctx, func(tx Tx) error { return fn(any(tx).(T)) })
}

// Ledger offers an engine as the ledger's store.
func Ledger(engine Engine) ledger.Store {
	return ledgerStore{narrow[ledger.Tx]{engine}, engine}
}

type ledgerStore struct {
	narrow[ledger.Tx]
	engine Engine
}

func (s ledgerStore) Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error) {
	return s.engine.Apply(ctx, request)
}
