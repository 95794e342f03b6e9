package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"purse/internal/ledger"
	"purse/internal/store"
)

// Waiting is how many units of work wait for the writer.
func (s *Store) Waiting() int { return s.writer.queue.Waiting() }

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
