package botclient_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/botclient"
	"purse/internal/clock"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/unit"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	fixedSecret = "the secret of the settings"
	botToken    = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type world struct {
	*botclient.Service
	t     *testing.T
	clock *clock.Manual
	url   string
	node  func() *botclient.Service // another one on the same database
	with  func(change func(*botclient.Options)) *botclient.Service
}

func newWorld(t *testing.T, engine enginetest.Engine) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(start), url: engine.URL(t)}
	opened := enginetest.Open(t, w.url, w.clock)
	root, err := secret.NewRoot(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.with = func(change func(*botclient.Options)) *botclient.Service {
		options := botclient.Options{
			Work: store.Narrow[botclient.Tx](opened), Clock: w.clock, Root: root, BotToken: botToken,
			Fixed: map[botclient.ID][]string{"fixed": {fixedSecret, "another"}},
		}
		change(&options)
		return botclient.New(options)
	}
	w.node = func() *botclient.Service { return w.with(func(*botclient.Options) {}) }
	w.Service = w.node()
	return w
}

// request is one that is signed with a secret at the clock's time.
func (w *world) request(client, key string) botclient.Signed {
	r := botclient.Signed{
		Client: client, Timestamp: strconv.FormatInt(w.clock.Now().Unix(), 10),
		Method: "POST", Target: "/api/v1/auth/token/refresh-telegram?chat_id=7", Body: []byte(`{"chat_id":7}`),
	}
	return sign(r, key)
}

func sign(r botclient.Signed, key string) botclient.Signed {
	signature := botclient.Sign([]byte(key), r.Timestamp, r.Method, r.Target, r.Body)
	r.Signature = hex.EncodeToString(signature[:])
	return r
}

func (w *world) verify(want error, r botclient.Signed) {
	w.t.Helper()
	if err := w.Verify(w.t.Context(), r); !errors.Is(err, want) {
		w.t.Errorf("got %v, want %v", err, want)
	}
}

// The value was computed apart, with Python's hmac module.
func TestASignatureIsTheHMACOfTheRequest(t *testing.T) {
	digest := sha256.Sum256([]byte(`{"chat_id":556399210}`))
	mac := hmac.New(sha256.New, []byte("s3cret"))
	fmt.Fprintf(mac, "1772366400\nPOST\n/api/v1/auth/token/get\n%x", digest)
	got := botclient.Sign([]byte("s3cret"), "1772366400", "POST", "/api/v1/auth/token/get", []byte(`{"chat_id":556399210}`))
	if !bytes.Equal(got[:], mac.Sum(nil)) {
		t.Errorf("got %x", got)
	}
	if known := "f0160a574d96a93537330a04d14c27ce5e47b6aab0593cd65f3fd9125049b6a0"; hex.EncodeToString(got[:]) != known {
		t.Errorf("got %x, want %s", got, known)
	}
}

func TestSecurity12BotRequestsAreSigned(t *testing.T) {
	w := newWorld(t, enginetest.SQLite)
	w.verify(nil, w.request("fixed", fixedSecret))
	w.verify(nil, w.request("fixed", "another"))
	w.verify(botclient.ErrUnsigned, botclient.Signed{Method: "POST"})
	for name, change := range map[string]func(r *botclient.Signed){
		"another method":     func(r *botclient.Signed) { r.Method = "GET" },
		"another path":       func(r *botclient.Signed) { r.Target = "/api/v1/auth/token/get?chat_id=7" },
		"another query":      func(r *botclient.Signed) { r.Target += "8" },
		"no query":           func(r *botclient.Signed) { r.Target, _, _ = strings.Cut(r.Target, "?") },
		"another body":       func(r *botclient.Signed) { r.Body = []byte(`{"chat_id":8}`) },
		"no body":            func(r *botclient.Signed) { r.Body = nil },
		"another time":       func(r *botclient.Signed) { r.Timestamp = strconv.FormatInt(start.Unix()+60, 10) },
		"another client":     func(r *botclient.Signed) { r.Client = "other" },
		"no signature":       func(r *botclient.Signed) { r.Signature = "" },
		"half a signature":   func(r *botclient.Signed) { r.Signature = r.Signature[:32] },
		"a longer signature": func(r *botclient.Signed) { r.Signature += "00" },
		"not hexadecimal":    func(r *botclient.Signed) { r.Signature = strings.Repeat("xy", 32) },
		"zeros":              func(r *botclient.Signed) { r.Signature = strings.Repeat("0", 64) },
	} {
		t.Run(name, func(t *testing.T) {
			w.clock.Advance(time.Second)
			r := w.request("fixed", fixedSecret)
			change(&r)
			w.verify(botclient.ErrSignature, r)
		})
	}
	w.clock.Advance(time.Second)
	w.verify(botclient.ErrSignature, w.request("fixed", "wrong"))
	w.verify(botclient.ErrSignature, w.request("nobody", ""))
	upper := w.request("fixed", fixedSecret)
	upper.Signature = strings.ToUpper(upper.Signature)
	w.verify(nil, upper)
}

func TestSecurity12ASignatureIsGoodForFiveMinutesAroundTheClock(t *testing.T) {
	w := newWorld(t, enginetest.SQLite)
	w.clock.Set(start.Add(900 * time.Millisecond))
	for timestamp, want := range map[string]error{
		strconv.FormatInt(start.Unix()-300, 10): nil, strconv.FormatInt(start.Unix()+300, 10): nil,
		strconv.FormatInt(start.Unix()-301, 10): botclient.ErrSignature, strconv.FormatInt(start.Unix()+301, 10): botclient.ErrSignature,
		"": botclient.ErrSignature, "now": botclient.ErrSignature, "-1": botclient.ErrSignature, "0": botclient.ErrSignature,
		"+" + strconv.FormatInt(start.Unix(), 10): botclient.ErrSignature, " " + strconv.FormatInt(start.Unix(), 10): botclient.ErrSignature,
		strconv.FormatInt(start.UnixMilli(), 10): botclient.ErrSignature, strings.Repeat("9", 30): botclient.ErrSignature,
		strconv.FormatInt(start.Unix(), 10) + ".5": botclient.ErrSignature,
	} {
		w.verify(want, sign(botclient.Signed{Client: "fixed", Timestamp: timestamp, Method: "GET", Target: "/api/v1/accounts"}, fixedSecret))
	}
}

func TestSecurity12ASignatureIsAcceptedOnceOnAllNodes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		w := newWorld(t, engine)
		nodes := []*botclient.Service{w.Service, w.node(), w.node()}
		r := w.request("fixed", fixedSecret)
		upper := r
		upper.Signature = strings.ToUpper(r.Signature)
		var mutex sync.Mutex
		var wait sync.WaitGroup
		accepted := 0
		for caller := range 50 {
			wait.Go(func() {
				err := nodes[caller%len(nodes)].Verify(t.Context(), []botclient.Signed{r, upper}[caller%2])
				mutex.Lock()
				defer mutex.Unlock()
				if err == nil {
					accepted++
				} else if !errors.Is(err, botclient.ErrSignature) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if accepted != 1 {
			t.Errorf("accepted %d times", accepted)
		}
		// As long as it is in time, it is remembered, also by the clean-up.
		w.clock.Advance(botclient.Skew)
		if err := w.RemoveExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.verify(botclient.ErrSignature, r)
	})
}

func TestSecurity12TwoSecretsMayOverlapAndARemovedOneIsRefused(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		ctx := t.Context()
		w := newWorld(t, engine)
		other := w.node()
		older, first, err := w.Add(ctx, "telegram_bot")
		if err != nil {
			t.Fatal(err)
		}
		newer, second, err := w.Add(ctx, "telegram_bot")
		if err != nil || first == second {
			t.Fatal(err)
		}
		w.verify(nil, w.request("telegram_bot", first))
		w.verify(nil, w.request("telegram_bot", second))
		w.verify(botclient.ErrSignature, w.request("fixed", second))
		w.clock.Advance(time.Second)
		if err := other.Verify(ctx, w.request("telegram_bot", first)); err != nil {
			t.Errorf("another node: %v", err)
		}
		if _, err := w.Remove(ctx, "telegram_bot", older.Secret); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(100 * time.Millisecond)
		w.verify(botclient.ErrSignature, w.request("telegram_bot", first))
		w.clock.Advance(time.Second)
		if err := other.Verify(ctx, w.request("telegram_bot", first)); !errors.Is(err, botclient.ErrSignature) {
			t.Errorf("another node, a second later: %v", err)
		}
		if err := other.Verify(ctx, w.request("telegram_bot", second)); err != nil {
			t.Errorf("the other secret: %v", err)
		}
		list, err := w.List(ctx, "telegram_bot")
		if err != nil || !slices.Equal(list, []botclient.Listed{newer}) {
			t.Errorf("listed: %+v, %v", list, err)
		}
		if list, err := w.List(ctx, "nobody"); err != nil || len(list) > 0 {
			t.Errorf("listed: %+v, %v", list, err)
		}
		if removed, err := w.Remove(ctx, "telegram_bot", 0); err != nil || removed != 1 {
			t.Errorf("removed %d: %v", removed, err)
		}
		w.clock.Advance(time.Second)
		w.verify(botclient.ErrSignature, w.request("telegram_bot", second))
		if _, err := w.Remove(ctx, "telegram_bot", 0); !errors.Is(err, botclient.ErrNone) {
			t.Errorf("removed again: %v", err)
		}
		if _, _, err := w.Add(ctx, "a b"); !errors.Is(err, botclient.ErrID) {
			t.Errorf("a client called a b: %v", err)
		}
	})
}

// wire has other processes forget what one changes.
type wire struct{ others []*botclient.Service }

func (w *wire) Forget(string) (all bool) {
	for _, other := range w.others {
		other.Forget()
	}
	return true
}

// staleWork does something between a read and its caller's return.
type staleWork struct {
	unit.Work[botclient.Tx]
	after func()
}

func (s *staleWork) View(ctx context.Context, fn func(botclient.Tx) error) error {
	err := s.Work.View(ctx, fn)
	if after := s.after; after != nil {
		s.after = nil
		after()
	}
	return err
}

func TestSecurity11ASecretThatIsRemovedIsRefusedByThePeersAtOnce(t *testing.T) {
	w := newWorld(t, enginetest.SQLite)
	carries := &wire{}
	teller := w.with(func(o *botclient.Options) { o.Peers = carries })
	stale := &staleWork{}
	other := w.with(func(o *botclient.Options) { stale.Work, o.Work = o.Work, stale })
	carries.others = []*botclient.Service{other}
	ctx := t.Context()
	verify := func(what, key string, want error) {
		t.Helper()
		r := w.request("telegram_bot", key)
		r.Target += "&nonce=" + url.QueryEscape(what) // no signature comes twice
		if err := other.Verify(ctx, sign(r, key)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	w.clock.Advance(time.Second)
	verify("a client that is none yet", "none", botclient.ErrSignature) // which is remembered
	added, key, err := teller.Add(ctx, "telegram_bot")
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second / 2)
	verify("the new secret", key, nil)
	if _, err := teller.Remove(ctx, "telegram_bot", added.Secret); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second / 2)
	verify("the removed secret", key, botclient.ErrSignature)

	if _, key, err = teller.Add(ctx, "telegram_bot"); err != nil {
		t.Fatal(err)
	}
	stale.after = func() { // the removal overtakes a read, which is not remembered
		if _, err := teller.Remove(ctx, "telegram_bot", 0); err != nil {
			t.Error(err)
		}
	}
	verify("a secret that was read before its removal", key, nil)
	w.clock.Advance(time.Second / 2)
	verify("the same after it", key, botclient.ErrSignature)
}

func TestSecretsAreSealedAtRest(t *testing.T) {
	w := newWorld(t, enginetest.SQLite)
	_, text, err := w.Add(t.Context(), "telegram_bot")
	if err != nil {
		t.Fatal(err)
	}
	path, _ := strings.CutPrefix(w.url, "sqlite:")
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte(text)) {
			t.Errorf("%s holds the secret: %v", file, err)
		}
	}
}

func TestClientsAreReadFromTheSettings(t *testing.T) {
	for text, want := range map[string]string{
		"": "map[]", "bot:secret12": "map[bot:[secret12]]", " bot:secret12 , bot:secret34,web.app-2:x:y:z,": "map[bot:[secret12 secret34] web.app-2:[x:y:z]]",
		"bot": "", "bot:": "", ":secret": "", "b t:secret": "", "-bot:secret": "", strings.Repeat("x", 65) + ":secret": "", "bot:four": "",
	} {
		clients, err := botclient.ParseClients(text, 5)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is accepted", text)
		case want == "" && (strings.Contains(err.Error(), "four") || strings.Contains(err.Error(), ":secret ")):
			t.Errorf("%q: the error holds the secret: %v", text, err)
		case want != "" && (err != nil || fmt.Sprint(clients) != want):
			t.Errorf("%q: %v, %v", text, clients, err)
		}
	}
}

// initData is what Telegram would open a Mini App with.
func initData(token string, fields map[string]string) string {
	var lines []string
	values := url.Values{}
	for name, value := range fields {
		lines = append(lines, name+"="+value)
		values.Set(name, value)
	}
	slices.Sort(lines)
	key := hmac.New(sha256.New, []byte("WebAppData"))
	key.Write([]byte(token))
	mac := hmac.New(sha256.New, key.Sum(nil))
	mac.Write([]byte(strings.Join(lines, "\n")))
	values.Set("hash", hex.EncodeToString(mac.Sum(nil)))
	return values.Encode()
}

func TestSecurity12MiniAppDataAreThoseThatTelegramSigned(t *testing.T) {
	w := newWorld(t, enginetest.SQLite)
	fields := func(age time.Duration, user string) map[string]string {
		return map[string]string{"auth_date": strconv.FormatInt(start.Add(-age).Unix(), 10), "query_id": "AAH", "user": user, "signature": "ed25519"}
	}
	const john = `{"id":556399210,"first_name":"Jo\u00ebl & co","username":"john_doe"}`
	good := initData(botToken, fields(0, john))
	for name, c := range map[string]struct {
		text string
		want int64
	}{
		"fresh":                        {good, 556399210},
		"an hour old":                  {initData(botToken, fields(time.Hour, john)), 556399210},
		"older":                        {initData(botToken, fields(time.Hour+time.Second, john)), 0},
		"a little early":               {initData(botToken, fields(-5*time.Minute, john)), 556399210},
		"from the future":              {initData(botToken, fields(-6*time.Minute, john)), 0},
		"another bot's":                {initData("7:other", fields(0, john)), 0},
		"another user":                 {strings.Replace(good, "556399210", "556399211", 1), 0},
		"a field more":                 {good + "&start_param=x", 0},
		"a field twice":                {good + "&query_id=AAH", 0},
		"a hash twice":                 {good + "&hash=00", 0},
		"without a hash":               {strings.Replace(good, "hash=", "hush=", 1), 0},
		"without a user":               {initData(botToken, map[string]string{"auth_date": strconv.FormatInt(start.Unix(), 10)}), 0},
		"without a date":               {initData(botToken, map[string]string{"user": john}), 0},
		"a user without an id":         {initData(botToken, fields(0, `{"first_name":"x"}`)), 0},
		"an id that is text":           {initData(botToken, fields(0, `{"id":"556399210"}`)), 0},
		"an id below one":              {initData(botToken, fields(0, `{"id":-1}`)), 0},
		"an id that is no JSON number": {initData(botToken, fields(0, `{"id":9007199254740993}`)), 0},
		"a user that is no JSON":       {initData(botToken, fields(0, `john`)), 0},
		"nothing":                      {"", 0},
		"a wrong escape":               {good + "&x=%zz", 0},
		"too long":                     {good + "&x=" + strings.Repeat("x", botclient.MaxInitData), 0},
	} {
		t.Run(name, func(t *testing.T) {
			chat, err := w.Chat(c.text)
			if chat != c.want || (c.want == 0) != errors.Is(err, botclient.ErrInitData) {
				t.Errorf("%d, %v", chat, err)
			}
		})
	}
	none := botclient.New(botclient.Options{Clock: w.clock, Root: must(secret.NewRoot(make([]byte, 32)))})
	if _, err := none.Chat(initData("", fields(0, john))); !errors.Is(err, botclient.ErrInitData) {
		t.Errorf("without a bot's token: %v", err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func FuzzNoSignatureIsAcceptedButTheRightOne(f *testing.F) {
	root := must(secret.NewRoot(make([]byte, 32)))
	now := clock.NewManual(start)
	f.Add("fixed", strconv.FormatInt(start.Unix(), 10), strings.Repeat("00", 32), "/", "")
	f.Add("fixed", "-0", "ZZ", "?", "\n")
	f.Add("", "1e9", "", "", "")
	f.Fuzz(func(t *testing.T, client, timestamp, signature, target, body string) {
		s := botclient.New(botclient.Options{Work: noSecrets{}, Clock: now, Root: root, Fixed: map[botclient.ID][]string{"fixed": {string(secret.Bytes(32))}}})
		err := s.Verify(t.Context(), botclient.Signed{Client: client, Timestamp: timestamp, Signature: signature, Method: "POST", Target: target, Body: []byte(body)})
		if !errors.Is(err, botclient.ErrSignature) && !errors.Is(err, botclient.ErrUnsigned) {
			t.Errorf("got %v", err)
		}
	})
}

// noSecrets is a database without clients, in which nothing may be written.
type noSecrets struct{}

func (noSecrets) View(context.Context, func(botclient.Tx) error) error { return nil }
func (noSecrets) Update(context.Context, func(botclient.Tx) error) error {
	return errors.New("a signature was accepted")
}

func FuzzMiniAppDataAreBelievedOnlyWithTheirHash(f *testing.F) {
	now := clock.NewManual(start)
	s := botclient.New(botclient.Options{Clock: now, Root: must(secret.NewRoot(make([]byte, 32))), BotToken: botToken})
	good := initData(botToken, map[string]string{"auth_date": strconv.FormatInt(start.Unix(), 10), "user": `{"id":1}`})
	f.Add(good)
	f.Add("hash=" + strings.Repeat("0", 64))
	f.Add("a=b&a=c&%=;")
	signed := must(url.ParseQuery(good))
	f.Fuzz(func(t *testing.T, text string) {
		chat, err := s.Chat(text)
		if err != nil {
			return
		}
		if read, failed := url.ParseQuery(text); failed != nil || chat != 1 || fmt.Sprint(read) != strings.Replace(fmt.Sprint(signed), signed.Get("hash"), read.Get("hash"), 1) {
			t.Errorf("%q is believed", text)
		}
	})
}
