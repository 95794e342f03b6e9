// Package limits runs several of the real program over one Redis and one
// PostgreSQL database, and takes the Redis away.
package limits

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/httpkit"
	"purse/internal/redistest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// What a node logs when it begins and ends to do without Redis.
const (
	lost  = "redis does not answer"
	found = "redis answers again"
)

// patience bounds a wait for something that happens within moments.
const patience = time.Minute

// world is nodes with one Redis. Each test person has an address of their own.
type world struct {
	*testing.T
	redis  *redistest.Server
	nodes  []*apptest.Process
	people int
	client http.Client
}

// newWorld starts two nodes, in production or for development.
func newWorld(t *testing.T, mode string, more ...string) *world {
	t.Helper()
	w := &world{T: t, redis: redistest.Start(t), client: http.Client{Timeout: 10 * time.Second}}
	environment := append([]string{
		apptest.SecretKey, "PURSE_DATABASE_URL=" + pgtest.Database(t), "PURSE_REDIS_URL=" + w.redis.URL(), "PURSE_PUBLIC_URL=http://127.0.0.1:8000",
		"PURSE_SMTP_URL=smtp://127.0.0.1:2525", "PURSE_TRUSTED_PROXIES=127.0.0.1/32",
	}, more...)
	for range 2 {
		w.nodes = append(w.nodes, apptest.Start(t, environment, mode, "--listen", "{listen}"))
	}
	return w
}

// someone is an address that nobody has called from yet.
func (w *world) someone() string {
	w.people++
	return fmt.Sprintf("198.51.%d.%d", w.people/250, 1+w.people%250)
}

// passes asks a node to test a credential that is none, and reports whether the
// request was judged rather than refused.
func (w *world) passes(node *apptest.Process, address string) bool {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPost, node.Base+"/auth/2fa/request", strings.NewReader("{}"))
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", address)
	answer, err := w.client.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnprocessableEntity && answer.StatusCode != http.StatusTooManyRequests {
		w.Fatalf("answered with %d", answer.StatusCode)
	}
	return answer.StatusCode == http.StatusUnprocessableEntity
}

// spend asks the nodes in turn until one of them refuses, and returns how many
// requests passed.
func (w *world) spend(address string, nodes ...*apptest.Process) (passed int) {
	w.Helper()
	for refused := false; !refused; {
		for _, node := range nodes {
			if w.passes(node, address) {
				passed++
			} else {
				refused = true
			}
		}
	}
	return passed
}

// count is how many requests a budget holds.
var count = httpkit.LimitCredential.Rate.Count

// back is how many requests may have come back to a budget since then.
func back(since time.Time) int {
	return int(time.Since(since)/httpkit.LimitCredential.Rate.Pace().Interval) + 1
}

// wantsOneBudget spends a budget and fails unless that is what passed.
func (w *world) wantsOneBudget(what, address string, nodes ...*apptest.Process) {
	w.Helper()
	began := time.Now()
	if passed := w.spend(address, nodes...); passed < count || passed > count+back(began) {
		w.Errorf("%s: %d passed, want %d to %d", what, passed, count, count+back(began))
	}
}

// told is how often the nodes have logged something.
func (w *world) told(text string) (times int) {
	for _, node := range w.nodes {
		times += strings.Count(node.Output(), text)
	}
	return times
}

// wantsToShare waits until all nodes ask Redis, and fails unless they then share
// one budget. A machine that is very busy makes a node do without for a moment;
// what passed then counts for nothing. It returns whose budget was spent, from when.
func (w *world) wantsToShare(what string) (address string, began time.Time) {
	w.Helper()
	for patience := time.After(patience); ; {
		select {
		case <-patience:
			w.Fatalf("%s: the nodes do not find Redis", what)
		case <-time.After(20 * time.Millisecond): // between looks; nothing is asserted on it
		}
		for _, node := range w.nodes {
			w.passes(node, w.someone())
		}
		before := w.told(lost)
		if w.told(found) != before {
			continue
		}
		address, began = w.someone(), time.Now()
		passed := w.spend(address, w.nodes...)
		if w.told(lost) != before {
			continue
		}
		if passed < count || passed > count+back(began) {
			w.Errorf("%s: %d passed at both nodes, want %d to %d", what, passed, count, count+back(began))
		}
		return address, began
	}
}

// ready is what a node says of itself.
func (w *world) ready(node *apptest.Process) string {
	w.Helper()
	answer, err := w.client.Get(node.Base + "/readyz")
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return fmt.Sprint(answer.StatusCode, " ", string(text))
}

// wantsReady waits until a node says so of itself; it remembers for a second.
func (w *world) wantsReady(node *apptest.Process, want string) {
	w.Helper()
	for patience := time.After(patience); w.ready(node) != want; {
		select {
		case <-patience:
			w.Fatalf("readiness is %s, want %s", w.ready(node), want)
		case <-time.After(20 * time.Millisecond): // between looks
		}
	}
}

func TestSecurity19NodesShareLimitsAndKeepThemWithoutRedis(t *testing.T) {
	w := newWorld(t, "serve")
	const ready, degraded = `200 {"status":"ready"}`, `200 {"status":"degraded","failing":["redis"]}`
	w.wantsToShare("with Redis")
	w.wantsReady(w.nodes[0], ready)
	for _, outage := range []struct {
		what       string
		begin, end func(testing.TB)
	}{
		{"killed", w.redis.Kill, w.redis.Restart},
		{"frozen", w.redis.Freeze, w.redis.Thaw},
	} {
		spent, began := w.wantsToShare("before Redis is " + outage.what)
		outage.begin(t)
		for _, node := range w.nodes {
			w.wantsOneBudget("one node, Redis "+outage.what, w.someone(), node)
			// It goes on from what it has heard, which may be one request old.
			if passed := w.spend(spent, node); passed > back(began)+1 {
				t.Errorf("Redis %s: %d more passed of a budget that was spent", outage.what, passed)
			}
		}
		w.wantsReady(w.nodes[0], degraded)
		outage.end(t)
		w.wantsToShare("after Redis was " + outage.what)
		w.wantsReady(w.nodes[0], ready)
	}
	for _, node := range w.nodes {
		if err := node.Stop(); err != nil {
			t.Errorf("a node ended with %v\n%s", err, node.Output())
		}
	}
}

func TestSharedBudgetsFollowTheClockOfDevelopment(t *testing.T) {
	w := newWorld(t, "dev")
	address, _ := w.wantsToShare("in development")
	answer, err := w.client.Post(w.nodes[0].Base+"/dev/clock", "application/json", strings.NewReader(`{"advance":"1h"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	w.wantsOneBudget("an hour later", address, w.nodes[0])
}

func TestLimitsThatAreOffAreOffWithRedisToo(t *testing.T) {
	w := newWorld(t, "dev", "PURSE_RATE_LIMITS=off")
	address := w.someone()
	for range 2 * count {
		if !w.passes(w.nodes[0], address) {
			t.Fatal("a request was refused")
		}
	}
}

func TestAPurseStartsWithoutItsRedisAndShowsNoPassword(t *testing.T) {
	server := redistest.Start(t)
	server.Kill(t)
	node := apptest.Start(t, []string{"PURSE_REDIS_URL=redis://:hunter2@" + server.Address()}, "dev", "--ephemeral", "--listen", "{listen}")
	if text := node.Output(); !strings.Contains(text, lost) || strings.Contains(text, "hunter2") {
		t.Errorf("printed:\n%s", text)
	}
}
