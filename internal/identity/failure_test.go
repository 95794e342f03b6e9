package identity_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/internal/fault"
	"purse/internal/identity"
)

func (w *world) fail(email, address string) error {
	return w.RequestSignIn(w.t.Context(), email, "wrong horse", from(address))
}

// wantWait expects a refusal with the time to wait.
func (w *world) wantWait(want time.Duration, got error) {
	w.t.Helper()
	w.want(identity.ErrTooManyFailures, got)
	if e := fault.From(got); e.Kind != fault.TooMany || e.RetryAfter != want {
		w.t.Fatalf("retry after %s, want %s", e.RetryAfter, want)
	}
}

func TestSecurity4TenFailuresFromOneAddressBlockItRightOrWrong(t *testing.T) {
	for name, email := range map[string]string{"known account": ann.Email, "unknown account": "nobody@example.com"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register(ann)
			for range 10 {
				w.want(identity.ErrInvalidCredentials, w.fail(email, "192.0.2.1"))
				w.clock.Advance(time.Second)
			}
			w.wantWait(59*time.Second, w.fail(email, "192.0.2.1"))
			w.wantWait(59*time.Second, w.RequestSignIn(t.Context(), email, goodPassword, from("192.0.2.1")))
			w.wantWait(59*time.Second, w.another().RequestSignIn(t.Context(), email, goodPassword, from("192.0.2.1")))
			w.want(identity.ErrInvalidCredentials, w.fail(email, "192.0.2.2"))
			w.want(identity.ErrInvalidCredentials, w.fail("other@example.com", "192.0.2.1"))
		})
	}
}

func TestSecurity4BlocksDoubleToFifteenMinutesAndEndWithASuccess(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	for range 10 {
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
	}
	for _, minutes := range []time.Duration{1, 2, 4, 8, 15, 15} {
		w.wantWait(minutes*time.Minute, w.fail(ann.Email, "192.0.2.1"))
		w.clock.Advance(minutes*time.Minute - time.Microsecond)
		w.wantWait(time.Microsecond, w.fail(ann.Email, "192.0.2.1"))
		w.clock.Advance(time.Microsecond)
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
	}
	w.clock.Advance(15 * time.Minute)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, from("192.0.2.1")))
	for range 10 {
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
	}
	w.wantWait(time.Minute, w.fail(ann.Email, "192.0.2.1"))
}

func TestFailuresFadeAfterFifteenMinutes(t *testing.T) {
	w := newWorld(t)
	for range 30 {
		w.want(identity.ErrInvalidCredentials, w.fail("nobody@example.com", "192.0.2.1"))
		w.clock.Advance(100 * time.Second) // nine in any fifteen minutes
	}
}

func TestASuccessClearsTheCountOfItsAddressAlone(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	for range 9 {
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.2"))
	}
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, from("192.0.2.1")))
	w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
	w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.2"))
	w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "192.0.2.1"))
	w.wantWait(time.Minute, w.fail(ann.Email, "192.0.2.2"))
}

func TestSecurity4AHundredFailuresAnHourBlockTheAccountFromEverywhere(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(1234567 * time.Nanosecond) // clocks are finer than rows
	w.register(ann)
	for i := range 99 {
		w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, fmt.Sprintf("192.0.2.%d", i)))
	}
	// Successes neither count nor clear the account's count.
	for i := range 3 {
		w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, from(fmt.Sprintf("198.51.100.%d", i))))
	}
	w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "203.0.113.1"))
	w.wantWait(time.Minute, w.RequestSignIn(t.Context(), ann.Email, goodPassword, from("203.0.113.2")))
	w.clock.Advance(time.Minute)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, from("203.0.113.2")))
	w.want(identity.ErrInvalidCredentials, w.fail(ann.Email, "203.0.113.3"))
	w.wantWait(2*time.Minute, w.fail(ann.Email, "203.0.113.4"))
}

// A stranger who never stops keeps an account's count full. What remains to the
// owner: whatever they are signed in with, and a way in again as soon as it stops.
func TestSecurity4AStrangerLocksNobodyOutForGood(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	stranger := 0
	for range 8 * 60 { // minutes
		for range 5 {
			stranger++
			err := w.fail(ann.Email, fmt.Sprintf("192.0.2.%d", stranger%250))
			if e := fault.From(err); errors.Is(err, identity.ErrTooManyFailures) && e.RetryAfter > 15*time.Minute {
				t.Fatalf("a block of %s", e.RetryAfter)
			}
		}
		if _, err := w.ConfirmSignIn(t.Context(), ann.Email, "WRNG2222", from("192.0.2.1")); !errors.Is(err, identity.ErrInvalidCredentials) {
			t.Fatal(err)
		}
		if _, err := w.Check(t.Context(), token, identity.Bank); err != nil {
			t.Fatalf("the owner is signed out: %v", err)
		}
		w.clock.Advance(time.Minute)
	}
	w.want(identity.ErrTooManyFailures, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank)) // or nothing was tried
	w.clock.Advance(15 * time.Minute)
	w.signIn(ann, goodPassword)
}

func TestAGuesserWithOneIPv6NetworkIsOneAddress(t *testing.T) {
	for address, want := range map[string]string{
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "": "", "pipe": "pipe",
	} {
		if got := identity.Network(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestSecurity4ConcurrentGuessesCannotSlipPastTheCount(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	var wrong, refused atomic.Int64
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			switch err := w.fail(ann.Email, "192.0.2.1"); {
			case errors.Is(err, identity.ErrInvalidCredentials):
				wrong.Add(1)
			case errors.Is(err, identity.ErrTooManyFailures):
				refused.Add(1)
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wait.Wait()
	if wrong.Load() != 10 || refused.Load() != 40 {
		t.Errorf("%d guesses were let in, %d refused", wrong.Load(), refused.Load())
	}
}

func TestManyRightSignInsAtOnceDoNotBlockEachOther(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	if won := fifty(t, nil, func(int) error { return w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank) }); won != 50 {
		t.Errorf("%d of 50 were let in", won)
	}
}

// failureModel is the rule in its plainest form: lists of times.
type failureModel struct {
	failures map[string][]time.Time
	strikes  map[string]int
	until    map[string]time.Time
}

func (m *failureModel) wait(now time.Time, scopes ...string) time.Duration {
	var longest time.Duration
	for _, scope := range scopes {
		longest = max(longest, m.until[scope].Sub(now))
	}
	return longest
}

func (m *failureModel) fail(now time.Time, scope string, most int, window time.Duration) {
	m.failures[scope] = append(m.failures[scope], now)
	if m.strikes[scope] > 0 && !now.Before(m.until[scope].Add(window)) {
		m.strikes[scope] = 0
	}
	recent := 0
	for _, at := range m.failures[scope] {
		if now.Sub(at) < window {
			recent++
		}
	}
	if m.strikes[scope] > 0 || recent >= most {
		minutes := []time.Duration{1, 2, 4, 8, 15}[min(m.strikes[scope], 4)]
		m.until[scope] = now.Add(minutes * time.Minute)
		m.strikes[scope]++
	}
}

func TestAnAddressStartsAfreshAfterAQuietTimePastItsBlock(t *testing.T) {
	w := newWorld(t)
	burst := func() {
		for range 10 {
			w.want(identity.ErrInvalidCredentials, w.fail("nobody@example.com", "192.0.2.1"))
		}
		w.wantWait(time.Minute, w.fail("nobody@example.com", "192.0.2.1"))
	}
	burst()
	w.clock.Advance(time.Minute + 15*time.Minute - time.Microsecond)
	w.want(identity.ErrInvalidCredentials, w.fail("nobody@example.com", "192.0.2.1"))
	w.wantWait(2*time.Minute, w.fail("nobody@example.com", "192.0.2.1"))
	w.clock.Advance(2*time.Minute + 15*time.Minute)
	burst()
}

func TestTheCountOfFailuresFollowsItsModel(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	pauses := []time.Duration{0, 0, 0, time.Second, time.Minute, 2 * time.Minute, 15 * time.Minute, 18 * time.Minute, time.Hour}
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w.clock.Advance(24 * time.Hour) // what earlier runs left is forgotten
		if _, err := w.RemoveExpired(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		m := &failureModel{map[string][]time.Time{}, map[string]int{}, map[string]time.Time{}}
		addresses := rapid.SampledFrom([]int{1, 2, 15}).Draw(t, "addresses")
		for range rapid.IntRange(1, 20).Draw(t, "bursts") {
			w.clock.Advance(rapid.SampledFrom(pauses).Draw(t, "pause"))
			email := rapid.SampledFrom([]string{ann.Email, ann.Email, "nobody@example.com"}).Draw(t, "account")
			first := rapid.IntRange(1, addresses).Draw(t, "address")
			right := email == ann.Email && rapid.IntRange(0, 9).Draw(t, "right") == 0
			for i := range rapid.IntRange(1, 15).Draw(t, "attempts") {
				address := fmt.Sprintf("192.0.2.%d", (first+i)%addresses)
				seen[m.step(t, w, email, address, right)]++
			}
		}
	})
	for _, outcome := range []string{"waits", "succeeds", "fails"} {
		if seen[outcome] < 20 {
			t.Errorf("only %d of the attempts %s: this test shows little", seen[outcome], outcome)
		}
	}
}

// step makes one attempt and holds it against the model.
func (m *failureModel) step(t *rapid.T, w *world, email, address string, right bool) string {
	now, scope := w.clock.Now(), email+" "+address
	password := "wrong horse"
	if right {
		password = goodPassword
	}
	want := m.wait(now, scope, email)
	err := w.RequestSignIn(w.t.Context(), email, password, from(address))
	switch {
	case want > 0:
		if e := fault.From(err); !errors.Is(err, identity.ErrTooManyFailures) || e.RetryAfter != want {
			t.Fatalf("got %v, want to wait %s", err, want)
		}
		return "waits"
	case right:
		if err != nil {
			t.Fatalf("right: got %v", err)
		}
		delete(m.failures, scope)
		delete(m.strikes, scope)
		delete(m.until, scope)
		return "succeeds"
	default:
		if !errors.Is(err, identity.ErrInvalidCredentials) {
			t.Fatalf("wrong: got %v", err)
		}
		m.fail(now, scope, 10, 15*time.Minute)
		m.fail(now, email, 100, time.Hour)
		return "fails"
	}
}
