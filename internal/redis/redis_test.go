package redis

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/internal/clock"
	"purse/internal/httpkit/limit"
	"purse/internal/redistest"
)

// patience is what a server may take to answer where a test needs its answer.
const patience = 30 * time.Second

// lines is a log that a test reads.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// open opens a client that waits for the server's answer as long as it takes.
func open(t *testing.T, address string) (*Client, *lines) {
	t.Helper()
	options, err := parse(address)
	if err != nil {
		t.Fatal(err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = patience, patience, patience
	log := &lines{}
	c := newClient(options, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { c.Close() })
	return c, log
}

// await looks again and again until something has happened.
func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	patience := time.After(patience)
	for !happened() {
		select {
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(10 * time.Millisecond): // between looks; nothing is asserted on it
		}
	}
}

// node is a limiter as each process has one.
func node(c *Client) *Limiter {
	return NewLimiter(c, limit.NewMemory(clock.System{}), clock.System{}, nil)
}

// far is a rate whose budget does not grow while a test runs.
func far(count int) limit.Rate { return limit.Rate{Count: count, Period: 24 * time.Hour} }

var stranger = limit.Key{Class: "credential", Address: netip.MustParseAddr("192.0.2.1")}

func TestNodesShareOneBudget(t *testing.T) {
	server := redistest.Start(t)
	var allowed atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		c, log := open(t, server.URL())
		n := node(c)
		for range 16 {
			group.Go(func() {
				for range 3 {
					if n.Take(t.Context(), stranger, far(30)).Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		t.Cleanup(func() {
			if text := log.String(); text != "" {
				t.Error(text)
			}
		})
	}
	group.Wait()
	if allowed.Load() != 30 {
		t.Errorf("%d allowed, want 30", allowed.Load())
	}
}

func TestTheServerDecidesAsTheProcessDoes(t *testing.T) {
	c, _ := open(t, redistest.Start(t).URL())
	var series int64
	rapid.Check(t, func(t *rapid.T) {
		series++
		var ahead time.Duration
		l := NewLimiter(c, nil, clock.System{}, func() time.Duration { return ahead })
		rate := limit.Rate{Count: rapid.IntRange(1, 70).Draw(t, "count"), Period: time.Duration(rapid.Int64Range(int64(time.Hour), int64(100*time.Hour)).Draw(t, "period"))}
		pace := rate.Pace()
		key := limit.Key{Class: "model", ID: series}
		now := clock.NewManual(time.Unix(0, 0))
		model := limit.NewMemory(now)
		for range rapid.IntRange(1, 40).Draw(t, "requests") {
			ahead += time.Duration(rapid.Int64Range(0, 2*int64(pace.Interval)).Draw(t, "pause"))
			allowed, missing, err := l.take(context.Background(), key, pace)
			if err != nil {
				t.Fatal(err)
			}
			// What is stored tells at which moment the server decided.
			full, err := c.inner.Get(context.Background(), keyOf(key)).Int64()
			if err != nil {
				t.Fatal(err)
			}
			now.Set(time.UnixMicro(full).Add(-missing))
			got, want := pace.Decide(allowed, missing, now.Now()), model.Take(context.Background(), key, rate)
			if got != want {
				t.Fatalf("the server decides %+v, the process %+v", got, want)
			}
			if ttl := c.inner.PTTL(context.Background(), keyOf(key)).Val(); ttl <= 0 || ttl > pace.Whole+time.Millisecond {
				t.Fatalf("the budget is kept for %s", ttl)
			}
		}
	})
}

func TestKeysDoNotShareABudget(t *testing.T) {
	c, _ := open(t, redistest.Start(t).URL())
	n := node(c)
	keys := []limit.Key{
		stranger, {Class: "other", Address: stranger.Address}, {Class: "credential", Address: netip.MustParseAddr("2001:db8::")},
		{Class: "credential", ID: 192}, {Class: "credential", ID: -192}, {Class: "credential"},
	}
	for _, allowed := range []bool{true, false} {
		for _, key := range keys {
			if got := n.Take(t.Context(), key, far(1)).Allowed; got != allowed {
				t.Errorf("%v: allowed is %v, want %v", key, got, allowed)
			}
		}
	}
	for _, key := range c.inner.Keys(t.Context(), "*").Val() {
		if !strings.HasPrefix(key, "purse:limit:") {
			t.Errorf("key %q", key)
		}
	}
}

func TestSecurity19WithoutTheServerEachNodeLimitsForItself(t *testing.T) {
	server := redistest.Start(t)
	c, log := open(t, server.URL())
	n := node(c)
	for range 3 {
		n.Take(t.Context(), stranger, far(5))
	}
	server.Kill(t)
	for i := range 4 { // it goes on from what it has heard: two are left
		if got := n.Take(t.Context(), stranger, far(5)).Allowed; got != (i < 2) {
			t.Errorf("request %d without the server: allowed is %v", i+1, got)
		}
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "redis does not answer") {
		t.Errorf("logged:\n%s", text)
	}
	server.Restart(t)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "redis answers again") {
		t.Errorf("logged:\n%s", text)
	}
	other, _ := open(t, server.URL())
	if !n.Take(t.Context(), stranger, far(1)).Allowed || node(other).Take(t.Context(), stranger, far(1)).Allowed {
		t.Error("the budget is not shared again")
	}
}

func TestANodeFindsTheServerAgainByItself(t *testing.T) {
	server := redistest.Start(t)
	c, log := open(t, server.URL())
	server.Kill(t)
	n := node(c)
	n.Take(t.Context(), stranger, far(5))
	server.Restart(t)
	await(t, "the server to be found", func() bool { // a question a second finds out
		n.Take(t.Context(), stranger, far(5))
		return strings.Contains(log.String(), "redis answers again")
	})
}

func TestAServerThatHangsIsAskedOnceASecondAtMost(t *testing.T) {
	// It takes connections and counts them, and never answers.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c, err := Open("redis://"+listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := node(c)
	for i := range 100 {
		if got := n.Take(t.Context(), stranger, far(7)).Allowed; got != (i < 7) {
			t.Fatalf("request %d: allowed is %v", i+1, got)
		}
	}
	if c.circuit.until.Load() == 0 {
		t.Error("every request asks it")
	}
	if deadline := c.timeout; deadline > 100*time.Millisecond {
		t.Errorf("a question may take %s", deadline)
	}
}

func TestARequestThatIsGivenUpIsNoFailureOfTheServer(t *testing.T) {
	c, log := open(t, redistest.Start(t).URL())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := node(c).Take(ctx, stranger, far(5)); !d.Allowed || d.Remaining != 4 {
		t.Errorf("got %+v", d)
	}
	if text := log.String(); text != "" {
		t.Error(text)
	}
}

func TestClosingLeavesNothingRunning(t *testing.T) {
	server := redistest.Start(t)
	before := runtime.NumGoroutine()
	c, _ := open(t, server.URL())
	n := node(c)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { n.Take(t.Context(), stranger, far(5)) })
	}
	group.Wait()
	server.Kill(t)
	for range 50 {
		_ = c.Ping(t.Context())
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the last goroutine to end", func() bool { return runtime.NumGoroutine() <= before })
}

func TestTheDocumentedUserMayDoAllThatPurseDoes(t *testing.T) {
	server := redistest.Start(t)
	owner, _ := open(t, server.URL())
	rules := []any{"ACL", "SETUSER", "purse", "on", ">hunter2", "resetchannels", "~purse:limit:*", "~purse:heard:*", "~chat_id:*", "&purse:told:*",
		"+eval", "+evalsha", "+time", "+get", "+set", "+del", "+publish", "+subscribe", "+rpush", "+pexpire", "+blpop", "+ping", "+hello", "+select"}
	if err := owner.inner.Do(t.Context(), rules...).Err(); err != nil {
		t.Fatal(err)
	}
	c, log := open(t, "redis://purse:hunter2@"+server.Address()+"/3")
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if d := node(c).Take(t.Context(), stranger, far(1)); !d.Allowed {
		t.Errorf("%+v", d)
	}
	if d := node(c).Take(t.Context(), stranger, far(1)); d.Allowed {
		t.Errorf("not counted by the server: %+v", d)
	}
	tokens := NewTokenCache(c)
	tokens.Put(t.Context(), 7, "token", time.Hour)
	tokens.Delete(t.Context(), 7)
	b, told := openBroadcast(t, "redis://purse:hunter2@"+server.Address()+"/3")
	if n := listen(t, b); !b.Tell("something") || n.heard() != "something" {
		t.Error("not told")
	}
	if text := log.String() + told.String(); text != "" {
		t.Error(text)
	}
	wrong, log := open(t, "redis://purse:hunter3@"+server.Address())
	if wrong.Ping(t.Context()) == nil {
		t.Error("a wrong password is accepted")
	}
	if text := log.String(); text == "" || strings.Contains(text, "hunter") {
		t.Errorf("logged: %s", text)
	}
}

func TestAddressesAreCheckedAndNeverShown(t *testing.T) {
	for address, accepted := range map[string]bool{
		"redis://localhost": true, "redis://localhost:6379": true, "redis://:hunter2@localhost:6379/2": true, "rediss://purse:hunter2@redis.example.com:6380": true,
		"redis://[::1]:6379": true, "": false, "localhost:6379": false, "http://hunter2@localhost": false, "redis://": false, "redis://:hunter2@": false,
		"redis://:hunter2@localhost/two": false, "redis://:hunter2@localhost:port": false, "redis://:hunter 2^%@localhost": false,
		"redis://:hunter2@localhost?read_timeout=1h": false, "unix:///run/redis.sock": false,
	} {
		err := Check(address)
		if (err == nil) != accepted {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter") || !strings.Contains(err.Error(), "redis://HOST:PORT")) {
			t.Errorf("%q: %v", address, err)
		}
	}
	options, err := parse("rediss://redis.example.com")
	if err != nil || options.TLSConfig == nil || options.TLSConfig.ServerName != "redis.example.com" || options.TLSConfig.InsecureSkipVerify {
		t.Errorf("TLS is %+v, %v", options.TLSConfig, err)
	}
}
