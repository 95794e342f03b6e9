package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"purse/internal/id"
	"purse/internal/notify"
	"purse/internal/notify/smtp"
	"purse/internal/notify/smtptest"
)

var from = mail.Address{Name: "Purse", Address: "no-reply@purse.example"}

func message() notify.Message {
	m := notify.SignInCode(notify.Recipient{Address: "ann@example.com"}, "K7QW2M9P", 10*time.Minute)
	m.ID = id.UUID{1, 2, 3}
	m.SentAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return m
}

func transport(t *testing.T, url string) *smtp.Transport {
	t.Helper()
	server, err := smtp.ParseServer(url)
	if err != nil {
		t.Fatal(err)
	}
	return smtp.New(server, from)
}

func TestMailArrivesAsTextAndHTML(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	m := message()
	if err := transport(t, sink.URL()).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mails := sink.Mails()
	if len(mails) != 1 || mails[0].From != from.Address || len(mails[0].To) != 1 || mails[0].To[0] != m.To {
		t.Fatalf("got %+v", mails)
	}
	got, err := mail.ReadMessage(strings.NewReader(mails[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From":           `"Purse" <no-reply@purse.example>`,
		"To":             "<ann@example.com>",
		"Subject":        m.Subject,
		"Date":           "Fri, 02 Jan 2026 03:04:05 +0000",
		"Message-Id":     "<" + m.ID.String() + "@purse.example>",
		"Auto-Submitted": "auto-generated",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	parts := alternatives(t, got)
	if strings.TrimRight(parts["text/plain"], "\r\n") != strings.TrimRight(m.Text, "\n") {
		t.Errorf("text: got %q, want %q", parts["text/plain"], m.Text)
	}
	if strings.TrimRight(parts["text/html"], "\r\n") != strings.TrimRight(m.HTML, "\n") {
		t.Errorf("html: got %q", parts["text/html"])
	}
}

// alternatives reads the parts of a multipart/alternative message by type.
func alternatives(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts := map[string]string{}
	for reader := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("encoding %q", part.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		parts[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

func TestRefusalsAreForGoodOrForNow(t *testing.T) {
	for _, test := range []struct {
		code      int
		permanent bool
	}{{550, true}, {553, true}, {450, false}, {421, false}} {
		t.Run(fmt.Sprint(test.code), func(t *testing.T) {
			sink := smtptest.New(t, smtptest.Options{Recipient: func(string) int { return test.code }})
			err := transport(t, sink.URL()).Send(t.Context(), message())
			if err == nil || errors.Is(err, notify.ErrPermanent) != test.permanent {
				t.Fatalf("got %v, want permanent %v", err, test.permanent)
			}
			if !strings.Contains(err.Error(), fmt.Sprint(test.code)) {
				t.Errorf("%v does not name the code", err)
			}
			if strings.Contains(err.Error(), "ann@") {
				t.Errorf("%v repeats the address", err)
			}
		})
	}
}

func TestAHangingServerIsLeftWhenTheContextEnds(t *testing.T) {
	for _, stage := range []string{"CONNECT", "EHLO", "RCPT", "DATA"} {
		t.Run(stage, func(t *testing.T) {
			sink := smtptest.New(t, smtptest.Options{HangAt: stage})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-sink.Hung()
				cancel()
			}()
			err := transport(t, sink.URL()).Send(ctx, message())
			if !errors.Is(err, context.Canceled) || errors.Is(err, notify.ErrPermanent) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestAServerThatCannotBeReachedIsNotForGood(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = transport(t, "smtp://"+listener.Addr().String()).Send(t.Context(), message())
	if err == nil || errors.Is(err, notify.ErrPermanent) {
		t.Fatalf("got %v", err)
	}
}

func TestAMessageThatWasAcceptedIsSentWhateverFollows(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{DropAfterMessage: true})
	if err := transport(t, sink.URL()).Send(t.Context(), message()); err != nil {
		t.Fatalf("the server accepted the message, got %v", err)
	}
}

func TestTLSIsUsedWhenThereIsTLS(t *testing.T) {
	for name, options := range map[string]smtptest.Options{
		"offered":               {STARTTLS: true},
		"offered, signed in":    {STARTTLS: true, User: "purse", Password: "p-4711"},
		"from the first byte":   {TLS: true},
		"first byte, signed in": {TLS: true, User: "purse", Password: "p-4711"},
	} {
		t.Run(name, func(t *testing.T) {
			sink := smtptest.New(t, options)
			if err := transport(t, sink.URL()).Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			if got := sink.Mails()[0]; !got.TLS || got.User != options.User {
				t.Fatalf("got TLS %v as %q", got.TLS, got.User)
			}
		})
	}
}

func TestAWrongPasswordIsASettingAndDoesNotShow(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{User: "purse", Password: "right"})
	url := strings.Replace(sink.URL(), ":right@", ":canary-4711@", 1)
	err := transport(t, url).Send(t.Context(), message())
	if err == nil || errors.Is(err, notify.ErrPermanent) || !strings.Contains(err.Error(), "535") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("%v shows the password", err)
	}
}

func TestAnAddressThatSMTPWouldReadAsMoreIsRefusedForGood(t *testing.T) {
	sink := smtptest.New(t, smtptest.Options{})
	m := message()
	m.To = "ann@example.com> NOTIFY=NEVER"
	if err := transport(t, sink.URL()).Send(t.Context(), m); !errors.Is(err, notify.ErrPermanent) {
		t.Fatalf("got %v", err)
	}
	if len(sink.Mails()) != 0 {
		t.Fatal("it was sent")
	}
}
