// Package model asks all five surfaces at random, together and over HTTP, and
// compares what they answer and show with a model: a plain book of who has what
// (book_test.go), which predicts each answer and each balance. Along the way the
// program is killed, its database cut off or kept busy, and its clients hang up:
// who does not know what became of a request repeats it under its key, and finds
// what the model says.
//
// A run is told by its seed: go test ./test/model -seed 42 asks again what that
// run asked. Only the moments of the faults are the machine's.
package model

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/apptest"
)

// world is one Purse, the model of it, and the people.
type world struct {
	*testing.T
	book
	databaseURL string // as the program has it
	direct      string // the same without a proxy between
	purse       atomic.Pointer[apptest.Process]
	client      *http.Client
	ahead       time.Duration // the server's clock

	people   []*person // those who have left too
	named    int       // people made so far
	trouble  atomic.Bool
	asked    atomic.Int64 // operations
	repeated atomic.Int64 // requests whose outcome was unknown
	faults   map[string]int

	mutex sync.Mutex
	seen  map[string]int // what became of payments, by surface
}

func newWorld(t *testing.T, databaseURL, direct string) *world {
	w := &world{
		T: t, databaseURL: databaseURL, direct: direct, faults: map[string]int{}, seen: map[string]int{},
		client: &http.Client{Timeout: 2 * time.Minute, CheckRedirect: apptest.Stay, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		book:   book{base: "KRW", funding: "wallet", grants: map[kind]int64{card: 250_000, savings: 700}},
	}
	w.now = func() time.Time { return time.Now().Add(w.ahead) }
	return w
}

// environment is the settings of the program over a database.
func (w *world) environment(databaseURL string) []string {
	return []string{
		"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey, "PURSE_RATE_LIMITS=off", "PURSE_RATES_MAX_AGE=" + maxAge.String(),
		"PURSE_BASE_CURRENCY=" + w.base, "PURSE_GIFT_FUNDING=" + w.funding,
		"PURSE_CARD_GRANT=" + text(w.grants[card], w.base), "PURSE_SAVINGS_GRANT=" + text(w.grants[savings], w.base),
	}
}

// start runs the program, with the settings as they are now.
func (w *world) start() {
	w.Helper()
	w.purse.Store(apptest.Start(w.T, w.environment(w.databaseURL), "dev", "--listen", "{listen}"))
}

// call is one request of a person on a surface.
type call struct {
	who                   *person // nil: of nobody
	surface, method, path string
	body                  string
	key                   string // Idempotency-Key, or none
	header                [2]string
}

func (c call) String() string {
	return fmt.Sprintf("%s asks the %s: %s %s %s (key %q)", c.who, c.surface, c.method, c.path, c.body, c.key)
}

// repeatable says whether the call may be sent again when nobody knows what
// became of it.
func (c call) repeatable() bool {
	return c.key != "" || c.method == http.MethodGet || strings.HasPrefix(c.path, "/card/history")
}

// send sends a call once. While the program is away, its address may be another
// program's: what does not answer as Purse has not answered.
func (w *world) send(ctx context.Context, c call) (apptest.Answer, error) {
	client := apptest.Client{Base: w.purse.Load().Base, HTTP: w.client}
	var body any
	if c.body != "" {
		body = c.body
	}
	headers := []string{"browser", "Chrome 122.0"}
	if c.header[0] != "" {
		headers = append(headers, c.header[0], c.header[1])
	}
	if c.key != "" {
		headers = append(headers, "Idempotency-Key", c.key)
	}
	answer, err := client.Call(ctx, c.method, c.path, body, headers...)
	if err == nil && answer.Header.Get("X-Request-Id") == "" {
		err = fmt.Errorf("at %s answers somebody else: %d %v %q", client.Base, answer.Status, answer.Header, answer.Body)
	}
	return answer, err
}

// worker asks for some of the people, one request after another.
type worker struct {
	*world
	random  *rand.Rand
	name    string
	people  []*person  // whose money it moves
	jars    []*account // other people's cards, which it only pays into
	alone   bool       // nobody else asks meanwhile
	keys    int
	touched []*person
	kept    []replay
	fault   func(c call) (apptest.Answer, error) // what befalls the next call, or nil
	ended   func()                               // ends the goroutine after a failure
	last    string                               // what was asked last, and answered
}

func (w *world) worker(name string, seed uint64, people []*person) *worker {
	return &worker{world: w, name: name, random: rand.New(rand.NewPCG(seed, uint64(len(name)))), people: people, ended: w.FailNow}
}

// fail ends the worker.
func (w *worker) fail(format string, args ...any) {
	w.Helper()
	w.Errorf("%s, operation %d: %s\nafter %s", w.name, w.asked.Load(), fmt.Sprintf(format, args...), w.last)
	w.ended()
	runtime.Goexit()
}

// do sends a call until its outcome is known, and holds the status to the model.
func (w *worker) do(c call, want int, why ...any) apptest.Answer {
	w.Helper()
	if c.who != nil {
		c.header = w.credential(c.who, c.surface)
	}
	answer, known := w.ask(c, want)
	w.last = fmt.Sprintf("%s: %d %s", c, answer.Status, answer.Body)
	if !known {
		w.fail("%s: no outcome: %d %s\n%s", c, answer.Status, answer.Body, w.lastOutput())
	}
	if answer.Status != want {
		w.fail("%s: %d %s, want %d %s", c, answer.Status, answer.Body, want, fmt.Sprint(why...))
	}
	return answer
}

// patience bounds how long an outcome is asked for.
const patience = time.Minute

// ask sends a call, and again while nobody knows what became of it and that may
// be asked. An answer of status want is known, whatever it is.
func (w *worker) ask(c call, want int) (answer apptest.Answer, known bool) {
	for try, giveUp := 0, time.Now().Add(patience); time.Now().Before(giveUp); try++ {
		var err error
		if befalls := w.fault; befalls != nil && c.key != "" {
			w.fault = nil
			before := w.trouble.Swap(true)
			defer w.trouble.Store(before)
			answer, err = befalls(c)
		} else {
			answer, err = w.send(w.Context(), c)
		}
		switch {
		case err == nil && (answer.Status == want || answer.Status < 500 && answer.Status != http.StatusConflict):
			return answer, true
		case !w.trouble.Load() || !c.repeatable():
			if err != nil {
				answer = apptest.Answer{Body: []byte(err.Error())}
			}
			return answer, false
		}
		w.repeated.Add(1)
		if try > 2 {
			time.Sleep(10 * time.Millisecond) // between tries, while the program comes up again
		}
	}
	return answer, false
}

func (w *world) lastOutput() string {
	output := w.purse.Load().Output()
	return output[max(0, len(output)-2000):]
}

// read is a GET of a person, read into out.
func (w *worker) read(who *person, surface, path string, out any) {
	w.Helper()
	w.decode(w.do(call{who: who, surface: surface, method: http.MethodGet, path: path}, http.StatusOK), out)
}

func (w *worker) decode(answer apptest.Answer, out any) {
	w.Helper()
	if err := answer.Decode(out); err != nil {
		w.fail("%v", err)
	}
}

// replay is a request that was decided under its key, and what it was told.
type replay struct {
	call
	answer   apptest.Answer
	accounts []*account
}

// move is a call that moves money, or is refused under a verdict of the model. Now
// and then it is sent again under its key: as it was, and as another request.
func (w *worker) move(c call, want int, v verdict, accounts ...*account) apptest.Answer {
	w.Helper()
	w.mutex.Lock()
	w.seen[c.surface+" "+string(v)]++
	w.mutex.Unlock()
	w.touch(c.who)
	for _, a := range accounts {
		if a != nil && a.owner != nil && !a.jar {
			w.touch(a.owner)
		}
	}
	if w.fault != nil || w.trouble.Load() || w.random.IntN(2) == 0 {
		w.keys++
		c.key = fmt.Sprintf("%s-%d", w.name, w.keys)
	}
	answer := w.do(c, want, v)
	last := w.last
	defer func() { w.last = last }() // what comes back is compared with the model
	if c.key == "" || v != good && v != short {
		return answer
	}
	switch w.random.IntN(12) {
	case 0:
		w.again(replay{c, answer, accounts})
	case 1:
		other := c
		if other.body = `{"another":1,` + strings.TrimPrefix(c.body, "{"); c.body == "" {
			other.body = `{"another":1}`
		}
		w.do(other, http.StatusUnprocessableEntity, "for another request under the same key")
		w.asked.Add(1)
	case 2:
		if c.surface == "gift" { // whose message may go to another person, or with its receiver
			break
		}
		w.kept = append(w.kept, replay{c, answer, accounts})
	case 3:
		w.replayOld()
	}
	return answer
}

// again repeats a request, which must change nothing and be told the same.
func (w *worker) again(r replay) {
	w.Helper()
	w.asked.Add(1)
	if told := w.do(r.call, r.answer.Status, "as before"); string(told.Body) != string(r.answer.Body) {
		w.fail("%s: told %s, and again %s", r.call, r.answer.Body, told.Body)
	}
}

// replayOld repeats one of the requests of some time ago, whose accounts there still are.
func (w *worker) replayOld() {
	if len(w.kept) == 0 {
		return
	}
	r := w.kept[w.random.IntN(len(w.kept))]
	for _, a := range r.accounts {
		if a != nil && (a.closed || a.owner.gone) {
			return
		}
	}
	if !r.who.gone {
		w.again(r)
	}
}

func (w *worker) touch(p *person) {
	for _, known := range w.touched {
		if known == p {
			return
		}
	}
	w.touched = append(w.touched, p)
}

// verify checks the books with the program's own command.
func (w *world) verify() {
	w.Helper()
	apptest.Verify(w, w.environment(w.direct))
}

// developer asks a developer endpoint.
func (w *world) developer(method, path, body string, out any) {
	w.Helper()
	answer, err := w.send(w.Context(), call{method: method, path: path, body: body})
	if err != nil || answer.Status >= 300 {
		w.Fatalf("%s %s: %d %s %v", method, path, answer.Status, answer.Body, err)
	}
	if out != nil {
		if err := answer.Decode(out); err != nil {
			w.Fatal(err)
		}
	}
}
