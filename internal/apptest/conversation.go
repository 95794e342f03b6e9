package apptest

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest/golden"
	"purse/internal/store/enginetest"
)

// Golden plays testdata/*.txtar of a surface's tests against the real program in
// development mode, each file with a Purse of its own on every engine, and holds
// every exchange to the surface's document. Then it plays what no conversation can
// bring about (see surfacetest.Faults), after which each answer that the document
// has must have occurred. A file is a conversation, its sections in order. A
// section's name is
//
//	NAME METHOD PATH [Header=value]…   a request of that person, its body below
//	STATUS                             the answer that must come, headers first
//	NAME sends Header: value           that person's requests carry the header from now on;
//	                                   without a value, no longer
//	mail ADDRESS                       reads the newest message: <code> and <link>, where it has them
//	clock DURATION                     moves the clock, running the jobs on the way
//	rates BASE CODE=RATE…              sets the exchange rates
//	admin WORD…                        runs purse admin with these words on the database
//
// Header values with spaces go through "sends". A request with the word
// "undocumented" after its path departs from the document on purpose, one with
// "elsewhere" has no operation in it.
func Golden(t *testing.T, surface string, environment []string, faults func(document *apidoctest.Validator)) {
	t.Helper()
	GoldenRuns(t, surface, faults, Run{"testdata", environment})
}

// Run is one directory of conversations, and the environment that they need.
type Run struct {
	Directory   string
	Environment []string
}

// GoldenRuns is Golden for a surface that some settings change: each run has
// conversations and an environment of its own. What is documented must have
// occurred in any of them.
func GoldenRuns(t *testing.T, surface string, faults func(document *apidoctest.Validator), runs ...Run) {
	t.Helper()
	documented := apidoctest.New(t, surface)
	for _, run := range runs {
		files, err := filepath.Glob(filepath.Join(run.Directory, "*.txtar"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no conversations in %s: %v", run.Directory, err)
		}
		t.Run(filepath.Base(run.Directory), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
				for _, file := range files {
					t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
						converse(t, engine, documented, file, run.Environment)
					})
				}
			})
		})
	}
	faults(documented)
	if !t.Failed() {
		documented.RequireAllSeen(t, nil)
	}
}

// converse plays one file with a Purse of its own.
func converse(t *testing.T, engine enginetest.Engine, documented *apidoctest.Validator, file string, environment []string) {
	t.Helper()
	settings := append([]string{"PURSE_DATABASE_URL=" + engine.URL(t), "PURSE_RATE_LIMITS=off", SecretKey}, environment...)
	purse := Start(t, settings, "dev", "--listen", "{listen}")
	c := &conversation{purse: purse, settings: settings, documented: documented, words: golden.Words{"base": purse.Base}, headers: map[string]http.Header{}}
	golden.Play(t, file, func(where, name, data string) { c.play(t, where, name, data) })
}

type conversation struct {
	purse      *Process
	settings   []string
	documented *apidoctest.Validator
	words      golden.Words
	headers    map[string]http.Header // by person
	answer     Answer
}

func (c *conversation) play(t *testing.T, where, name, data string) {
	t.Helper()
	if status, err := strconv.Atoi(name); err == nil {
		c.words.Expect(t, where, status, data, golden.Answer{Status: c.answer.Status, Header: c.answer.Header, Body: string(c.answer.Body)})
		return
	}
	name = c.words.Fill(t, where, name)
	words := strings.Fields(name)
	switch {
	case words[0] == "mail":
		c.mail(t, where, words[1])
	case words[0] == "clock":
		c.developer(t, where, http.MethodPost, "/dev/clock", map[string]string{"advance": words[1]})
	case words[0] == "rates":
		rates := map[string]string{}
		for _, pair := range words[2:] {
			code, rate, _ := strings.Cut(pair, "=")
			rates[code] = rate
		}
		c.developer(t, where, http.MethodPost, "/dev/rates", map[string]any{"base": words[1], "rates": rates})
	case words[0] == "admin":
		if output, code := RunBinary(t, c.settings, words...); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", where, code, output)
		}
	case len(words) > 2 && words[1] == "sends":
		header, value, _ := strings.Cut(strings.SplitN(name, " ", 3)[2], ":")
		if c.headers[words[0]] == nil {
			c.headers[words[0]] = http.Header{}
		}
		c.headers[words[0]].Del(header)
		if value = strings.TrimSpace(value); value != "" {
			c.headers[words[0]].Set(header, value)
		}
	case len(words) > 2:
		c.ask(t, where, words, c.words.Fill(t, where, data))
	default:
		t.Fatalf("%s: neither a request nor a command", where)
	}
}

// ask sends a request with the person's headers and checks it against the document.
func (c *conversation) ask(t *testing.T, where string, words []string, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), words[1], c.purse.Base+words[2], strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range c.headers[words[0]] {
		request.Header[name] = values
	}
	transport := c.documented.Transport(t, nil)
	for _, pair := range words[3:] {
		switch pair {
		case "undocumented":
			request = request.WithContext(apidoctest.Deviating(request.Context()))
		case "elsewhere":
			transport = nil
		default:
			name, value, _ := strings.Cut(pair, "=")
			request.Header.Set(name, value)
		}
	}
	client := &Client{HTTP: &http.Client{Timeout: 30 * time.Second, Transport: transport, CheckRedirect: Stay}}
	if c.answer, err = client.do(request); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
}

// mail reads the newest message to an address or phone.
func (c *conversation) mail(t *testing.T, where, to string) {
	t.Helper()
	client := &Client{Base: c.purse.Base, Email: to, HTTP: http.DefaultClient}
	mails, err := client.Mails(t.Context())
	if err != nil || len(mails) == 0 {
		t.Fatalf("%s: no message to %s: %v", where, to, err)
	}
	delete(c.words, "code")
	delete(c.words, "link")
	if len(mails[0].Codes) > 0 {
		c.words["code"] = mails[0].Codes[0]
	}
	if len(mails[0].Links) > 0 {
		c.words["link"] = strings.TrimPrefix(mails[0].Links[0], c.purse.Base)
	}
}

func (c *conversation) developer(t *testing.T, where, method, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	client := &Client{Base: c.purse.Base, HTTP: http.DefaultClient}
	if err := client.Must(t.Context(), method, path, text, nil); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
}
