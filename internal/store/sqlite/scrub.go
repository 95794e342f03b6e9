package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	// rebuiltBytes is the largest database that is written anew when somebody
	// leaves: it takes the writer less than a second.
	rebuiltBytes = 64 << 20
	// What takes longer than quickRebuild is not done again for rebuildPause times
	// as long, so that people who come and go take no more than a twentieth of the
	// writer's time.
	quickRebuild = 100 * time.Millisecond
	rebuildPause = 20

	scrubWait  = 100 * time.Millisecond // for readers; writers wait as long
	scrubPause = time.Second            // after a try that was in vain
)

// cleaning is what is left to do for those who have left. The times are the
// machine's own: pauses, not moments.
type cleaning struct {
	emptyAfter   time.Time // when the log may be tried to be emptied again
	rebuildAfter time.Time // when the database may be written anew again
}

// Scrub has the writer clean its files after the commit: see writer.scrub.
func (tx *Tx) Scrub() { tx.unclean, tx.logged = true, true }

// scrub leaves nothing of what a unit has removed. The pragma secure_delete
// has zeroed the rows where they were. But a row may have been moved from page
// to page before, and SQLite leaves a copy behind in the unused part of the old
// one: so a database that is small enough is written anew. And the log keeps
// older copies of pages: so it is emptied. What cannot be done now is done after
// a later batch, and at the latest when the database is closed.
func (w *writer) scrub() {
	if w.tx.unclean && !time.Now().Before(w.cleaning.rebuildAfter) {
		w.rebuild()
	}
	if w.tx.logged && !time.Now().Before(w.cleaning.emptyAfter) {
		w.emptyLog()
	}
}

// rebuild writes a database anew, page after page, unless it is a large one.
// That it fails, as on a full disk, harms nothing: the database stays as it is.
func (w *writer) rebuild() {
	w.tx.unclean = false
	var bytes int64
	_, err := w.tx.row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", func(stmt *sqlite.Stmt) { bytes = stmt.ColumnInt64(0) })
	if err != nil || bytes > rebuiltBytes {
		return
	}
	began := time.Now()
	_ = w.tx.exec("VACUUM")
	w.tx.logged = true
	if took := time.Since(began); took > quickRebuild {
		w.cleaning.rebuildAfter = began.Add(rebuildPause * took)
	}
}

// emptyLog brings the log into the database and cuts it off. A reader of an older
// state is in its way.
func (w *writer) emptyLog() {
	w.tx.conn.SetBusyTimeout(scrubWait)
	defer w.tx.conn.SetBusyTimeout(w.patience)
	busy := true
	_, err := w.tx.row("PRAGMA wal_checkpoint(TRUNCATE)", func(stmt *sqlite.Stmt) { busy = stmt.ColumnInt(0) != 0 })
	w.tx.logged = err != nil || busy
	if w.tx.logged {
		w.cleaning.emptyAfter = time.Now().Add(scrubPause)
	}
}
