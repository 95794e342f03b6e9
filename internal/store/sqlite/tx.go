package sqlite

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
)

// Tx is one unit of work on one connection. Its methods are spread over the
// files of this package, one file for each domain.
type Tx struct {
	conn  *sqlite.Conn
	clock clock.Clock
	now   time.Time

	// Of the writer only:
	ids       *id.Source
	lastEntry int64 // the newest entry id given
	unclean   bool  // the database may hold copies of what was removed
	logged    bool  // likewise the log

	remembered             remembered
	moved, transfer, entry *sqlite.Stmt // see hot
}

// Now is the unit's one time, to the microsecond.
func (tx *Tx) Now() time.Time { return tx.now }

// readClock sets the unit's time. Rows keep microseconds: what is told apart
// from a row by its time must not have more.
func (tx *Tx) readClock() { tx.now = tx.clock.Now().Truncate(time.Microsecond) }

// Savepoint runs fn so that it can be undone alone. All have one name, which
// means the innermost; so a panic too must leave none behind.
func (tx *Tx) Savepoint(fn func() error) (err error) {
	if err := tx.exec("SAVEPOINT part"); err != nil {
		return err
	}
	returned := false
	defer func() {
		if returned && err == nil {
			err = tx.exec("RELEASE part")
			return
		}
		tx.remembered.forget()
		if tx.conn.AutocommitEnabled() { // SQLite has already undone the whole transaction (disk full, I/O error)
			err = errors.Join(errRolledBack, err)
			return
		}
		if undo := errors.Join(tx.exec("ROLLBACK TO part"), tx.exec("RELEASE part")); undo != nil {
			err = errors.Join(undo, err)
		}
	}()
	err = fn()
	returned = true
	return err
}

// errRolledBack is a transaction that SQLite ended by itself.
var errRolledBack = fault.Define(fault.Unavailable, "sqlite.rolled_back", "the database could not be written; nothing was changed")

// statement prepares query (once for each connection) and binds args:
// int64, int, string, []byte, bool, time.Time (as microseconds), nil.
func (tx *Tx) statement(query string, args []any) (*sqlite.Stmt, error) {
	stmt, err := tx.conn.Prepare(query)
	if err != nil {
		return nil, translate(err)
	}
	for i, arg := range args {
		switch v := arg.(type) {
		case int64:
			stmt.BindInt64(i+1, v)
		case int:
			stmt.BindInt64(i+1, int64(v))
		case string:
			stmt.BindText(i+1, v)
		case []byte:
			stmt.BindBytes(i+1, v)
		case bool:
			stmt.BindBool(i+1, v)
		case time.Time:
			stmt.BindInt64(i+1, v.UnixMicro())
		case nil:
			stmt.BindNull(i + 1)
		default:
			return nil, fault.ErrInternal.Because(fmt.Errorf("sqlite: cannot bind %T", arg))
		}
	}
	return stmt, nil
}

// hot gives a statement that every transfer runs, prepared once and kept at
// place, ready to be bound anew. Each of its parameters must be bound every time.
func (tx *Tx) hot(place **sqlite.Stmt, query string) (*sqlite.Stmt, error) {
	if *place != nil {
		return *place, (*place).Reset()
	}
	stmt, err := tx.conn.Prepare(query)
	*place = stmt
	return stmt, err
}

// exec runs a statement that returns no rows.
func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.row(query, nil, args...)
	return err
}

// changed runs a statement that returns no rows and says how many it changed.
func (tx *Tx) changed(query string, args ...any) (int, error) {
	if err := tx.exec(query, args...); err != nil {
		return 0, err
	}
	return tx.conn.Changes(), nil
}

// row runs a query and scans its first row, if there is one.
func (tx *Tx) row(query string, scan func(*sqlite.Stmt), args ...any) (found bool, err error) {
	stmt, err := tx.statement(query, args)
	if err != nil {
		return false, err
	}
	found, err = stmt.Step()
	if err != nil {
		return false, translate(err)
	}
	if found && scan != nil {
		scan(stmt)
	}
	// Resetting at the first row would cut a statement with RETURNING short only
	// after all its changes are made: SQLite returns rows when the work is done.
	return found, translate(stmt.Reset())
}

// rows runs a query and hands every row to each. The statement of a query is
// shared, so each must not run the same query again.
func (tx *Tx) rows(query string, each func(*sqlite.Stmt) error, args ...any) error {
	stmt, err := tx.statement(query, args)
	if err != nil {
		return err
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return translate(err)
		}
		if !more {
			return nil
		}
		if err := each(stmt); err != nil {
			return errors.Join(err, stmt.Reset())
		}
	}
}

// translate gives SQLite's errors their meaning, by number. A constraint is
// never a rule of Purse here: rules are checked before, by the one writer.
func translate(err error) error {
	if err == nil {
		return nil
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultBusy, sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultNoMem:
		return fault.ErrUnavailable.Because(err)
	case sqlite.ResultInterrupt:
		return fault.ErrOverloaded.Because(err)
	}
	return fault.ErrInternal.Because(err)
}

// instant reads a time column.
func instant(stmt *sqlite.Stmt, column int) time.Time {
	return time.UnixMicro(stmt.ColumnInt64(column)).UTC()
}

// blob reads a blob column.
func blob(stmt *sqlite.Stmt, column int) []byte {
	b := make([]byte, stmt.ColumnLen(column))
	stmt.ColumnBytes(column, b)
	return b
}

// NextID gives the next number of a sequence.
func (tx *Tx) NextID(sequence string) (next int64, err error) {
	_, err = tx.row(`INSERT INTO sequences (name, next) VALUES (?1, 2)
		ON CONFLICT (name) DO UPDATE SET next = next + 1 RETURNING next - 1`,
		func(stmt *sqlite.Stmt) { next = stmt.ColumnInt64(0) }, sequence)
	return next, err
}

// Meta reads a fact about the database, or "".
func (tx *Tx) Meta(key string) (value string, err error) {
	_, err = tx.row(`SELECT value FROM meta WHERE key = ?1`, func(stmt *sqlite.Stmt) { value = stmt.ColumnText(0) }, key)
	return value, err
}

// SetMeta sets a fact about the database.
func (tx *Tx) SetMeta(key, value string) error {
	return tx.exec(`INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}
