package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSecretsHandedToTheLogByMistakeDoNotReachIt(t *testing.T) {
	const secret = "hunter2-canary"
	request, err := http.NewRequest("GET", "/?q="+secret, strings.NewReader(secret))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	attributes := []slog.Attr{
		slog.String("authorization", secret), slog.String("Cookie", secret), slog.String("set-cookie", secret),
		slog.String("new_password", secret), slog.String("refresh_token", secret), slog.String("twofa_code", secret),
		slog.String("social_security", secret), slog.String("cvv", secret), slog.String("pan", secret),
		slog.String("raw_query", secret), slog.String("body", secret), slog.String("session_id", secret),
		slog.Any("request", request), slog.Any("header", request.Header), slog.Any("link", &url.URL{Path: secret}),
		slog.Any("bytes", []byte(secret)), slog.Any("struct", struct{ Password string }{secret}),
		slog.Group("in", slog.String("password", secret)),
	}
	for _, text := range []bool{false, true} {
		for _, attribute := range attributes {
			var out bytes.Buffer
			log := Open(Options{Writer: &out, Text: text})
			log.Logger().LogAttrs(t.Context(), slog.LevelInfo, "event", attribute)
			log.Logger().With(attribute).Info("event")
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), secret) || strings.Count(out.String(), "redacted") != 2 {
				t.Errorf("%s: %s", attribute.Key, out.String())
			}
		}
	}
}

func TestCardNumbersAreMaskedInMessagesTextsAndErrors(t *testing.T) {
	for _, test := range []struct{ text, logged string }{
		{"card 9000123412341234 is gone", "card [redacted] is gone"},
		{"9000 1234 1234 1234", "[redacted]"},
		{"9000-1234-1234-1234, 9000-1234-1234-1235", "[redacted], [redacted]"},
		{"2026-11-21 06:00:00 took 123456 us", "2026-11-21 06:00:00 took 123456 us"},
		{"wallet 1234567890", "wallet 1234567890"},
		{"0190a2c4-7b1e-7cc3-98c4-dc0c0c07398f", "0190a2c4-7b1e-7cc3-98c4-dc0c0c07398f"},
		{"", ""},
	} {
		var out bytes.Buffer
		log := Open(Options{Writer: &out})
		log.Logger().Info(test.text, "text", test.text, "err", fmt.Errorf("wrap: %w", errors.New(test.text)), "list", []string{test.text})
		log.Close()
		var line struct{ Msg, Text, Err, List string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Msg != test.logged || line.Text != test.logged || line.Err != "wrap: "+test.logged || line.List != test.logged {
			t.Errorf("%q logged as %+v", test.text, line)
		}
	}
}

func TestAnAccessLineTellsTheRequestInBothForms(t *testing.T) {
	access := &Access{
		At: time.Date(2026, 1, 2, 3, 4, 5, 67_000, time.UTC), RequestID: "abc", Method: "GET", Route: "/card/{four_digits}",
		Surface: "bank", Address: netip.MustParseAddr("2001:db8::1"), UserID: 7, Status: 200, Bytes: 12, Took: 1500 * time.Microsecond,
	}
	var out bytes.Buffer
	log := Open(Options{Writer: &out})
	log.Access(access)
	log.Close()
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"time": "2026-01-02T03:04:05.000067Z", "level": "INFO", "msg": "request", "request_id": "abc", "method": "GET",
		"route": "/card/{four_digits}", "surface": "bank", "address": "2001:db8::1", "user": 7.0, "status": 200.0, "bytes": 12.0, "took_us": 1500.0,
	}
	if fmt.Sprint(line) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", line, want)
	}
	out.Reset()
	log = Open(Options{Writer: &out, Text: true})
	log.Access(access)
	log.Close()
	if got, want := out.String(), "time=2026-01-02T03:04:05.000067Z level=INFO msg=request status=200 method=GET route=/card/{four_digits} "+
		"surface=bank took_us=1500 bytes=12 user=7 address=2001:db8::1 request_id=abc\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// stuck is a writer that does not return before it is freed.
type stuck struct {
	entered chan struct{}
	freed   chan struct{}
	once    sync.Once
	mutex   sync.Mutex
	out     bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.entered) })
	<-s.freed
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.out.Write(p)
}

func TestUnderASlowReaderAccessLinesAreDroppedAndCountedAndErrorsAreNot(t *testing.T) {
	reader := &stuck{entered: make(chan struct{}), freed: make(chan struct{})}
	log := Open(Options{Writer: reader})
	log.Access(&Access{Route: "/first"})
	<-reader.entered // the owner hangs in its write
	sent := 1
	for log.Dropped() == 0 {
		log.Access(&Access{Route: "/"})
		sent++
	}
	log.Access(&Access{Route: "/"})
	sent++
	done := make(chan struct{})
	go func() { log.Logger().Error("kept"); close(done) }()
	close(reader.freed)
	<-done
	log.Close()
	text := reader.out.String()
	if !strings.Contains(text, `"msg":"kept"`) {
		t.Error("the error is lost")
	}
	if got := strings.Count(text, `"msg":"request"`); got != sent-2 {
		t.Errorf("%d of %d access lines written, want all but two", got, sent)
	}
	if !strings.Contains(text, `"msg":"access lines dropped","count":2}`) {
		t.Error("the log does not tell of its two lost lines")
	}
}

func TestAnErrorIsWrittenWhenItsCallReturns(t *testing.T) {
	var out bytes.Buffer
	log := Open(Options{Writer: &out})
	log.Access(&Access{Route: "/before"})
	log.Logger().Error("broken")
	before, after, ok := strings.Cut(out.String(), `"msg":"broken"`)
	if !ok || !strings.Contains(before, "/before") || strings.Contains(after, "/before") {
		t.Errorf("the log holds %q", out.String())
	}
	log.Close()
}

func TestEveryLineOfManyWritersIsWholeAndAllAreThereAfterClose(t *testing.T) {
	var out bytes.Buffer
	log := Open(Options{Writer: &out})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				log.Access(&Access{Route: "/a"})
				log.Logger().Info("event")
			}
		})
	}
	group.Wait()
	log.Close()
	log.Logger().Info("late")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 1601 {
		t.Errorf("%d lines, want 1601", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Fatalf("torn line %q", line)
		}
	}
}

func TestAccessLinesFollowTheLevel(t *testing.T) {
	var out bytes.Buffer
	log := Open(Options{Writer: &out, Level: slog.LevelWarn})
	log.Access(&Access{})
	log.Close()
	if out.Len() != 0 {
		t.Errorf("a log of warnings holds %q", out.String())
	}
}

func FuzzMaskDigits(f *testing.F) {
	f.Add("card 9000 1234-1234 1234.")
	f.Add("1234567890123456789012345")
	f.Fuzz(func(t *testing.T, text string) {
		masked := maskDigits(text)
		if again := maskDigits(masked); again != masked {
			t.Errorf("%q masks to %q, and that to %q", text, masked, again)
		}
	})
}

func BenchmarkAccess(b *testing.B) {
	log := Open(Options{Writer: io.Discard})
	defer log.Close()
	line := &Access{
		At: time.Now(), RequestID: "0123456789abcdef", Method: "POST", Route: "/card/transfer", Surface: "bank",
		Address: netip.MustParseAddr("127.0.0.1"), UserID: 12345, Status: 200, Bytes: 123, Took: time.Millisecond,
	}
	b.ReportAllocs()
	for lines := 0; b.Loop(); lines++ {
		log.Access(line)
		if lines%1000 == 0 { // the owner's part, so that none is dropped
			_ = log.flush()
		}
	}
	if log.Dropped() > 0 {
		b.Errorf("%d lines dropped", log.Dropped())
	}
}
