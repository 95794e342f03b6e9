package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/clock"
	"purse/internal/id"
	"purse/internal/notify"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

func TestAMessageGivenUpLeavesNoContentInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	row := notify.Row{ID: id.UUID{1}, Sealed: []byte("sealed"), State: notify.Queued}
	for _, step := range []func(tx store.Tx) error{
		func(tx store.Tx) error { return tx.InsertOutbox(row) },
		func(tx store.Tx) error { _, err := tx.ClaimOutbox("a", tx.Now().Add(time.Minute), 1); return err },
		func(tx store.Tx) error { return tx.OutboxFailed(row.ID, "a") },
	} {
		if err := s.Update(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if left, err := sqlitex.ResultText(conn.Prep(`SELECT state || ' ' || length(sealed) FROM outbox`)); err != nil || left != "failed 0" {
		t.Fatalf("got %q, %v", left, err)
	}
}
