// Package unit names the unit of work: the one way in which Purse reads and
// changes its database. The domain packages say which rows a unit needs (the
// type parameter); the stores provide it. It imports nothing of Purse.
package unit

import "context"

// Work runs closures over rows of type T, each in one transaction.
type Work[T any] interface {
	// Update runs fn in a transaction that is durable when Update returns nil,
	// and leaves nothing behind when it returns an error. fn touches only the
	// database (no mail, no hashing, no network), must not keep tx, and may run
	// more than once: an engine repeats it after a conflict.
	Update(ctx context.Context, fn func(tx T) error) error
	// View runs fn over one consistent state that it cannot change.
	View(ctx context.Context, fn func(tx T) error) error
}
