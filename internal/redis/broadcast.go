package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// tellTimeout bounds what telling costs a request. All answer within a
	// hundredth of it.
	tellTimeout = 250 * time.Millisecond
	// quietTimeout bounds it for a pause after a node has not answered: long enough
	// for those that do.
	quietTimeout = 25 * time.Millisecond
	// pulse is how often a node that hears nothing asks whether it would.
	pulse = time.Second
	// retry is the time between two tries to subscribe.
	retry = 250 * time.Millisecond
)

// What broadcasts are called at the server, beside its number of the database:
// channels, unlike keys, are not of one database.
const (
	channelPrefix = "purse:told:"
	heardPrefix   = "purse:heard:"
)

//go:embed answer.lua
var answerText string

var answer = goredis.NewScript(answerText)

// errDeaf is a node that the server tells nothing.
var errDeaf = errors.New("redis: this node is not subscribed")

// Broadcast tells all nodes something, and knows when each of them has acted on
// it. A node that cannot be told is not waited for, and learns when it hears again
// that it may have missed something.
type Broadcast struct {
	mouth   *goredis.Client // tells, and waits for answers
	ears    *goredis.Client // hears, and answers
	channel string
	log     *slog.Logger

	patience time.Duration // how long the nodes are waited for
	server   *circuit      // whether the server may be asked
	nodes    *circuit      // whether the nodes may be waited for with patience

	first sync.Once
	tried chan struct{} // closed after the first try to subscribe
	hears atomic.Bool
}

// OpenBroadcast makes a broadcast over the server at the address. It does not
// connect. The error never shows the address.
func OpenBroadcast(address string, log *slog.Logger) (*Broadcast, error) {
	options, err := parse(address)
	if err != nil {
		return nil, err
	}
	options.ReadTimeout, options.WriteTimeout = tellTimeout, tellTimeout
	return newBroadcast(options, log), nil
}

func newBroadcast(options *goredis.Options, log *slog.Logger) *Broadcast {
	mouth, ears := *options, *options
	return &Broadcast{
		mouth: connect(&mouth), ears: connect(&ears), channel: channelPrefix + strconv.Itoa(options.DB),
		log: log, patience: tellTimeout, server: newCircuit(), nodes: newCircuit(), tried: make(chan struct{}),
	}
}

// Close ends all connections.
func (b *Broadcast) Close() error { return errors.Join(b.mouth.Close(), b.ears.Close()) }

// Tell tells all nodes a text and returns when each has acted on it, this one
// among them if it hears: then all is true. It is false when there is nobody who
// hears, when the server is down, or when somebody takes longer than a quarter of
// a second; for a second after that nobody waits as long again.
func (b *Broadcast) Tell(text string) (all bool) {
	if !b.server.enter() {
		return false
	}
	patience := b.patience
	if !b.nodes.enter() {
		patience = quietTimeout
	}
	// Not a request's context: what has ended has ended, whoever waits for the answer.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	key := heardPrefix + rand.Text()
	told, err := b.mouth.Publish(ctx, b.channel, key+" "+text).Result()
	if err != nil {
		if b.server.fail() {
			b.log.Warn("the other nodes cannot be told what this one ends: it counts there within a second", "error", err)
		}
		return false
	}
	if b.server.succeed() {
		b.log.Warn("the other nodes are told again what this one ends")
	}
	for range told {
		if err := b.mouth.BLPop(ctx, time.Second, key).Err(); err != nil { // the context ends sooner
			if b.nodes.fail() {
				b.log.Warn("a node does not say that it knows what this one has ended: it counts there within a second", "error", err)
			}
			return false
		}
	}
	if b.nodes.succeed() {
		b.log.Warn("all nodes say again that they know what this one has ended")
	}
	return told > 0
}

// Run hears what all nodes tell until ctx ends, and subscribes anew whenever the
// server was lost. Each text goes to act, and to missed that something may have
// been told to others alone, each time before anything else is heard.
func (b *Broadcast) Run(ctx context.Context, act func(text string), missed func()) error {
	defer b.first.Do(func() { close(b.tried) })
	for lost := false; ; {
		heard, err := b.listen(ctx, act, func() {
			missed()
			if lost {
				lost = false
				b.log.Warn("this node is told again what others end")
			}
		})
		b.first.Do(func() { close(b.tried) })
		if ctx.Err() != nil {
			return nil
		}
		pause := retry
		switch {
		case heard: // the connection alone may be gone: the next try tells
			pause = retry / 10
		case !lost:
			lost = true
			b.log.Warn("this node is not told what others end: it finds out within a second", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// listen subscribes and hears until the server is lost or ctx ends, and says
// whether it had heard anything.
func (b *Broadcast) listen(ctx context.Context, act func(text string), subscribed func()) (heard bool, err error) {
	subscription := b.ears.Subscribe(ctx)
	stop := context.AfterFunc(ctx, func() { _ = subscription.Close() }) // a read does not end with ctx
	defer func() {
		b.hears.Store(false)
		if stop() {
			_ = subscription.Close()
		}
	}()
	if err := subscription.Subscribe(ctx, b.channel); err != nil {
		return false, err
	}
	for asked := true; ; { // an answer is due: that the subscription is made
		message, err := subscription.ReceiveTimeout(ctx, pulse)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout() && !asked:
			if err := subscription.Ping(ctx); err != nil {
				return heard, err
			}
			asked = true
			continue
		case err != nil:
			return heard, err
		}
		asked, heard = false, true
		switch m := message.(type) {
		case *goredis.Subscription:
			subscribed()
			b.hears.Store(true)
			b.first.Do(func() { close(b.tried) })
		case *goredis.Message:
			key, text, _ := strings.Cut(m.Payload, " ")
			act(text)
			b.answer(ctx, key)
		}
	}
}

// answer tells who waits at the key that this node has acted. Where that fails,
// they find out by themselves.
func (b *Broadcast) answer(ctx context.Context, key string) {
	if strings.HasPrefix(key, heardPrefix) { // nobody waits at others
		_ = answer.Run(ctx, b.ears, []string{key}, time.Second.Milliseconds()).Err()
	}
}

// Tried is closed once Run has subscribed, or has failed to for the first time.
func (b *Broadcast) Tried() <-chan struct{} { return b.tried }

// Test reports whether this node hears what it is told.
func (b *Broadcast) Test() error {
	if !b.hears.Load() {
		return errDeaf
	}
	return nil
}
