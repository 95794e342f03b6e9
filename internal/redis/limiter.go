package redis

import (
	"context"
	_ "embed"
	"errors"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"purse/internal/clock"
	"purse/internal/httpkit/limit"
)

// keyPrefix is before every budget's key.
const keyPrefix = "purse:limit:"

//go:embed take.lua
var takeText string

var take = goredis.NewScript(takeText)

var errAnswer = errors.New("not the answer of the script")

// Limiter counts for all nodes together, in one round trip for each request. The
// server's clock decides: the nodes' clocks may differ. While the server is down
// each node counts for itself, and goes on from what it has last heard.
type Limiter struct {
	client *Client
	local  *limit.Memory
	clock  clock.Clock
	ahead  func() time.Duration
}

// NewLimiter makes a limiter. Local counts while the server is down; the clock is
// for telling when a budget is full again; ahead is how far it runs ahead of real
// time, in development, and nil where it does not.
func NewLimiter(client *Client, local *limit.Memory, c clock.Clock, ahead func() time.Duration) *Limiter {
	if ahead == nil {
		ahead = func() time.Duration { return 0 }
	}
	return &Limiter{client: client, local: local, clock: c, ahead: ahead}
}

// Take counts the request.
func (l *Limiter) Take(ctx context.Context, key limit.Key, rate limit.Rate) limit.Decision {
	pace := rate.Pace()
	var allowed bool
	var missing time.Duration
	err := l.client.ask(ctx, func(ctx context.Context) (err error) {
		allowed, missing, err = l.take(ctx, key, pace)
		return err
	})
	if err != nil {
		return l.local.Take(ctx, key, rate)
	}
	l.local.Learn(key, missing)
	return pace.Decide(allowed, missing, l.clock.Now())
}

func (l *Limiter) take(ctx context.Context, key limit.Key, pace limit.Pace) (allowed bool, missing time.Duration, err error) {
	answer, err := take.Run(ctx, l.client.inner, []string{keyOf(key)},
		pace.Interval.Microseconds(), pace.Whole.Microseconds(), l.ahead().Microseconds()).Int64Slice()
	if err != nil {
		return false, 0, err
	}
	if len(answer) != 2 {
		return false, 0, errAnswer
	}
	return answer[0] == 1, time.Duration(answer[1]) * time.Microsecond, nil
}

// keyOf is the server's key of a budget: an address has a dot or a colon, an id
// has neither.
func keyOf(key limit.Key) string {
	text := append(make([]byte, 0, 64), keyPrefix...)
	text = append(append(text, key.Class...), ':')
	if key.Address.IsValid() {
		return string(key.Address.AppendTo(text))
	}
	return string(strconv.AppendInt(text, key.ID, 10))
}
