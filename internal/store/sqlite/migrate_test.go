package sqlite

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// TestTheTableOfAccountsIsMadeAnewWithAllItsRows fills a database as it was
// before accounts could be blocked, and takes it there, back, and there again.
func TestTheTableOfAccountsIsMadeAnewWithAllItsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	execute := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(query string) (answer string) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return answer
	}
	if _, err := provider.UpTo(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	execute(`INSERT INTO users (id, uuid, first_name, last_name, date_of_birth, address, city, state, post_code, email, phone, two_factor_required, status, created_at)
		VALUES (7, x'01', 'Ann', 'Lee', '', '', '', '', '', '', '', 1, 'active', 1)`)
	execute(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
		INSERT INTO accounts SELECT i, 7 * (i > 1), 'wallet', 'USD', 10 * i, i % 5, CASE i % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'frozen' ELSE 'closed' END, i, i + 1, randomblob(32), i FROM n`)
	execute(`INSERT INTO system_accounts VALUES ('cash_in', 'USD', 1)`)
	execute(`INSERT INTO wallets VALUES (2, 7, 'USD', '1234567890', 1000), (3, 7, 'USD', '1234567891', 2000), (4, 7, 'EUR', '1234567892', 3000)`)
	const rows = `SELECT count(*) || ' ' || sum(id) || ' ' || sum(balance) || ' ' || hex(group_concat(last_hash)) || group_concat(status) FROM (SELECT * FROM accounts ORDER BY id)`
	before := ask(rows)
	for range 2 {
		if _, err := provider.UpTo(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		if ask(rows) != before {
			t.Error("the accounts are not what they were")
		}
		for query, want := range map[string]string{
			`SELECT count(*) FROM pragma_foreign_key_check`:      "0",
			`SELECT integrity_check FROM pragma_integrity_check`: "ok",
			`SELECT group_concat(m.name, ' ') FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE f."table" = 'accounts'`: "system_accounts holds holds wallets cards savings",
			`SELECT count(*) FROM sqlite_schema WHERE name IN ('accounts_owner', 'wallets_fee')`:                                          "2",
			`SELECT name || ' ' || updated_at || ' ' || fee_due_at FROM wallets WHERE account_id = 3`:                                     "My wallet 2000 2592000002000",
			`SELECT group_concat(value || '=' || subject, ', ') FROM claims WHERE kind = 'wallet'`:                                        "7 EUR=4, 7 USD=2",
		} {
			if got := ask(query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		execute(`UPDATE accounts SET status = 'blocked' WHERE id = 6`)
		if _, err := db.ExecContext(t.Context(), `UPDATE accounts SET status = 'lost' WHERE id = 6`); err == nil {
			t.Error("any status is accepted")
		}
		if _, err := provider.DownTo(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if ask(rows) != before {
			t.Error("on the way back the accounts have changed")
		}
	}
}
