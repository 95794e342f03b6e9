package cli

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/apptest"
)

func TestMigrateShowsWhatIsPendingAndAppliesItOnce(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		purse := func(wantCode int, want string, arguments ...string) {
			t.Helper()
			output, code := apptest.RunBinary(t, []string{"PURSE_DATABASE_URL=" + databaseURL}, arguments...)
			if code != wantCode || !strings.Contains(output, want) {
				t.Errorf("purse %s exits with %d:\n%s\nwant %d and %q", strings.Join(arguments, " "), code, output, wantCode, want)
			}
		}
		path, embedded := strings.CutPrefix(databaseURL, "sqlite:")
		if embedded {
			purse(1, "there is no database", "migrate", "status")
			if _, err := os.Stat(path); err == nil {
				t.Error("looking has made a database")
			}
			purse(1, "there is no database", "verify")
		} else {
			files, err := filepath.Glob("../../internal/store/postgres/migrations/*.sql")
			if err != nil || len(files) == 0 {
				t.Fatalf("no migrations: %v", err)
			}
			pending := strconv.Itoa(len(files)) + " pending"
			purse(0, pending, "migrate", "status")
			purse(0, pending, "migrate", "status") // looking has changed nothing
			purse(1, "start Purse on it once", "verify")
		}
		purse(0, "applied 00001 ledger", "migrate", "up")
		purse(0, "00001  ledger    applied 20", "migrate", "status")
		purse(0, "up to date", "migrate", "status")
		output, _ := apptest.RunBinary(t, []string{"PURSE_DATABASE_URL=" + databaseURL}, "migrate", "up")
		if output != "up to date\n" {
			t.Errorf("a second time it says %q", output)
		}
		purse(0, "the books balance", "verify")
	})
}

func TestAnOlderProgramRefusesANewerSchema(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}
		if output, code := apptest.RunBinary(t, environment, "migrate", "up"); code != 0 {
			t.Fatal(output)
		}
		execute(t, databaseURL, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		for _, arguments := range [][]string{{"migrate", "status"}, {"migrate", "up"}, {"verify"}, {"admin", "bot-client", "list"}, {"dev", "--listen", "127.0.0.1:0"}} {
			output, code := apptest.RunBinary(t, environment, arguments...)
			if code != 1 || !strings.Contains(output, "made by a newer version of Purse; run that version, or a newer one") {
				t.Errorf("purse %s exits with %d:\n%s", strings.Join(arguments, " "), code, output)
			}
		}
	})
}

func TestMigrateLeavesADatabaseInUseAlone(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "purse.db")
	environment := []string{"PURSE_DATABASE_URL=" + url}
	apptest.Start(t, environment, "dev", "--listen", "{listen}")
	if output, code := apptest.RunBinary(t, environment, "migrate", "up"); code != 1 || !strings.Contains(output, "another Purse has this database open") {
		t.Errorf("migrate up exits with %d: %s", code, output)
	}
	if output, code := apptest.RunBinary(t, environment, "migrate", "status"); code != 0 || !strings.Contains(output, "up to date") {
		t.Errorf("migrate status exits with %d: %s", code, output)
	}
}

// execute runs a statement behind Purse's back.
func execute(t *testing.T, databaseURL, statement string) {
	t.Helper()
	if path, embedded := strings.CutPrefix(databaseURL, "sqlite:"); embedded {
		conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}
