package apptest

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Rows is every row of every table of a PostgreSQL database, as text, by the
// table's name; binary columns are in hexadecimal.
func Rows(t testing.TB, databaseURL string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	lines := func(query string) []string {
		rows, err := conn.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	found := map[string]string{}
	for _, table := range lines(`SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`) {
		found[table] = strings.Join(lines("SELECT r::text FROM "+table+" AS r"), "\n")
	}
	if len(found) == 0 {
		t.Fatal("no tables were found, so nothing was tested")
	}
	return found
}
