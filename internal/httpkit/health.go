package httpkit

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"purse/internal/clock"
)

const (
	readyTimeout = 2 * time.Second
	// readyMemory keeps strangers who ask for readiness from asking the database.
	readyMemory = time.Second
)

// Check is one thing that must work before Purse takes requests. Its name is
// public; its error is not shown.
type Check struct {
	Name string
	Test func(context.Context) error
	// Degrades says that Purse goes on without it, in a lesser way.
	Degrades bool
}

// Health answers whether the process lives and whether it is ready.
type Health struct {
	clock    clock.Clock
	checks   []Check
	stopping atomic.Bool

	mutex   sync.Mutex
	asked   time.Time // when the rest was found
	failing []string
	ready   bool // nothing fails that Purse cannot go on without
}

// NewHealth makes the health of these checks.
func NewHealth(c clock.Clock, checks ...Check) *Health { return &Health{clock: c, checks: checks} }

// Stop makes Ready answer 503 from now on.
func (h *Health) Stop() { h.stopping.Store(true) }

// Live answers 200 as long as the process can answer at all.
func (h *Health) Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = jsonType
		_, _ = w.Write([]byte(`{"status":"ok"}`))
	})
}

// Ready answers 200 when every check passes, and also when only those fail that
// Purse goes on without ("degraded"); else 503. It names those that fail. A result
// is good for a second.
func (h *Health) Ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := struct {
			Status  string   `json:"status"`
			Failing []string `json:"failing,omitempty"`
		}{Status: "ready"}
		status := http.StatusOK
		if h.stopping.Load() {
			answer.Status, status = "stopping", http.StatusServiceUnavailable
		} else if failing, ready := h.test(r.Context()); len(failing) > 0 {
			answer.Status, answer.Failing = "degraded", failing
			if !ready {
				answer.Status, status = "unavailable", http.StatusServiceUnavailable
			}
		}
		w.Header()["Content-Type"] = jsonType
		w.WriteHeader(status)
		text, _ := json.Marshal(answer) // strings only: cannot fail
		_, _ = w.Write(text)
	})
}

func (h *Health) test(ctx context.Context) (failing []string, ready bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if now := h.clock.Now(); h.asked.IsZero() || now.Sub(h.asked) >= readyMemory {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		h.asked, h.failing, h.ready = now, nil, true
		for _, check := range h.checks {
			if check.Test(ctx) != nil {
				h.failing = append(h.failing, check.Name)
				h.ready = h.ready && check.Degrades
			}
		}
	}
	return h.failing, h.ready
}
