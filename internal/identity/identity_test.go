package identity_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/sqlite"
	"purse/internal/unit"
)

// world is a service over a real database, with a clock that stands still and
// a post office that keeps every mail.
type world struct {
	*identity.Service
	t       testing.TB
	clock   *clock.Manual
	engine  store.Engine
	post    *post
	options identity.Options

	directory string // of the database
}

// post is the mailer and the outbox. The outbox keeps a message only when its
// unit commits, as a table would: it is written after the fact by the tests'
// unit of work.
type post struct {
	mutex    sync.Mutex
	messages []identity.Message
	refusal  error
}

func (p *post) Deliver(_ context.Context, m identity.Message) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.refusal != nil {
		return p.refusal
	}
	p.messages = append(p.messages, m)
	return nil
}

func (p *post) Enqueue(tx identity.Tx, m identity.Message) error {
	pending := tx.(*mailedTx)
	pending.messages = append(pending.messages, m)
	return nil
}

// last is the newest message of a kind to an address.
func (w *world) last(kind identity.MessageKind, to string) identity.Message {
	w.t.Helper()
	w.post.mutex.Lock()
	defer w.post.mutex.Unlock()
	for _, m := range slices.Backward(w.post.messages) {
		if m.Kind == kind && m.To == to {
			return m
		}
	}
	w.t.Fatalf("no message of kind %s to %s", kind, to)
	return identity.Message{}
}

func (w *world) mails() int {
	w.post.mutex.Lock()
	defer w.post.mutex.Unlock()
	return len(w.post.messages)
}

// mailedTx is a unit of work that hands its messages to the post when it commits.
type mailedTx struct {
	store.Tx
	messages []identity.Message
}

type mailedWork struct {
	unit.Work[store.Tx]
	post *post
}

func (w mailedWork) Update(ctx context.Context, fn func(identity.Tx) error) error {
	var pending *mailedTx
	err := w.Work.Update(ctx, func(tx store.Tx) error {
		pending = &mailedTx{Tx: tx}
		return fn(pending)
	})
	if err == nil {
		w.post.mutex.Lock()
		defer w.post.mutex.Unlock()
		w.post.messages = append(w.post.messages, pending.messages...)
	}
	return err
}

func (w mailedWork) View(ctx context.Context, fn func(identity.Tx) error) error {
	return w.Work.View(ctx, func(tx store.Tx) error { return fn(tx) })
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, change ...func(*identity.Options)) *world {
	t.Helper()
	now := clock.NewManual(epoch)
	directory := t.TempDir()
	engine, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(directory, "purse.db"), Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	root, err := secret.NewRoot(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: now, engine: engine, post: &post{}, directory: directory}
	w.options = identity.Options{
		Work: mailedWork{engine, w.post}, Clock: now, Root: root, Mailer: w.post, Outbox: w.post,
		MinPassword: identity.MinPassword, ResetURL: "https://bank.example/reset",
		Sessions: map[identity.Surface]identity.SessionRule{identity.Bank: {Lifetime: 45 * time.Minute}, other: {Lifetime: time.Hour}, signed: signedRule},
	}
	for _, c := range change {
		c(&w.options)
	}
	w.Service = w.another()
	// Cheap hashes: what they cost has its own tests.
	identity.UseCost(w.Service, 64, 1)
	return w
}

// other is a second surface, signed one that signs its tokens and has refresh tokens.
const (
	other  identity.Surface = "other"
	signed identity.Surface = "signed"
)

var signedRule = identity.SessionRule{Lifetime: 24 * time.Hour, Longest: 72 * time.Hour, Signed: true, Refresh: 24 * time.Hour}

// another is a second process over the same database.
func (w *world) another() *identity.Service {
	w.t.Helper()
	service, err := identity.New(w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return service
}

const goodPassword = "correct horse"

var ann = identity.Confirmation{
	Identifiers: identity.Identifiers{Email: "Ann@Example.com", Phone: "+1 555 010 0000", SocialSecurity: "123-45-6789"},
	Profile: identity.Profile{
		FirstName: "Ann", LastName: "Lee", DateOfBirth: time.Date(1990, 2, 28, 0, 0, 0, 0, time.UTC),
		Address: "1 Main St", City: "Springfield", State: "IL", PostCode: "62701",
	},
	Password: goodPassword,
}

var atBank = identity.Client{Surface: identity.Bank, Address: "192.0.2.1", UserAgent: "test/1"}

func from(address string) identity.Client {
	return identity.Client{Surface: identity.Bank, Address: address}
}

// register takes a person through both steps.
func (w *world) register(c identity.Confirmation) identity.SignedIn {
	w.t.Helper()
	if err := w.Register(w.t.Context(), c.Identifiers); err != nil {
		w.t.Fatal(err)
	}
	c.Code = w.last(identity.RegistrationCode, strings.ToLower(c.Email)).Code
	signedIn, err := w.ConfirmRegistration(w.t.Context(), c, atBank)
	if err != nil {
		w.t.Fatal(err)
	}
	return signedIn
}

// signIn takes a person through both steps and returns the session.
func (w *world) signIn(c identity.Confirmation, password string) identity.SignedIn {
	w.t.Helper()
	if err := w.RequestSignIn(w.t.Context(), c.Email, password, atBank); err != nil {
		w.t.Fatal(err)
	}
	signedIn, err := w.ConfirmSignIn(w.t.Context(), c.Email, w.last(identity.SignInCode, strings.ToLower(c.Email)).Code, atBank)
	if err != nil {
		w.t.Fatal(err)
	}
	return signedIn
}

// resetToken asks for a reset and reads the token out of the mail.
func (w *world) resetToken(c identity.Confirmation) string {
	w.t.Helper()
	if err := w.RequestReset(w.t.Context(), c.Identifiers, atBank); err != nil {
		w.t.Fatal(err)
	}
	_, token, _ := strings.Cut(w.last(identity.ResetLink, strings.ToLower(c.Email)).Link, "token=")
	return token
}

func (w *world) want(want, got error) {
	w.t.Helper()
	if !errors.Is(got, want) {
		w.t.Fatalf("got %v, want %v", got, want)
	}
}

// row reads something in a view.
func row[T any](w *world, read func(tx identity.Tx) (T, error)) (value T) {
	w.t.Helper()
	err := w.options.Work.View(w.t.Context(), func(tx identity.Tx) (err error) {
		value, err = read(tx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return value
}

// fifty runs fn fifty times at once and returns how often it succeeded; every
// error must be the one allowed.
func fifty(t testing.TB, allowed error, fn func(caller int) error) (successes int) {
	t.Helper()
	var mutex sync.Mutex
	var wait sync.WaitGroup
	for caller := range 50 {
		wait.Go(func() {
			err := fn(caller)
			mutex.Lock()
			defer mutex.Unlock()
			if err == nil {
				successes++
			} else if !errors.Is(err, allowed) {
				t.Errorf("caller %d: got %v, want nil or %v", caller, err, allowed)
			}
		})
	}
	wait.Wait()
	return successes
}

func fieldsOf(err error) string {
	var names []string
	for _, f := range fault.From(err).Fields {
		names = append(names, f.Name+" "+f.Reason)
	}
	return strings.Join(names, ", ")
}

// wrongCode is a code of the right form that is not the right one.
func wrongCode(right string) string {
	if right[0] == 'A' {
		return "B" + right[1:]
	}
	return "A" + right[1:]
}

// databaseFiles is every byte of the database and its log.
func (w *world) databaseFiles() (all []byte) {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.directory, "*"))
	w.want(nil, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		w.want(nil, err)
		all = append(all, content...)
	}
	return all
}
