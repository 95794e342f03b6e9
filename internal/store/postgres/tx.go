package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"purse/internal/fault"
)

// Tx is one transaction on one connection. Its methods are spread over the
// files of this package, one file for each domain.
//
// In an Update, reads that a decision rests on lock what they read, also when
// it is not there: see lock.
type Tx struct {
	ctx    context.Context
	store  *Store
	conn   *pgx.Conn
	now    time.Time
	writes bool

	again   error      // the first error after which the whole unit is to be run again
	account block      // account ids taken inside this transaction
	entry   block      // entry ids, likewise
	newest  int64      // entry of the accounts that were read
	ahead   *lookAhead // in a batch of transfers: what was read with its beginning
	pending *pgx.Batch // in a batch of transfers: what is written with its end
}

// Now is the unit's one time.
func (tx *Tx) Now() time.Time { return tx.now }

// Savepoint runs fn so that it can be undone alone. All have one name, which
// means the innermost; so a panic too must leave none behind.
func (tx *Tx) Savepoint(fn func() error) (err error) {
	if err := tx.script("SAVEPOINT part"); err != nil {
		return err
	}
	account, entry := tx.account, tx.entry
	returned := false
	defer func() {
		if returned && err == nil {
			err = tx.script("RELEASE SAVEPOINT part")
			return
		}
		tx.account, tx.entry = account, entry // blocks taken within are undone too
		if undo := tx.script("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part"); undo != nil {
			err = errors.Join(undo, err)
		}
	}()
	err = fn()
	returned = true
	return err
}

// script runs statements without parameters in one round trip.
func (tx *Tx) script(text string) error {
	_, err := tx.conn.PgConn().Exec(tx.ctx, text).ReadAll()
	return tx.failed(err)
}

// exec runs a statement that returns no rows.
func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.changed(query, args...)
	return err
}

// changed runs a statement that returns no rows and says how many it changed.
func (tx *Tx) changed(query string, args ...any) (int, error) {
	tag, err := tx.conn.Exec(tx.ctx, query, args...)
	return int(tag.RowsAffected()), tx.failed(err)
}

// row runs a query and scans its first row, if there is one.
func (tx *Tx) row(query string, into []any, args ...any) (found bool, err error) {
	err = tx.conn.QueryRow(tx.ctx, query, args...).Scan(into...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, tx.failed(err)
}

// rows runs a query and hands every row to each.
func (tx *Tx) rows(query string, each func(row pgx.Rows) error, args ...any) error {
	rows, err := tx.conn.Query(tx.ctx, query, args...)
	if err != nil {
		return tx.failed(err)
	}
	return tx.drain(rows, each)
}

func (tx *Tx) drain(rows pgx.Rows, each func(row pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return fault.ErrInternal.Because(err)
		}
	}
	return tx.failed(rows.Err())
}

// locking is what a query ends with whose rows an Update decides on.
func (tx *Tx) locking() string {
	if tx.writes {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// lock keeps other units of work away from names until this one ends, whether
// or not there are rows of these names; a View needs none. Names are taken in
// one order, so that two units never wait for each other here.
func (tx *Tx) lock(names ...[]byte) error {
	if !tx.writes {
		return nil
	}
	slices.SortFunc(names, bytes.Compare)
	names = slices.CompactFunc(names, bytes.Equal)
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO locks (name) SELECT unnest($1::bytea[])`, names)
	b.Queue(`DELETE FROM locks WHERE name = ANY ($1::bytea[])`, names)
	return tx.failed(tx.conn.SendBatch(tx.ctx, b).Close())
}

// name is what lock takes: a kind of thing and its key.
func name(kind string, key ...string) []byte {
	text := []byte(kind)
	for _, part := range key {
		text = append(append(text, 0), part...)
	}
	return text
}

// NextID gives the next number of a sequence. Its row stays locked: a number is
// given to another only when this unit has ended.
func (tx *Tx) NextID(sequence string) (next int64, err error) {
	_, err = tx.row(advance, []any{&next}, sequence, 1)
	return next, err
}

// Meta reads a fact about the database, or "".
func (tx *Tx) Meta(key string) (value string, err error) {
	if err := tx.lock(name("meta", key)); err != nil {
		return "", err
	}
	var stored []byte
	_, err = tx.row(`SELECT value FROM meta WHERE key = $1`, []any{&stored}, key)
	return string(stored), err
}

// SetMeta sets a fact about the database.
func (tx *Tx) SetMeta(key, value string) error {
	return tx.exec(`INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, []byte(value))
}

// failed gives an error of the database its meaning, and remembers whether the
// unit is to be run again.
func (tx *Tx) failed(err error) error {
	if err == nil {
		return nil
	}
	if tx.again == nil && (repeatable(err) || tx.conn.IsClosed() && tx.ctx.Err() == nil) {
		tx.again = err
	}
	return translate(err)
}

// Errors of PostgreSQL, by number (its manual, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnlyTransaction  = "25006" // of a server that has become a standby
	uniqueViolation      = "23505"
	tooManyConnections   = "53300"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	idleTimeout          = "25P03"
	lockNotAvailable     = "55P03" // of a server that bounds how long a lock is waited for
	accessOrSyntax       = "42"    // the class of what the role may not or the engine does not know
)

// keyConstraint is the primary key of idempotency keys.
const keyConstraint = "idempotency_keys_pkey"

// repeatable reports whether the same unit of work may well succeed when it is
// run again from its beginning.
func repeatable(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case serializationFailure, deadlockDetected, readOnlyTransaction, tooManyConnections, adminShutdown, crashShutdown, cannotConnectNow, idleTimeout, lockNotAvailable:
			return true
		case uniqueViolation: // another unit has used the key just now, and the next try will see it
			return refused.ConstraintName == keyConstraint
		}
		return refused.Code[:2] == "08"
	}
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting) || pgconn.SafeToRetry(err)
}

// unreached is repeatable for errors from before a transaction: besides the
// server's own word there is only what broke on the way to it, and time that
// is up.
func unreached(err error) bool {
	var refused *pgconn.PgError
	return repeatable(err) || !errors.As(err, &refused) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// translate gives PostgreSQL's errors their meaning, by number. A constraint is
// never a rule of Purse here: rules are checked before, under locks.
func translate(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return fault.ErrOverloaded.Because(err)
		}
		return fault.ErrUnavailable.Because(err)
	}
	// The message and detail of the server may quote values: they stay here.
	what := fmt.Errorf("postgres: error %s (table %q, column %q, constraint %q)", refused.Code, refused.TableName, refused.ColumnName, refused.ConstraintName)
	switch refused.Code[:2] {
	case "08", "25", "40", "53", "55", "57", "58":
		return fault.ErrUnavailable.Because(what)
	}
	return fault.ErrInternal.Because(what)
}
