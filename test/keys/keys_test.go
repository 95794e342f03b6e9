// Package keys changes the root key of the real program while it serves.
package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/app"
	"purse/internal/apptest"
	"purse/internal/secret"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// key is a root key and what it makes.
type key struct{ bytes []byte }

func newKey() key {
	k := key{make([]byte, 32)}
	rand.Read(k.bytes)
	return k
}

func (k key) String() string { return base64.StdEncoding.EncodeToString(k.bytes) }

// labels are all uses of a root key that leave sealed rows behind.
var labels = []string{"social security", "card number 1", "bot client", "outbox"}

// traces are what a key leaves in rows, as bytes and as the text of a claim.
func (k key) traces(t *testing.T, ssns ...string) (traces [][]byte) {
	t.Helper()
	root, err := secret.NewRoot(k.bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range labels {
		traces = append(traces, root.Sealer(label).KeyID())
	}
	for _, ssn := range ssns {
		sum := root.Hasher("social security").Sum(ssn)
		traces = append(traces, []byte(hex.EncodeToString(sum[:])))
	}
	return traces
}

// world is a Purse with people, on one node or, over PostgreSQL, two.
type world struct {
	*testing.T
	databaseURL string
	old, new    key
	nodes       []*apptest.Process
	crowd       *apptest.Crowd
	ann         *apptest.Client // has a card, and a session that nobody renews
	cards       []map[string]any
	gift        string // an access token of the gift surface
	messages    string // the path that it opens
	bot         apptest.Bot
	newcomers   int
}

func (w *world) environment(keys string) []string {
	return []string{"PURSE_DATABASE_URL=" + w.databaseURL, "PURSE_SECRET_KEY=" + keys, "PURSE_CARD_GRANT=1000000", "PURSE_RATE_LIMITS=off"}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// restart brings each node up with other keys, one after the other.
func (w *world) restart(keys string) {
	w.Helper()
	count := 1
	if strings.HasPrefix(w.databaseURL, "postgres") {
		count = 2
	}
	for i := range count {
		if i < len(w.nodes) {
			if err := w.nodes[i].Stop(); err != nil {
				w.Fatalf("%v\n%s", err, w.nodes[i].Output())
			}
		} else {
			w.nodes = append(w.nodes, nil)
		}
		w.nodes[i] = apptest.Start(w.T, w.environment(keys), "dev", "--listen", "{listen}")
		w.look(i)
	}
	w.ann.Base = w.nodes[0].Base
}

// look asks every node for something, while one of them has been restarted.
func (w *world) look(restarted int) {
	w.Helper()
	if w.crowd == nil {
		return
	}
	for i, node := range w.nodes {
		w.must(w.crowd.Pay(w.Context(), node.Base, w.crowd.Draw(i)))
	}
	w.newcomers++
	newcomer := apptest.NewClient(w.nodes[restarted].Base, 1000+w.newcomers)
	w.must(newcomer.Register(w.Context()))
	// Somebody else with the same number is refused at every node.
	for i, node := range w.nodes {
		other := *newcomer
		other.Base, other.Email, other.Phone = node.Base, "other"+newcomer.Email, newcomer.Phone+"1"
		answer, err := other.Call(w.Context(), http.MethodPost, "/auth/register", map[string]string{"email": other.Email, "phone_number": other.Phone, "social_security": newcomer.SSN})
		if err != nil || answer.Status != http.StatusConflict {
			w.Errorf("node %d lets a social security number be taken twice: %d %s, %v", i, answer.Status, answer.Body, err)
		}
		second := *newcomer
		second.Base = node.Base
		w.must(second.SignIn(w.Context()))
	}
}

// announce makes the new key known everywhere, and then the one to write with:
// one node needs no step between.
func (w *world) announce() (both string) {
	w.Helper()
	both = w.new.String() + "," + w.old.String()
	if len(w.nodes) > 1 {
		w.restart(w.old.String() + "," + w.new.String())
		w.check("the new key is known", true)
	}
	w.restart(both)
	w.check("the new key is written with", true)
	return both
}

// populate makes the people of the world.
func (w *world) populate() {
	w.Helper()
	ctx := w.Context()
	base := w.nodes[0].Base
	var err error
	w.crowd, err = apptest.NewCrowd(ctx, base, 4)
	w.must(err)
	w.ann.Base = base
	w.must(w.ann.Register(ctx))
	_, err = w.ann.OpenCard(ctx)
	w.must(err)
	w.must(w.ann.Must(ctx, http.MethodGet, "/card", nil, &w.cards))
	if len(w.cards) != 1 || w.cards[0]["cvv"] == nil {
		w.Fatalf("the cards have no CVV to compare: %d", len(w.cards))
	}
	answer, err := w.ann.Call(ctx, http.MethodPost, "/api/user/register", `{"email":"gina@example.com","username":"gina","password":"correct horse battery"}`)
	if err != nil || answer.Status != http.StatusCreated {
		w.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
	}
	var signedIn struct {
		Access string `json:"access_token"`
	}
	w.must(w.ann.Must(ctx, http.MethodPost, "/api/user/login", `{"email":"gina@example.com","password":"correct horse battery"}`, &signedIn))
	w.gift = signedIn.Access
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(w.gift, ".")[1])
	w.must(err)
	var claims struct {
		User int64 `json:"sub"`
	}
	w.must(json.Unmarshal(payload, &claims))
	w.messages = fmt.Sprintf("/api/user/%d/messages", claims.User)
	lines := strings.Fields(apptest.Admin(w.T, w.environment(w.old.String()), "bot-client", "add", "telegram_bot"))
	w.bot.Secret = lines[len(lines)-1]
}

// check asks for everything that depends on keys; tokens says whether those that
// the old key has signed are good.
func (w *world) check(step string, tokens bool) {
	w.Helper()
	ctx := w.Context()
	var cards []map[string]any
	w.must(w.ann.Must(ctx, http.MethodGet, "/card", nil, &cards)) // with the cookie of before
	if !reflect.DeepEqual(cards, w.cards) {
		w.Errorf("%s: the card has changed", step)
	}
	w.must(w.crowd.Pay(ctx, w.ann.Base, w.crowd.Draw(0))) // looks both numbers up
	w.must(w.ann.Must(ctx, http.MethodPost, "/auth/reset", w.ann.Proofs(), nil))
	answer, err := w.ann.Call(ctx, http.MethodGet, w.messages, nil, "Authorization", "Bearer "+w.gift)
	want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[tokens]
	if err != nil || answer.Status != want {
		w.Errorf("%s: a token of the old key: %d, %v", step, answer.Status, err)
	}
	const method, target = http.MethodPost, "/api/v1/auth/telegram/register?chat_id=556399210&username=john_doe&first_name=John"
	answer, err = w.ann.Call(ctx, method, target, nil, w.bot.Sign(method, target, "")...)
	if err != nil || answer.Status != http.StatusOK {
		w.Errorf("%s: the bot's signature: %d %s, %v", step, answer.Status, answer.Body, err)
	}
}

// refuses runs a command with keys that do not belong to the database.
func (w *world) refuses(step, keys, want string, command ...string) {
	w.Helper()
	output, code := apptest.RunBinary(w.T, w.environment(keys), command...)
	if code != 1 || !strings.Contains(output, want) || strings.Contains(output, w.old.String()) || strings.Contains(output, w.new.String()) {
		w.Errorf("%s: exit code %d: %s", step, code, output)
	}
}

// contains reports whether the database holds a trace; in its text, hexadecimal
// of bytes.
func contains(t *testing.T, databaseURL string, trace []byte) bool {
	t.Helper()
	path, embedded := strings.CutPrefix(databaseURL, "sqlite:")
	if !embedded {
		for _, rows := range apptest.Rows(t, databaseURL) {
			if strings.Contains(rows, `\x`+hex.EncodeToString(trace)) || strings.Contains(rows, string(trace)) {
				return true
			}
		}
		return false
	}
	found := false
	for _, file := range []string{path, path + "-wal"} {
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		found = found || bytes.Contains(text, trace)
	}
	return found
}

func (w *world) ssns() []string {
	ssns := []string{w.ann.SSN}
	for i := range 4 {
		ssns = append(ssns, apptest.NewClient("", i).SSN)
	}
	return ssns
}

func newWorld(t *testing.T, databaseURL string) *world {
	w := &world{T: t, databaseURL: databaseURL, old: newKey(), new: newKey(), ann: apptest.NewClient("", 77)}
	w.restart(w.old.String())
	w.populate()
	return w
}

func TestSecurity23KeysRotateWhilePurseServes(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		for _, trace := range w.old.traces(t, w.ssns()...) {
			if !contains(t, databaseURL, trace) {
				t.Fatal("the old key has left no trace, so nothing would be tested")
			}
		}
		w.refuses("another key", w.new.String(), "PURSE_SECRET_KEY is not the key that this database was made with", "keys", "rotate")
		both := w.announce()
		w.refuses("the old key alone", w.old.String(), "until purse keys rotate has come to its end", "admin", "user", "show", "1")
		w.refuses("the new key alone", w.new.String(), "until purse keys rotate has come to its end", "admin", "user", "show", "1")

		// People pay while the keys change.
		ctx, stop := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		paid := make(chan struct{}, 1)
		for i := range 4 {
			wait.Go(func() {
				for ctx.Err() == nil {
					if err := w.crowd.Pay(context.WithoutCancel(ctx), w.nodes[i%len(w.nodes)].Base, w.crowd.Draw(i)); err != nil {
						t.Errorf("paying meanwhile: %v", err)
						return
					}
					select {
					case paid <- struct{}{}:
					default:
					}
				}
			})
		}
		<-paid
		output, code := apptest.RunBinary(t, w.environment(both), "keys", "rotate")
		<-paid
		stop()
		wait.Wait()
		if code != 0 || !strings.Contains(output, "card numbers: 5 of 5 re-encrypted\n") || !strings.Contains(output, "secrets of bot clients: 1 of 1 re-encrypted\n") || !strings.Contains(output, "Next: restart Purse") {
			t.Fatalf("exit code %d: %s", code, output)
		}
		w.check("rotated", true)
		for keys, want := range map[string]string{w.old.String(): "begins with a key that was replaced", w.old.String() + "," + w.new.String(): "begins with a key that was replaced"} {
			w.refuses("the old key first", keys, want, "admin", "user", "show", "1")
		}
		if output, code := apptest.RunBinary(t, w.environment(both), "keys", "rotate"); code != 0 || !strings.Contains(output, "Nothing was left to do") {
			t.Errorf("again: exit code %d: %s", code, output)
		}
		w.restart(w.new.String())
		w.check("the new key alone", false)
		for _, node := range w.nodes {
			if err := node.Stop(); err != nil {
				t.Errorf("%v\n%s", err, node.Output())
			}
		}
		for i, trace := range w.old.traces(t, w.ssns()...) {
			if contains(t, databaseURL, trace) {
				t.Errorf("trace %d of the old key is left", i)
			}
		}
		if output, code := apptest.RunBinary(t, w.environment(w.new.String()), "keys", "rotate"); code != 0 || !strings.Contains(output, "Nothing was left to do") {
			t.Errorf("with the new key alone: exit code %d: %s", code, output)
		}
		for i := range w.nodes {
			w.nodes[i] = apptest.Start(t, w.environment(w.new.String()), "dev", "--listen", "{listen}")
		}
		w.must(w.crowd.Check(t.Context(), w.nodes[0].Base))
		apptest.Verify(t, w.environment(w.new.String()))
	})
}

// interrupted ends after some looks at whether it has ended: one before each
// unit of work of a rotation.
type interrupted struct {
	context.Context
	cancel func()
	looks  int
}

func (c *interrupted) Err() error {
	if c.looks--; c.looks < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

func TestSecurity23ARotationThatIsCutOffIsRunAgain(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		both := w.announce()
		cut := 0
		for looks := 1; ; looks++ {
			ctx, cancel := context.WithCancel(t.Context())
			a, err := app.OpenForAdministration(t.Context(), databaseURL, both)
			w.must(err)
			err = a.RotateKeys(&interrupted{ctx, cancel, looks}, &bytes.Buffer{}, nil)
			cancel()
			w.must(a.Close())
			if err == nil {
				break
			}
			if cut++; !strings.Contains(err.Error(), "run this again") || cut > 200 {
				t.Fatalf("cut off after %d looks: %v", looks, err)
			}
			w.check("cut off", true)
		}
		if cut < 10 {
			t.Errorf("it was cut off %d times only", cut)
		}
		w.restart(w.new.String())
		w.check("the new key alone", false)
	})
}

func TestSecurity23AKilledRotationIsRunAgain(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		both := w.announce()
		for i := range 5 {
			rotation := apptest.Launch(t, w.environment(both), "keys", "rotate")
			time.Sleep(time.Duration(10+20*i) * time.Millisecond) // wherever it is then
			rotation.Kill()
			w.check("killed", true)
		}
		if output, code := apptest.RunBinary(t, w.environment(both), "keys", "rotate"); code != 0 {
			t.Fatal(output)
		}
		w.restart(w.new.String())
		w.check("the new key alone", false)
	})
}

func TestSecurity23ARotationRefusesRowsOfAKeyThatItDoesNotHave(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		for _, node := range w.nodes {
			w.must(node.Stop())
		}
		// The marks of the database are right, and rows come from elsewhere.
		third := newKey()
		w.plant(third)
		w.refuses("rows of a third key", w.new.String()+","+w.old.String(), "1 secrets of bot clients were written with a key that PURSE_SECRET_KEY does not have, so they cannot be read; nothing was changed", "keys", "rotate")
	})
}
