// Package bench measures Purse as a client sees it: it starts a Purse of its own
// on an empty database, signs people up through its surfaces, and has them ask
// over real HTTP connections. A bare echo server, driven by the same client in the
// same run, says what the machine could do. At the end the books are checked, and
// every account against what the clients were told.
//
// It knows Purse by its surfaces alone, so it measures any build of it; only runs
// in process go to the services below them.
package bench

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"purse/internal/app"
	"purse/internal/ledger"
	"purse/internal/money"
)

// Options says how to measure.
type Options struct {
	Program     string        // the purse binary
	DatabaseURL string        // an empty database; "": a SQLite file of its own
	Clients     int           // people who ask at the same time
	Duration    time.Duration // of each run
	Rate        Rate          // at which requests arrive; zero: each client asks again as soon as it is answered
	InProcess   bool          // call the services without HTTP
	JSON, SVG   string        // files to write, or ""
	Progress    io.Writer     // where to say what is going on
	Terminal    bool          // Progress is one, on which a line can be written again
	Out         io.Writer     // where the table goes
}

// session is one command: what is started for it, and what it has measured.
type session struct {
	Options
	directory string
	echo      *process
	report    *report
}

// conduct starts what every command needs, has it measure, prints and writes what
// came out, also when something went wrong, and stops what was started. It fails
// when anything was answered otherwise than expected.
func (o Options) conduct(ctx context.Context, command string, measure func(ctx context.Context, s *session) error) (err error) {
	if o.Clients < 1 || o.Duration <= 0 {
		return errors.New("at least one client must ask for some time")
	}
	s := &session{Options: o, report: newReport(command, o)}
	if s.directory, err = os.MkdirTemp("", "purse-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.directory)
	if s.echo, err = start(ctx, s.directory, o.Program, "/", nil, "bench", "echo", "--listen", "{listen}"); err != nil {
		return err
	}
	defer s.echo.stop()
	failed := measure(ctx, s)
	s.clear()
	return errors.Join(failed, s.report.failed, s.report.print(o.Out), s.report.write(o.JSON, o.SVG))
}

// say shows what is going on.
func (s *session) say(format string, arguments ...any) {
	if !s.Terminal {
		format += "\n"
	}
	s.draw(format, arguments...)
}

// count shows how far something is, where that takes no lines.
func (s *session) count(format string, arguments ...any) {
	if s.Terminal {
		s.draw(format, arguments...)
	}
}

func (s *session) draw(format string, arguments ...any) {
	s.clear()
	fmt.Fprintf(s.Progress, format, arguments...)
}

// clear takes the line of progress away.
func (s *session) clear() {
	if s.Terminal {
		fmt.Fprint(s.Progress, "\r\033[K")
	}
}

// stage is a Purse on one database, with its people.
type stage struct {
	*session
	engine      string // for people
	database    string
	environment []string
	secret      string
	settings    []string // arguments of purse dev

	purse    *process      // nil in process
	services *app.Services // nil over HTTP
	amount   money.Decimal // what a movement in process moves
	people   []*person
	tally    tally
}

// onStage measures on a Purse that is started on a database, checks its books, and
// stops it.
func (s *session) onStage(ctx context.Context, database string, settings []string, measure func(ctx context.Context, st *stage) error) error {
	key := make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand ends the program instead
	st := &stage{session: s, engine: "PostgreSQL", database: database, secret: base64.StdEncoding.EncodeToString(key), settings: settings}
	if database == "" {
		st.database = "sqlite:" + filepath.Join(s.directory, "purse.db")
	}
	if strings.HasPrefix(st.database, "sqlite:") {
		st.engine = "SQLite"
	}
	// The address of a database may hold a password, which arguments would show to everybody.
	st.environment = []string{"PURSE_DATABASE_URL=" + st.database, "PURSE_SECRET_KEY=" + st.secret}
	if err := st.open(ctx); err != nil {
		return err
	}
	defer st.close()
	if err := measure(ctx, st); err != nil {
		return err
	}
	if err := st.leaveProcess(ctx); err != nil {
		return err
	}
	return st.checkBooks(ctx)
}

// open starts Purse and waits until it answers.
func (st *stage) open(ctx context.Context) (err error) {
	arguments := append([]string{"dev", "--rate-limits", "off", "--card-grant", openingGrant, "--listen", "{listen}"}, st.settings...)
	st.purse, err = start(ctx, st.directory, st.Program, "/readyz", st.environment, arguments...)
	return err
}

func (st *stage) close() {
	if st.services != nil {
		_ = st.services.Close() // what was acknowledged is on disk already
	}
	if st.purse != nil {
		st.purse.stop()
	}
}

// enterProcess stops the server and opens its database in this process, when that
// is what is to be measured.
func (st *stage) enterProcess(ctx context.Context) (err error) {
	if !st.InProcess {
		return nil
	}
	st.purse.stop()
	st.purse = nil
	if st.services, err = app.OpenServices(ctx, st.database, st.secret); err != nil {
		return err
	}
	if st.amount, err = money.ParseDecimal(stepAmount); err != nil {
		return err
	}
	for _, p := range st.people {
		user, err := st.services.People.Find(ctx, p.email)
		if err != nil {
			return fmt.Errorf("%s: %w", p.email, err)
		}
		p.owner = ledger.OwnerID(user.ID)
	}
	return nil
}

// leaveProcess goes back to the server.
func (st *stage) leaveProcess(ctx context.Context) error {
	if st.services == nil {
		return nil
	}
	err := st.services.Close()
	st.services = nil
	return errors.Join(err, st.open(ctx))
}

// checkBooks compares every account with what its owner's clients were told, and
// has purse verify read the whole ledger.
func (st *stage) checkBooks(ctx context.Context) error {
	st.say("%s: checking %d accounts …", st.engine, len(st.tally.accounts))
	var wrong []error
	for _, p := range st.people {
		if err := p.checkAccounts(ctx, st); err != nil {
			wrong = append(wrong, err)
		}
	}
	st.say("%s: verifying the books …", st.engine)
	verify := exec.CommandContext(ctx, st.Program, "verify")
	verify.Dir = st.directory
	verify.Env = append(clean(os.Environ()), st.environment...)
	if text, err := verify.CombinedOutput(); err != nil {
		wrong = append(wrong, fmt.Errorf("purse verify: %w\n%s", err, text))
	}
	st.report.Books = append(st.report.Books, books{
		Engine: st.engine, Acknowledged: st.tally.acknowledged.Load(), Accounts: len(st.tally.accounts), Balance: len(wrong) == 0,
	})
	return errors.Join(wrong...)
}

// pid is the process that does the work which is measured.
func (st *stage) pid() int {
	if st.services != nil {
		return os.Getpid()
	}
	return st.purse.command.Process.Pid
}

// syncs is how many fsyncs the database has made so far, where that is known.
func (st *stage) syncs(ctx context.Context) (count int64, known bool) {
	if st.engine != "SQLite" {
		return app.Syncs(ctx, st.database)
	}
	if st.services != nil {
		return st.services.Commits()
	}
	const name = "purse_database_commits_total"
	found, err := st.purse.metrics(ctx, name)
	value, known := found[name]
	return int64(value), known && err == nil
}

// machine says where figures come from.
type machine struct {
	CPUs int    `json:"cpus"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
	Go   string `json:"go"`
}

func thisMachine() machine {
	return machine{runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version()}
}
