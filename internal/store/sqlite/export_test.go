package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/ledger"
	"purse/internal/store"
)

// Waiting is how many units of work wait for the writer.
func (s *Store) Waiting() int { return s.writer.queue.Waiting() }

// Patience is how long the writer waits for another process that writes.
func (s *Store) Patience() (patience time.Duration, err error) {
	err = s.Update(context.Background(), func(shared store.Tx) error {
		_, err := shared.(*Tx).row("PRAGMA busy_timeout", func(stmt *sqlite.Stmt) {
			patience = time.Duration(stmt.ColumnInt64(0)) * time.Millisecond
		})
		return err
	})
	return patience, err
}

// EachRemembered hands each what the writer remembers of an account, and what
// the row says.
func (s *Store) EachRemembered(each func(remembered, row ledger.Account)) error {
	return s.Update(context.Background(), func(shared store.Tx) error {
		tx := shared.(*Tx)
		return tx.rows(`SELECT `+accountColumns+` FROM accounts`, func(stmt *sqlite.Stmt) error {
			var row ledger.Account
			if err := scanAccount(stmt, &row); err != nil {
				return err
			}
			if a, known := tx.remembered[row.ID]; known {
				each(a, row)
			}
			return nil
		})
	})
}
