package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"purse/internal/redistest"
)

// openBroadcast opens one that waits for others as long as it takes.
func openBroadcast(t *testing.T, address string) (*Broadcast, *lines) {
	t.Helper()
	options, err := parse(address)
	if err != nil {
		t.Fatal(err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = patience, patience, patience
	log := &lines{}
	b := newBroadcast(options, slog.New(slog.NewTextHandler(log, nil)))
	b.patience = patience
	t.Cleanup(func() { b.Close() })
	return b, log
}

// listener is a node that keeps what it hears.
type listener struct {
	mutex  sync.Mutex
	texts  []string
	missed int
	stop   context.CancelFunc
	ended  chan error
	act    func(text string) // before it keeps it; nil does nothing
}

// listen has a node hear until the test ends; it hears when this returns.
func listen(t *testing.T, b *Broadcast) *listener {
	t.Helper()
	l := &listener{ended: make(chan error, 1)}
	l.start(t, b)
	return l
}

func (l *listener) start(t *testing.T, b *Broadcast) {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	go func() {
		l.ended <- b.Run(ctx, func(text string) {
			if l.act != nil {
				l.act(text)
			}
			l.mutex.Lock()
			defer l.mutex.Unlock()
			l.texts = append(l.texts, text)
		}, func() {
			l.mutex.Lock()
			defer l.mutex.Unlock()
			l.missed++
		})
	}()
	t.Cleanup(func() { l.end(t) })
	<-b.Tried()
}

func (l *listener) end(t *testing.T) {
	if l.stop == nil {
		return
	}
	l.stop()
	l.stop = nil
	if err := <-l.ended; err != nil {
		t.Error(err)
	}
}

func (l *listener) heard() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Join(l.texts, " ")
}

func (l *listener) misses() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.missed
}

func TestEveryNodeHasActedWhenTheTellerGoesOn(t *testing.T) {
	server := redistest.Start(t)
	var nodes []*listener
	var teller *Broadcast
	for range 3 {
		b, log := openBroadcast(t, server.URL())
		nodes, teller = append(nodes, listen(t, b)), b
		t.Cleanup(func() {
			if text := log.String(); text != "" {
				t.Error(text)
			}
		})
	}
	command, _ := openBroadcast(t, server.URL()) // hears nothing itself
	var want []string
	for i := range 100 {
		text, by := fmt.Sprint("text-", i), teller
		if i%2 == 0 {
			by = command
		}
		if want = append(want, text); !by.Tell(text) {
			t.Fatalf("%s is not heard by all", text)
		}
		for n, node := range nodes {
			if got := node.heard(); got != strings.Join(want, " ") {
				t.Fatalf("node %d has heard %q after %s", n, got, text)
			}
		}
	}
	for _, node := range nodes {
		if node.misses() != 1 {
			t.Errorf("a node thinks %d times that it has missed something, want once, when it subscribed", node.misses())
		}
	}
	if left := command.mouth.Keys(t.Context(), "*").Val(); len(left) > 0 {
		t.Errorf("keys are left: %v", left)
	}
}

func TestFiftyTellersAreHeardAtOnce(t *testing.T) {
	server := redistest.Start(t)
	one, _ := openBroadcast(t, server.URL())
	two, _ := openBroadcast(t, server.URL())
	nodes := []*listener{listen(t, one), listen(t, two)}
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			text := fmt.Sprintf("<%d>", i)
			if !one.Tell(text) {
				t.Errorf("%s is not heard", text)
			}
			for _, node := range nodes {
				if !strings.Contains(node.heard(), text) {
					t.Errorf("a node has not heard %s", text)
				}
			}
		})
	}
	group.Wait()
}

func TestWithNobodyWhoHearsNobodyHasHeard(t *testing.T) {
	b, log := openBroadcast(t, redistest.Start(t).URL())
	if b.Tell("something") {
		t.Error("somebody has heard")
	}
	if err := b.Test(); !errors.Is(err, errDeaf) {
		t.Errorf("it hears: %v", err)
	}
	if text := log.String(); text != "" {
		t.Error(text)
	}
}

// TestANodeThatDoesNotAnswerHoldsNobodyUpTwice has somebody subscribed who never
// says that they have heard, as a node whose machine has lost its network.
func TestANodeThatDoesNotAnswerHoldsNobodyUpTwice(t *testing.T) {
	server := redistest.Start(t)
	b, log := openBroadcast(t, server.URL())
	node := listen(t, b)
	silent := b.ears.Subscribe(t.Context(), b.channel)
	if _, err := silent.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.patience = tellTimeout
	await(t, "somebody to be missed", func() bool { return !b.Tell("first") && b.nodes.until.Load() != 0 })
	b.patience = patience // the whole of which nobody has now
	await(t, "the others to be told all the same", func() bool { return !b.Tell("second") && strings.Contains(node.heard(), "second") })
	if text := log.String(); strings.Count(text, "a node does not say") != 1 {
		t.Errorf("logged:\n%s", text)
	}
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "everybody to be heard of", func() bool { return b.Tell("third") })
	if text := log.String(); !strings.Contains(text, "all nodes say again") {
		t.Errorf("logged:\n%s", text)
	}
}

func TestWithoutTheServerNobodyIsHeldUpAndWhatWasMissedIsKnown(t *testing.T) {
	server := redistest.Start(t)
	b, log := openBroadcast(t, server.URL())
	node := listen(t, b)
	if !b.Tell("before") {
		t.Fatal("not told")
	}
	server.Kill(t)
	for range 50 {
		if b.Tell("during") {
			t.Error("told without a server")
		}
	}
	if b.server.until.Load() == 0 {
		t.Error("every telling tries the server")
	}
	await(t, "the node to notice", func() bool { return strings.Contains(log.String(), "is not told") })
	server.Restart(t)
	await(t, "the node to subscribe again", func() bool { return node.misses() == 2 && b.Test() == nil })
	await(t, "the server to be asked again", func() bool { return b.Tell("after") })
	if got := node.heard(); !strings.HasPrefix(got, "before after") {
		t.Errorf("heard: %s", got)
	}
	for _, line := range []string{"cannot be told", "are told again", "is not told", "is told again"} {
		if strings.Count(log.String(), line) != 1 {
			t.Errorf("%q is not logged once:\n%s", line, log)
		}
	}
}

func TestAServerThatHangsIsToldOnceASecondAtMost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b, err := OpenBroadcast("redis://"+listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.patience > 250*time.Millisecond {
		t.Errorf("a telling may take %s", b.patience)
	}
	if b.Tell("something") || b.server.until.Load() == 0 || b.server.enter() {
		t.Error("it is told again")
	}
}

func TestANodeStartsWithoutTheServer(t *testing.T) {
	server := redistest.Start(t)
	server.Kill(t)
	b, _ := openBroadcast(t, server.URL())
	node := listen(t, b) // which waits for the first try alone
	if b.Test() == nil || node.misses() != 0 {
		t.Error("it hears")
	}
	server.Restart(t)
	await(t, "the node to hear", func() bool { return b.Test() == nil && node.misses() == 1 })
}

// TestAConnectionThatIsCutIsMadeAnew has the server end the node's connection, as
// it does with those that read too slowly.
func TestAConnectionThatIsCutIsMadeAnew(t *testing.T) {
	server := redistest.Start(t)
	b, _ := openBroadcast(t, server.URL())
	node := listen(t, b)
	if err := b.mouth.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	await(t, "the node to know that it may have missed something", func() bool { return node.misses() == 2 })
	await(t, "it to hear", func() bool { return b.Tell("something") })
}

func TestPursesWithADatabaseEachDoNotHearEachOther(t *testing.T) {
	server := redistest.Start(t)
	one, _ := openBroadcast(t, server.URL()+"/1")
	two, _ := openBroadcast(t, server.URL()+"/2")
	first, second := listen(t, one), listen(t, two)
	if !one.Tell("something") || first.heard() != "something" || second.heard() != "" {
		t.Errorf("heard: %q and %q", first.heard(), second.heard())
	}
}

func TestWhatStrangersPublishIsNoAnswer(t *testing.T) {
	server := redistest.Start(t)
	b, _ := openBroadcast(t, server.URL())
	node := listen(t, b)
	for _, text := range []string{"", " ", "no-key", "purse:limit:x something"} {
		if err := b.mouth.Publish(t.Context(), b.channel, text).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if !b.Tell("last") || !strings.HasSuffix(node.heard(), "last") {
		t.Errorf("heard: %q", node.heard())
	}
	if keys := b.mouth.Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("keys are left: %v", keys)
	}
}

func TestAnAnswerToWhomNobodyWaitsForEnds(t *testing.T) {
	server := redistest.Start(t)
	b, _ := openBroadcast(t, server.URL())
	b.answer(t.Context(), heardPrefix+"gone")
	ttl, err := b.mouth.PTTL(t.Context(), heardPrefix+"gone").Result()
	if err != nil || ttl <= 0 || ttl > time.Second {
		t.Errorf("it is kept for %s, %v", ttl, err)
	}
}

func TestAClosedBroadcastLeavesNothingRunning(t *testing.T) {
	server := redistest.Start(t)
	before := runtime.NumGoroutine()
	b, _ := openBroadcast(t, server.URL())
	node := listen(t, b)
	b.Tell("something")
	node.end(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the last goroutine to end", func() bool { return runtime.NumGoroutine() <= before })
	if err := b.mouth.Ping(t.Context()).Err(); !errors.Is(err, goredis.ErrClosed) {
		t.Errorf("it is not closed: %v", err)
	}
}
