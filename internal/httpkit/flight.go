package httpkit

import (
	"context"
	"sync"
	"time"
)

// DefaultKeyPatience is how long a request waits for an earlier one with the
// same idempotency key: longer than almost any takes, so that who repeats a
// request in haste gets its answer rather than a refusal.
const DefaultKeyPatience = 2 * time.Second

// flights are the requests under way that have an idempotency key. Those at
// other nodes are not among them: there the database makes the later one wait.
type flights struct {
	mutex sync.Mutex
	ends  map[flight]chan struct{} // closed when the request is over
}

// flight is one key of one caller for one operation.
type flight struct {
	user  int64
	route string
	key   string
}

// enter begins a flight, after one that is under way. It returns ErrKeyInFlight
// when that is not over within patience, else what ends the flight.
func (f *flights) enter(ctx context.Context, name flight, patience time.Duration) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		other, leave := f.begin(name)
		if other == nil {
			return leave, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ErrKeyInFlight
		}
	}
}

// begin begins a flight, or returns the end of the one that is under way.
func (f *flights) begin(name flight) (other <-chan struct{}, leave func()) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if end, under := f.ends[name]; under {
		return end, nil
	}
	if f.ends == nil {
		f.ends = map[flight]chan struct{}{}
	}
	end := make(chan struct{})
	f.ends[name] = end
	return nil, func() {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		delete(f.ends, name)
		close(end)
	}
}

// underKey runs the handler of a route that moves money, one request at a time
// for each key. A request that waits holds no place that others could use.
func (e *endpoint) underKey(c *Call) (err error) {
	if c.key, err = idempotencyKey(c.request.Header); err != nil {
		return err
	}
	if c.key == "" {
		return e.Handle(c)
	}
	c.end()
	leave, err := e.handler.flights.enter(c.requestContext, flight{c.caller.UserID, e.name, c.key}, e.handler.keyPatience)
	if err != nil {
		return err
	}
	defer leave()
	if err := c.begin(); err != nil {
		return err
	}
	return e.Handle(c)
}
