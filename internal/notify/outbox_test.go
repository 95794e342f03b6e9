package notify_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/notify"
	"purse/internal/notify/smtp"
	"purse/internal/notify/smtptest"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// rig is an outbox over a real database.
type rig struct {
	t       *testing.T
	clock   *clock.Manual
	log     *bytes.Buffer // read it only when nothing runs
	config  notify.Config
	outbox  *notify.Outbox
	sender  *notify.Sender
	mailbox *notify.Mailbox
}

func newRig(t *testing.T, keep bool, transport notify.Transport) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	engine, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "purse.db"), Clock: r.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	root, err := secret.NewRoot(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	r.config = notify.Config{
		Store: store.Narrow[notify.Tx](engine), Root: root, Clock: r.clock, Keep: keep,
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if transport != nil {
		r.config.Transports = map[notify.Channel]notify.Transport{notify.Email: transport}
	}
	r.outbox = notify.New(r.config)
	r.sender = notify.NewSender(r.outbox)
	r.mailbox = notify.NewMailbox(r.outbox)
	return r
}

// over is a transport to a server of the test.
func over(t *testing.T, sink *smtptest.Server) notify.Transport {
	t.Helper()
	server, err := smtp.ParseServer(sink.URL())
	if err != nil {
		t.Fatal(err)
	}
	return smtp.New(server, mail.Address{Address: "no-reply@purse.example"})
}

func code(to, code string) notify.Message {
	return notify.SignInCode(notify.Recipient{Address: to}, code, 10*time.Minute)
}

func (r *rig) enqueue(m notify.Message) {
	r.t.Helper()
	if err := r.config.Store.Update(r.t.Context(), func(tx notify.Tx) error { return r.outbox.Enqueue(tx, m) }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) sendDue(wantClaimed int) {
	r.t.Helper()
	claimed, err := r.sender.SendDue(r.t.Context())
	if err != nil || claimed != wantClaimed {
		r.t.Fatalf("claimed %d, %v; want %d", claimed, err, wantClaimed)
	}
}

// codes are the codes in the mailbox, newest first.
func (r *rig) codes(to string) string {
	r.t.Helper()
	messages, err := r.mailbox.List(r.t.Context(), to)
	if err != nil {
		r.t.Fatal(err)
	}
	var all []string
	for _, m := range messages {
		all = append(all, m.Codes...)
	}
	return strings.Join(all, " ")
}

func TestAMessageIsSentAfterItsUnitOfWorkAndThenForgotten(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	r := newRig(t, false, over(t, sink))
	r.enqueue(code("ann@example.com", "K7QW2M9P"))
	if len(sink.Mails()) != 0 {
		t.Fatal("sent inside the unit of work")
	}
	r.sendDue(1)
	if mails := sink.Mails(); len(mails) != 1 || mails[0].To[0] != "ann@example.com" || !strings.Contains(mails[0].Data, "K7QW2M9P") {
		t.Fatalf("got %v", mails)
	}
	r.clock.Advance(time.Hour)
	r.sendDue(0)
}

func TestAnUndoneUnitOfWorkSendsNothing(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	r := newRig(t, true, over(t, sink))
	undone := errors.New("undone")
	err := r.config.Store.Update(t.Context(), func(tx notify.Tx) error {
		return errors.Join(r.outbox.Enqueue(tx, code("ann@example.com", "1")), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	r.sendDue(0)
	if r.codes("") != "" || len(sink.Mails()) != 0 {
		t.Fatal("a message of a unit that was undone is there")
	}
}

func TestTheContentIsSealedAtRest(t *testing.T) {
	r := newRig(t, true, nil)
	m := notify.ResetLink(notify.Recipient{Address: "canary-ann@example.com"}, "https://purse.example/reset?token=canary-token", time.Hour)
	var rows []notify.Row
	err := r.config.Store.Update(t.Context(), func(tx notify.Tx) (err error) {
		if err = r.outbox.Enqueue(tx, m); err == nil {
			rows, err = tx.Mailbox(nil, 9)
		}
		return err
	})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if bytes.Contains(rows[0].Sealed, []byte("canary")) || bytes.Contains(rows[0].Recipient[:], []byte("canary")) {
		t.Fatal("the content or the recipient can be read")
	}
}

func TestTheMailboxShowsAMessageAsSoonAsItsUnitOfWorkHasCommitted(t *testing.T) {
	for name, transport := range map[string]notify.Transport{"without a server": nil, "before it is sent": over(t, smtptest.New(t, smtptest.Options{}))} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, true, transport)
			want := notify.ResetLink(notify.Recipient{Address: "ann@example.com"}, "https://purse.example/reset?token=x", time.Hour)
			r.enqueue(want)
			got, err := r.mailbox.List(t.Context(), "ann@example.com")
			if err != nil || len(got) != 1 {
				t.Fatalf("got %v, %v", got, err)
			}
			if got[0].ID.IsZero() || !got[0].SentAt.Equal(r.clock.Now()) || got[0].Channel != notify.Email || got[0].To != want.To ||
				got[0].Subject != want.Subject || got[0].Text != want.Text || got[0].HTML != want.HTML || got[0].Links[0] != want.Links[0] || len(got[0].Codes) != 0 {
				t.Fatalf("got %+v", got[0])
			}
		})
	}
}

func TestTheMailboxIsByRecipientNewestFirst(t *testing.T) {
	r := newRig(t, true, nil)
	r.enqueue(code("ann@example.com", "1"))
	r.enqueue(code("bob@example.com", "2"))
	r.enqueue(code("Ann@Example.com", "3"))
	r.enqueue(notify.Message{Channel: notify.SMS, To: "+77011234567", Text: "Your code is 4.", Codes: []string{"4"}})
	for to, want := range map[string]string{"": "4 3 2 1", "ANN@example.com": "3 1", "bob@example.com": "2", "+77011234567": "4", " 77011234567": "4", "eve@example.com": ""} {
		if got := r.codes(to); got != want {
			t.Errorf("to %q: got %q, want %q", to, got, want)
		}
	}
	if err := r.mailbox.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.codes(""); got != "" {
		t.Errorf("cleared, it shows %q", got)
	}
}

func TestADevelopmentMailIsBothSentAndKept(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	r := newRig(t, true, over(t, sink))
	r.enqueue(code("ann@example.com", "1"))
	r.sendDue(1)
	if err := r.outbox.Deliver(t.Context(), code("ann@example.com", "2")); err != nil {
		t.Fatal(err)
	}
	if got := r.codes("ann@example.com"); got != "2 1" || len(sink.Mails()) != 2 {
		t.Fatalf("kept %q, sent %d", got, len(sink.Mails()))
	}
	kept, err := r.mailbox.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range kept {
		if mails := sink.Mails(); !strings.Contains(mails[len(mails)-1-i].Data, m.ID.String()) {
			t.Errorf("message %s was sent under another id", m.ID)
		}
	}
	r.sendDue(0)
}

func TestDeliverSaysWhenAMailIsNotAcceptedAndKeepsNothing(t *testing.T) {
	closed := smtptest.New(t, smtptest.Options{HangAt: "CONNECT"})
	for name, options := range map[string]smtptest.Options{
		"refused": {Recipient: func(string) int { return 550 }},
		"put off": {Recipient: func(string) int { return 450 }},
		"sign-in": {User: "u", Password: "p"},
	} {
		t.Run(name, func(t *testing.T) {
			sink := smtptest.New(t, options)
			server, err := smtp.ParseServer("smtp://" + sink.Addr())
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t, true, smtp.New(server, mail.Address{Address: "no-reply@purse.example"}))
			if err := r.outbox.Deliver(t.Context(), code("ann@example.com", "1")); !errors.Is(err, notify.ErrNotAccepted) {
				t.Fatalf("got %v", err)
			}
			if got := r.codes(""); got != "" {
				t.Errorf("kept %q", got)
			}
		})
	}
	t.Run("no answer", func(t *testing.T) {
		r := newRig(t, true, over(t, closed))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-closed.Hung()
			cancel()
		}()
		if err := r.outbox.Deliver(ctx, code("ann@example.com", "1")); !errors.Is(err, notify.ErrNotAccepted) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestAddressesThatCouldBreakAHeaderAreNotAccepted(t *testing.T) {
	r := newRig(t, true, nil)
	for _, to := range []string{"", "ann", "ann@example.com\r\nBcc: eve@example.com", "ann@example.com\nX: y", "ann@example.com, eve@example.com", "Ann <ann@example.com>", "ann@example.com> NOTIFY=NEVER", "ann@example.com\x00", strings.Repeat("a", 250) + "@example.com"} {
		m := code(to, "1")
		if err := r.outbox.Deliver(t.Context(), m); !errors.Is(err, notify.ErrNotAccepted) {
			t.Errorf("deliver to %q: got %v", to, err)
		}
		err := r.config.Store.Update(t.Context(), func(tx notify.Tx) error { return r.outbox.Enqueue(tx, m) })
		if !errors.Is(err, notify.ErrNotAccepted) {
			t.Errorf("enqueue to %q: got %v", to, err)
		}
	}
	m := code("ann@example.com", "1")
	m.Subject = "hello\r\nBcc: eve@example.com"
	if err := r.outbox.Deliver(t.Context(), m); !errors.Is(err, notify.ErrNotAccepted) {
		t.Errorf("subject: got %v", err)
	}
}

func TestAMessagePutOffIsTriedAgainLaterAndLater(t *testing.T) {
	var tries atomic.Int32
	sink := smtptest.New(t, smtptest.Options{Recipient: func(string) int {
		if tries.Add(1) <= 2 {
			return 450
		}
		return 0
	}})
	r := newRig(t, false, over(t, sink))
	r.enqueue(code("ann@example.com", "1"))
	r.sendDue(1)
	r.clock.Advance(5*time.Second - time.Microsecond)
	r.sendDue(0)
	r.clock.Advance(time.Microsecond)
	r.sendDue(1)
	r.clock.Advance(5 * time.Second)
	r.sendDue(0)
	r.clock.Advance(5 * time.Second)
	r.sendDue(1)
	if len(sink.Mails()) != 1 {
		t.Fatalf("got %v", sink.Mails())
	}
}

func TestAMessageIsGivenUpWhenRefusedForGoodOrAfterTwelveTries(t *testing.T) {
	for name, test := range map[string]struct{ code, tries int }{"for good": {550, 1}, "for now": {450, 12}} {
		t.Run(name, func(t *testing.T) {
			sink := smtptest.New(t, smtptest.Options{Recipient: func(string) int { return test.code }})
			r := newRig(t, false, over(t, sink))
			r.enqueue(code("canary@example.com", "CANARY99"))
			for range test.tries {
				r.sendDue(1)
				r.clock.Advance(time.Hour)
			}
			r.sendDue(0)
			if log := r.log.String(); strings.Count(log, "given up") != 1 {
				t.Errorf("the log does not say once that it was given up:\n%s", log)
			} else if strings.Contains(strings.ToLower(log), "canary") {
				t.Errorf("the log holds content:\n%s", log)
			}
		})
	}
}

// pipe is a transport that a test holds by the hand.
type pipe struct {
	entered chan notify.Message
	leave   chan error
}

func (p *pipe) Send(ctx context.Context, m notify.Message) error {
	p.entered <- m
	select {
	case err := <-p.leave:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestTwoSendersNeverSendOneMessageAtTheSameTime(t *testing.T) {
	p := &pipe{make(chan notify.Message), make(chan error)}
	r := newRig(t, false, p)
	r.enqueue(code("ann@example.com", "1"))
	var wait sync.WaitGroup
	wait.Go(func() { r.sendDue(1) })
	<-p.entered
	other := notify.NewSender(r.outbox)
	if claimed, err := other.SendDue(t.Context()); claimed != 0 || err != nil {
		t.Errorf("the other sender claimed %d, %v", claimed, err)
	}
	p.leave <- nil
	wait.Wait()
}

func TestAMessageOfASenderThatDiedIsSentByAnother(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	r := newRig(t, false, over(t, sink))
	r.enqueue(code("ann@example.com", "1"))
	err := r.config.Store.Update(t.Context(), func(tx notify.Tx) error { // it claims and dies
		_, err := tx.ClaimOutbox("dead", tx.Now().Add(time.Minute), 9)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.sendDue(0)
	r.clock.Advance(time.Minute)
	r.sendDue(1)
	if len(sink.Mails()) != 1 {
		t.Fatal("not sent")
	}
}

func TestRunIsWokenByACommitAndEndsGracefully(t *testing.T) {
	p := &pipe{make(chan notify.Message), make(chan error)}
	r := newRig(t, false, p)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.sender.Run(ctx) }()
	r.enqueue(code("ann@example.com", "1"))
	<-p.entered
	p.leave <- nil
	r.enqueue(code("ann@example.com", "2"))
	<-p.entered // it is on its way when Purse ends
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	go func() { <-p.entered; p.leave <- nil }()
	r.sendDue(1) // due at once, to whoever comes next
	if strings.Contains(r.log.String(), "not sent") {
		t.Error("the end of Purse was counted as a failure")
	}
}
