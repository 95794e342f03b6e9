// Package backup backs up the real program while it works, and brings it back
// on every engine.
package backup

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/apptest"
	"purse/internal/backup"
	"purse/internal/store/enginetest"
	"purse/internal/store/portable"
)

func TestMain(m *testing.M) { apptest.Main(m) }

const (
	people  = 6
	callers = 16
)

// TestABackupUnderLoadIsWholeAndHasWhatWasAcknowledgedBefore backs up while many
// callers pay, on each engine, and restores into each: the books balance, and
// every payment that was acknowledged before the backup began is there, once.
func TestABackupUnderLoadIsWholeAndHasWhatWasAcknowledgedBefore(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := apptest.Development(databaseURL)
		purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
		crowd, err := apptest.NewCrowd(t.Context(), purse.Base, people)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "purse.backup")
		before := payWhile(t, purse, crowd, func() {
			if output, code := apptest.RunBinary(t, environment, "backup", file); code != 0 {
				t.Errorf("purse backup: exit code %d\n%s", code, output)
			}
		})
		enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
			restored := e.URL(t)
			restore(t, restored, file)
			again := apptest.Start(t, apptest.Development(restored), "dev", "--listen", "{listen}")
			before := before.Known()
			if err := before.Check(t.Context(), again.Base); err != nil {
				t.Error(err)
			}
			if err := before.Pay(t.Context(), again.Base, before.Draw(0)); err != nil {
				t.Errorf("paying goes on: %v", err)
			}
			apptest.Verify(t, apptest.Development(restored))
		})
	})
}

// payWhile has callers pay before, during and after fn, and returns the crowd as
// it was when fn began.
func payWhile(t *testing.T, purse *apptest.Process, crowd *apptest.Crowd, fn func()) (before *apptest.Crowd) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for caller := range callers {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := crowd.Pay(ctx, purse.Base, crowd.Draw(caller)); err != nil {
					t.Errorf("paying during the backup: %v", err)
					return
				}
			}
		})
	}
	await := func(payments int) {
		for crowd.Acknowledged() < payments && ctx.Err() == nil {
			time.Sleep(time.Millisecond) // between looks; nothing is asserted on it
		}
	}
	await(200)
	before = crowd.Known()
	fn()
	await(before.Acknowledged() + 200)
	close(stop)
	wait.Wait()
	if crowd.Acknowledged() <= before.Acknowledged() {
		t.Error("nobody could pay during the backup")
	}
	return before
}

func restore(t *testing.T, databaseURL, file string) {
	t.Helper()
	if output, code := apptest.RunBinary(t, apptest.Development(databaseURL), "restore", file); code != 0 {
		t.Fatalf("purse restore: exit code %d\n%s", code, output)
	}
}

// made puts people and payments into a database, and is a backup of it.
func made(t *testing.T, databaseURL string) (file string) {
	t.Helper()
	environment := apptest.Development(databaseURL)
	purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
	crowd, err := apptest.NewCrowd(t.Context(), purse.Base, 3)
	if err != nil {
		t.Fatal(err)
	}
	for caller := range 30 {
		if err := crowd.Pay(t.Context(), purse.Base, crowd.Draw(caller)); err != nil {
			t.Fatal(err)
		}
	}
	if err := purse.Stop(); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "purse.backup")
	if output, code := apptest.RunBinary(t, environment, "backup", file); code != 0 {
		t.Fatal(output)
	}
	return file
}

// read is a whole backup, each row as one text.
func read(t *testing.T, file string) (portable.Header, map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := backup.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, table := range r.Header().Tables {
		for row, err := range r.Rows(table) {
			if err != nil {
				t.Fatal(err)
			}
			rows[table.Name] = append(rows[table.Name], words(row))
		}
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	return r.Header(), rows
}

func words(row []portable.Value) string {
	var text strings.Builder
	for _, v := range row {
		if v.Null {
			text.WriteString("NULL ")
			continue
		}
		text.WriteString(string(appendNumber(nil, v.Number)) + " " + string(v.Bytes) + " ")
	}
	return text.String()
}

// TestARestoredDatabaseIsWhatWasBackedUp restores each engine's backup into each
// and backs that up: all is the same but for what a restore ends.
func TestARestoredDatabaseIsWhatWasBackedUp(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		file := made(t, databaseURL)
		from, want := read(t, file)
		if len(want["sessions"]) == 0 || len(want["entries"]) < 60 || len(want["cards"]) != 3 {
			t.Fatalf("there is too little in it to compare: %d sessions, %d entries", len(want["sessions"]), len(want["entries"]))
		}
		apptest.EachEngine(t, func(t *testing.T, restored string) {
			restore(t, restored, file)
			again := filepath.Join(t.TempDir(), "again.backup")
			if output, code := apptest.RunBinary(t, apptest.Development(restored), "backup", again); code != 0 {
				t.Fatal(output)
			}
			header, got := read(t, again)
			if header.Schema != from.Schema || strings.HasPrefix(restored, header.Engine) == false {
				t.Errorf("the header is %+v", header)
			}
			ended := map[string]bool{"codes": true, "pending": true, "registrations": true, "resets": true, "refresh_tokens": true, "chat_sessions": true, "email_links": true}
			for _, table := range from.Tables {
				switch name := table.Name; {
				case ended[name]:
					if len(got[name]) > 0 {
						t.Errorf("%s has %d rows", name, len(got[name]))
					}
				case name == "sessions" || name == "sequences": // ended; and each engine has some of its own
					if len(got[name]) < len(want[name]) {
						t.Errorf("%s has %d rows, want %d", name, len(got[name]), len(want[name]))
					}
				case strings.Join(got[name], "\n") != strings.Join(want[name], "\n"):
					t.Errorf("%s is another: %d rows of %d", name, len(got[name]), len(want[name]))
				}
			}
		})
	})
}

func TestAMoveTakesEverythingToPostgreSQLAndSessionsLiveOn(t *testing.T) {
	from, to := enginetest.SQLite.URL(t), enginetest.Postgres.URL(t)
	environment := apptest.Development(from)
	purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
	crowd, err := apptest.NewCrowd(t.Context(), purse.Base, 3)
	if err != nil {
		t.Fatal(err)
	}
	for caller := range 30 {
		if err := crowd.Pay(t.Context(), purse.Base, crowd.Draw(caller)); err != nil {
			t.Fatal(err)
		}
	}
	move := func(wantCode int, want string, more ...string) {
		t.Helper()
		output, code := apptest.RunBinary(t, environment, append([]string{"move", "--to", to}, more...)...)
		if code != wantCode || !strings.Contains(output, want) {
			t.Errorf("purse move exits with %d, want %d and %q:\n%s", code, wantCode, want, output)
		}
	}
	move(1, "stop Purse first")
	if err := purse.Stop(); err != nil {
		t.Fatal(err)
	}
	move(1, "there is no database", "--database-url", from+"x")
	move(1, "move copies an embedded database", "--database-url", to)
	move(0, "the newest hash of every account")
	move(1, "has tables already")

	again := apptest.Start(t, apptest.Development(to), "dev", "--listen", "{listen}")
	if err := crowd.Pay(t.Context(), again.Base, crowd.Draw(0)); err != nil { // with the cookie of before
		t.Errorf("paying goes on: %v", err)
	}
	if err := crowd.Check(t.Context(), again.Base); err != nil {
		t.Error(err)
	}
	apptest.Verify(t, apptest.Development(to))
	apptest.Verify(t, environment) // the embedded database is as it was
}

// TestABackupOfBooksThatDoNotBalanceIsNotRestored takes rows that a forger has
// changed, in a file whose sum is right.
func TestABackupOfBooksThatDoNotBalanceIsNotRestored(t *testing.T) {
	file := made(t, enginetest.SQLite.URL(t))
	forged := filepath.Join(t.TempDir(), "forged.backup")
	forge(t, file, forged)
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		to := e.URL(t)
		output, code := apptest.RunBinary(t, apptest.Development(to), "restore", forged)
		if code != 1 || !strings.Contains(output, "the books do not balance") || !strings.Contains(output, "nothing was restored") {
			t.Errorf("purse restore exits with %d:\n%s", code, output)
		}
		nothingThere(t, to)
	})
}

// forge gives an account a cent more than its entries.
func forge(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	r, err := backup.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	file, err := backup.Create(to, backup.Lock{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Fill(richer{r}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// nothingThere checks that a refused restore has left nothing.
func nothingThere(t *testing.T, databaseURL string) {
	t.Helper()
	if path, embedded := strings.CutPrefix(databaseURL, "sqlite:"); embedded {
		left, err := filepath.Glob(path + "*")
		if err != nil || len(left) > 0 {
			t.Errorf("there are %v, %v", left, err)
		}
		return
	}
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var tables int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`).Scan(&tables); err != nil || tables > 0 {
		t.Errorf("there are %d tables, %v", tables, err)
	}
}

func TestADamagedBackupIsRefusedAndLeavesNothing(t *testing.T) {
	file := made(t, enginetest.SQLite.URL(t))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.backup")
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		to := e.URL(t)
		for at := 0; at < len(whole); at += 4096 {
			if err := os.WriteFile(damaged, whole[:at], 0o600); err != nil {
				t.Fatal(err)
			}
			output, code := apptest.RunBinary(t, apptest.Development(to), "restore", damaged)
			if code != 1 || !strings.Contains(output, "damaged or cut off") || !strings.Contains(output, "nothing was restored") {
				t.Errorf("cut off after %d bytes, purse restore exits with %d:\n%s", at, code, output)
			}
			nothingThere(t, to)
		}
	})
}

func TestOnlyAnEmptyDatabaseIsRestoredInto(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		file := made(t, databaseURL)
		_, before := read(t, file)
		output, code := apptest.RunBinary(t, apptest.Development(databaseURL), "restore", file)
		if code != 1 || !strings.Contains(output, "already") {
			t.Errorf("purse restore exits with %d:\n%s", code, output)
		}
		again := filepath.Join(t.TempDir(), "again.backup")
		if output, code := apptest.RunBinary(t, apptest.Development(databaseURL), "backup", again); code != 0 {
			t.Fatal(output)
		}
		if _, after := read(t, again); len(after["entries"]) != len(before["entries"]) || strings.Join(after["sessions"], "\n") != strings.Join(before["sessions"], "\n") {
			t.Error("the database has changed")
		}
	})
}

func TestTheLogOfAnotherDatabaseIsInTheWayOfARestore(t *testing.T) {
	file := made(t, enginetest.SQLite.URL(t))
	to := enginetest.SQLite.URL(t)
	path := strings.TrimPrefix(to, "sqlite:")
	if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	output, code := apptest.RunBinary(t, apptest.Development(to), "restore", file)
	if code != 1 || !strings.Contains(output, "all three") {
		t.Errorf("purse restore exits with %d:\n%s", code, output)
	}
}

func TestARestoreThatWasCutOffIsRepeatedOrRefused(t *testing.T) {
	file := made(t, enginetest.SQLite.URL(t))
	to := enginetest.SQLite.URL(t)
	path := strings.TrimPrefix(to, "sqlite:")
	for _, suffix := range []string{".partial", ".partial-wal", ".partial.lock"} { // as kill -9 leaves them
		if err := os.WriteFile(path+suffix, []byte("half of a database"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	restore(t, to, file)
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("beside the database there are %v, %v", left, err)
	}

	address := enginetest.Postgres.URL(t)
	restore(t, address, file)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `CREATE TABLE unfinished_import ()`); err != nil { // as kill -9 leaves it
		t.Fatal(err)
	}
	for _, words := range []string{"dev --listen 127.0.0.1:0", "restore " + file, "backup " + file + "2", "verify"} {
		if output, code := apptest.RunBinary(t, apptest.Development(address), strings.Fields(words)...); code != 1 {
			t.Errorf("purse %s exits with %d:\n%s", words, code, output)
		}
	}
}
