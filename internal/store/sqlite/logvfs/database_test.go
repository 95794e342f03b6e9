package logvfs_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/store/sqlite/logvfs"
)

// open opens a database with a cache so small that pages go to the log before
// their transaction ends.
func open(t *testing.T, path, vfs string) *sqlite.Conn {
	t.Helper()
	if err := logvfs.Register(); err != nil {
		t.Fatal(err)
	}
	name := &url.URL{Scheme: "file", Path: path}
	if vfs != "" {
		name.RawQuery = url.Values{"vfs": {vfs}}.Encode()
	}
	conn, err := sqlite.OpenConn(name.String(), sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenURI)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	run(t, conn, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 10")
	return conn
}

func run(t *testing.T, conn *sqlite.Conn, script string) {
	t.Helper()
	for statement := range strings.SplitSeq(script, ";") {
		if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func text(t *testing.T, conn *sqlite.Conn, query string) string {
	t.Helper()
	got, err := sqlitex.ResultText(conn.Prep(query))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const fill = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
	INSERT INTO notes (writer, text) SELECT '%s', hex(randomblob(400)) FROM n`

// Two that write in turn, one of which undoes much of what it does, leave a sound
// database with all that was committed and nothing else.
func TestWorkThatIsUndoneHarmsNoOtherWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	gathering, plain := open(t, path, logvfs.Name), open(t, path, "")
	run(t, gathering, "CREATE TABLE notes (id INTEGER PRIMARY KEY, writer TEXT, text TEXT)")
	for round := range 10 {
		run(t, gathering, "BEGIN IMMEDIATE;"+fmt.Sprintf(fill, "undone")+";ROLLBACK")
		run(t, plain, fmt.Sprintf(fill, "plain"))
		run(t, gathering, "BEGIN IMMEDIATE;"+fmt.Sprintf(fill, "undone")+";UPDATE notes SET text = 'x' WHERE writer = 'undone'; ROLLBACK")
		run(t, plain, fmt.Sprintf(fill, "plain"))
		run(t, gathering, "BEGIN IMMEDIATE; SAVEPOINT part;"+fmt.Sprintf(fill, "undone")+";ROLLBACK TO part; RELEASE part;"+fmt.Sprintf(fill, "gathering")+";COMMIT")
		for _, conn := range []*sqlite.Conn{gathering, plain} {
			want := fmt.Sprintf("gathering %d, plain %d", 500*(round+1), 1000*(round+1))
			if got := text(t, conn, `SELECT group_concat(writer || ' ' || n, ', ') FROM (SELECT writer, count(*) AS n FROM notes GROUP BY writer ORDER BY writer)`); got != want {
				t.Fatalf("after round %d there is %q, want %q", round, got, want)
			}
			if got := text(t, conn, "PRAGMA integrity_check"); got != "ok" {
				t.Fatalf("after round %d the database is damaged: %s", round, got)
			}
		}
	}
}

// What a commit has returned for is in the files, whatever happens to the process.
func TestACommitIsInTheFilesWhenItReturns(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	conn := open(t, path, logvfs.Name)
	run(t, conn, "CREATE TABLE notes (id INTEGER PRIMARY KEY, writer TEXT, text TEXT)")
	for round := range 5 {
		run(t, conn, "BEGIN IMMEDIATE;"+fmt.Sprintf(fill, "kept")+";COMMIT")
		run(t, conn, "BEGIN IMMEDIATE;"+fmt.Sprintf(fill, "unfinished"))
		left := filepath.Join(dir, fmt.Sprintf("left%d.db", round))
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(left+suffix, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run(t, conn, "ROLLBACK")
		if got, want := text(t, open(t, left, ""), `SELECT group_concat(writer || ' ' || n) FROM (SELECT writer, count(*) AS n FROM notes GROUP BY writer)`), fmt.Sprintf("kept %d", 500*(round+1)); got != want {
			t.Errorf("the files hold %q, want %q", got, want)
		}
	}
}
