package postgres

import (
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"purse/internal/store/postgres/pgtest"
)

// TestWalletsThatAreThereGetTheirFeeAndTheirClaim fills a database as it was
// before wallets had fees, and takes it there, back, and there again.
func TestWalletsThatAreThereGetTheirFeeAndTheirClaim(t *testing.T) {
	config, err := pgx.ParseConfig(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		t.Fatal(err)
	}
	execute := func(statement string) error {
		_, err := db.ExecContext(t.Context(), statement)
		return err
	}
	if _, err := provider.UpTo(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO users (id, uuid, first_name, last_name, date_of_birth, address, city, state, post_code, email, phone, two_factor_required, status, created_at)
			VALUES (7, '00000000-0000-7000-8000-000000000001', 'Ann', 'Lee', NULL, '', '', '', '', '', '', true, 'active', now())`,
		`INSERT INTO accounts SELECT i, 7, 'wallet', 'USD', 10, 0, 'open', 0, 0, '', now() FROM generate_series(2, 5) AS i`,
		`INSERT INTO wallets VALUES (2, 7, 'USD', '1', 1, '2031-03-01T12:00:00Z'), (3, 7, 'USD', '2', 0, '2031-03-01T12:00:01Z'), (4, 7, 'EUR', '3', 2, '2031-03-02T12:00:00Z')`,
	} {
		if err := execute(statement); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := provider.UpTo(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		// What the version before inserts is a whole wallet too.
		if err := execute(`INSERT INTO wallets (account_id, owner_id, currency, number, position, created_at) VALUES (5, 7, 'KZT', '4', 3, now())`); err != nil {
			t.Error(err)
		}
		for query, want := range map[string]string{
			`SELECT string_agg(name || ' ' || (fee_due_at - created_at) || ' ' || (updated_at - created_at), ', ' ORDER BY account_id) FROM wallets WHERE account_id < 5`: "My wallet 30 days 00:00:00, My wallet 30 days 00:00:00, My wallet 30 days 00:00:00",
			`SELECT (fee_due_at - created_at)::text FROM wallets WHERE account_id = 5`:                                                                                    "30 days",
			`SELECT string_agg(value || '=' || subject, ', ' ORDER BY value) FROM claims WHERE kind = 'wallet'`:                                                           "7 EUR=4, 7 USD=3",
		} {
			var got string
			if err := db.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %q (%v), want %q", query, got, err, want)
			}
		}
		if err := execute(`UPDATE accounts SET status = 'blocked' WHERE id = 3`); err != nil {
			t.Error(err)
		}
		if execute(`UPDATE accounts SET status = 'lost' WHERE id = 3`) == nil {
			t.Error("any status is accepted")
		}
		if err := execute(`DELETE FROM wallets WHERE account_id = 5`); err != nil {
			t.Error(err)
		}
		if _, err := provider.DownTo(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheServersFsyncsAreKnownOnEveryVersion(t *testing.T) {
	if count, err := Syncs(t.Context(), pgtest.Database(t)); err != nil || count < 0 {
		t.Errorf("%d, %v", count, err)
	}
}
