package postgres

import (
	"testing"

	"purse/internal/clock"
	"purse/internal/store/postgres/pgtest"
)

// Whoever serves reads no whole table where a key will do, whatever the planner of a
// young database believes of its size.
func TestConnectionsThatServePreferIndexes(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: pgtest.Database(t), Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var off int
	if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_settings WHERE name IN ('enable_seqscan', 'enable_hashjoin', 'enable_mergejoin') AND setting = 'off'`).Scan(&off); err != nil || off != 3 {
		t.Errorf("%d of 3 are set, %v", off, err)
	}
}
