package identity_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/clock"
	"purse/internal/identity"
)

// counted counts the units of work of a service.
type counted struct {
	mailedWork
	views, updates atomic.Int64
}

func (c *counted) View(ctx context.Context, fn func(identity.Tx) error) error {
	c.views.Add(1)
	return c.mailedWork.View(ctx, fn)
}

func (c *counted) Update(ctx context.Context, fn func(identity.Tx) error) error {
	c.updates.Add(1)
	return c.mailedWork.Update(ctx, fn)
}

func countWork(w *world) *counted {
	c := &counted{mailedWork: w.options.Work.(mailedWork)}
	w.options.Work = c
	w.Service = w.another()
	identity.UseCost(w.Service, 64, 1)
	return c
}

func TestASessionIsValidOnItsSurfaceAlone(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	_, err := w.Check(t.Context(), token, other)
	w.want(identity.ErrNoSession, err)
	_, err = w.Check(t.Context(), token, identity.Bank)
	w.want(nil, err)
	_, err = w.Check(t.Context(), token, other) // now from memory
	w.want(identity.ErrNoSession, err)
	w.want(nil, w.End(t.Context(), token, other))
	_, err = w.Check(t.Context(), token, identity.Bank)
	w.want(nil, err)
}

func TestATokenThatIsNoneIsNoSession(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	for _, bad := range []string{"", "x", token[1:], token + "x", strings.ToUpper(token), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("x", 1<<20)} {
		_, err := w.Check(t.Context(), bad, identity.Bank)
		w.want(identity.ErrNoSession, err)
		w.want(nil, w.End(t.Context(), bad, identity.Bank))
	}
}

func TestASurfaceWithoutALifetimeIssuesNoSessions(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, w.last(identity.SignInCode, "ann@example.com").Code, identity.Client{Surface: "unknown"})
	if err == nil {
		t.Fatal("a session was issued")
	}
}

func TestASessionSlidesAndExpiresWhenItIsNotUsed(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	for range 5 {
		w.clock.Advance(45*time.Minute - time.Microsecond)
		session, err := w.Check(t.Context(), token, identity.Bank)
		w.want(nil, err)
		if !session.Slid || !session.ExpiresAt.Equal(w.clock.Now().Add(45*time.Minute)) {
			t.Fatalf("slid %t, expires %s", session.Slid, session.ExpiresAt)
		}
	}
	w.clock.Advance(45 * time.Minute)
	_, err := w.Check(t.Context(), token, identity.Bank)
	w.want(identity.ErrNoSession, err)
}

func TestASessionIsWrittenAtMostOnceAMinute(t *testing.T) {
	w := newWorld(t)
	c := countWork(w)
	token := w.register(ann).Token
	c.updates.Store(0)
	for minute := range 3 {
		w.clock.Advance(59 * time.Second)
		session, err := w.Check(t.Context(), token, identity.Bank)
		w.want(nil, err)
		if session.Slid {
			t.Fatal("slid within a minute")
		}
		w.clock.Advance(time.Second)
		var slid atomic.Int64
		fifty(t, nil, func(int) error {
			session, err := w.Check(t.Context(), token, identity.Bank)
			if session.Slid {
				slid.Add(1)
			}
			return err
		})
		if slid.Load() != 1 || c.updates.Load() != int64(minute+1) {
			t.Fatalf("after %d minutes: %d callers slid, %d writes", minute+1, slid.Load(), c.updates.Load())
		}
	}
}

// hookedClock runs a function at the nth time that somebody asks it.
type hookedClock struct {
	*clock.Manual
	asked  int
	before map[int]func()
}

func (h *hookedClock) Now() time.Time {
	h.asked++
	if before := h.before[h.asked]; before != nil {
		before()
	}
	return h.Manual.Now()
}

func TestTwoChecksThatMeetWriteOnce(t *testing.T) {
	for asked := 1; asked <= 6; asked++ {
		w := newWorld(t)
		token := w.register(ann).Token
		hooked := &hookedClock{Manual: w.clock}
		w.options.Clock = hooked
		c := countWork(w)
		met := false
		check := func() {
			_, err := w.Check(t.Context(), token, identity.Bank)
			w.want(nil, err)
		}
		check() // into memory
		w.clock.Advance(time.Minute)
		c.updates.Store(0)
		hooked.before = map[int]func(){hooked.asked + asked: func() { met = true; check() }}
		check()
		if asked <= 4 && !met {
			t.Errorf("the checks did not meet at %d: this test shows nothing", asked)
		}
		if c.updates.Load() != 1 {
			t.Errorf("meeting at %d: %d writes", asked, c.updates.Load())
		}
	}
}

func TestASessionIsReadAtMostOnceInItsTimeInMemory(t *testing.T) {
	const lifetime = 800 * time.Millisecond
	w := newWorld(t)
	c := countWork(w)
	token := w.register(ann).Token
	c.views.Store(0)
	for span := range 3 {
		for range 100 {
			_, err := w.Check(t.Context(), token, identity.Bank)
			w.want(nil, err)
			w.clock.Advance(lifetime/100 - time.Microsecond)
		}
		w.clock.Advance(100 * time.Microsecond)
		if c.views.Load() != int64(span+1) {
			t.Fatalf("%d reads in %d times %s", c.views.Load(), span+1, lifetime)
		}
	}
}

func TestWhatAnotherProcessEndsIsEndedWithinASecond(t *testing.T) {
	for name, end := range map[string]func(s *identity.Service, in identity.SignedIn) error{
		"logout": func(s *identity.Service, in identity.SignedIn) error {
			return s.End(context.Background(), in.Token, identity.Bank)
		},
		"deactivation": func(s *identity.Service, in identity.SignedIn) error {
			return s.Deactivate(context.Background(), in.Session.User)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.register(ann)
			_, err := w.Check(t.Context(), in.Token, identity.Bank)
			w.want(nil, err)
			w.want(nil, end(w.another(), in))
			w.clock.Advance(time.Second)
			_, err = w.Check(t.Context(), in.Token, identity.Bank)
			w.want(identity.ErrNoSession, err)
		})
	}
}

func TestWhatThisProcessEndsIsEndedAtOnce(t *testing.T) {
	for name, end := range map[string]func(w *world, in identity.SignedIn) error{
		"logout": func(w *world, in identity.SignedIn) error { return w.End(w.t.Context(), in.Token, identity.Bank) },
		"one of the list": func(w *world, in identity.SignedIn) error {
			ended, err := w.EndSession(w.t.Context(), in.Session.User, in.Session.ID)
			if !ended {
				w.t.Error("nothing was ended")
			}
			return err
		},
		"all":          func(w *world, in identity.SignedIn) error { return w.EndAll(w.t.Context(), in.Session.User) },
		"deactivation": func(w *world, in identity.SignedIn) error { return w.Deactivate(w.t.Context(), in.Session.User) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.register(ann)
			_, err := w.Check(t.Context(), in.Token, identity.Bank)
			w.want(nil, err)
			w.want(nil, end(w, in))
			_, err = w.Check(t.Context(), in.Token, identity.Bank)
			w.want(identity.ErrNoSession, err)
			w.want(nil, w.Activate(t.Context(), in.Session.User))
			_, err = w.Check(t.Context(), in.Token, identity.Bank)
			w.want(identity.ErrNoSession, err)
			w.want(nil, w.End(t.Context(), in.Token, identity.Bank))
		})
	}
}

// staleWork ends sessions between a read and its caller's return.
type staleWork struct {
	mailedWork
	after func()
}

func (s *staleWork) View(ctx context.Context, fn func(identity.Tx) error) error {
	err := s.mailedWork.View(ctx, fn)
	if after := s.after; after != nil {
		s.after = nil
		after()
	}
	return err
}

func TestAReadThatARevocationOvertakesIsNotRemembered(t *testing.T) {
	w := newWorld(t)
	in := w.register(ann)
	stale := &staleWork{mailedWork: w.options.Work.(mailedWork)}
	w.options.Work = stale
	w.Service = w.another()
	stale.after = func() { w.want(nil, w.EndAll(t.Context(), in.Session.User)) }
	_, err := w.Check(t.Context(), in.Token, identity.Bank)
	w.want(nil, err) // it was read before
	_, err = w.Check(t.Context(), in.Token, identity.Bank)
	w.want(identity.ErrNoSession, err)
}

func TestAUserSeesAndEndsTheirOwnSessionsAlone(t *testing.T) {
	w := newWorld(t)
	first := w.register(ann)
	w.clock.Advance(time.Minute)
	second := w.signIn(ann, goodPassword)
	bob := ann
	bob.Identifiers = identity.Identifiers{Email: "bob@example.com", Phone: "+15550104444", SocialSecurity: "4444"}
	stranger := w.register(bob)
	list, err := w.Sessions(t.Context(), first.Session.User)
	w.want(nil, err)
	if len(list) != 2 || list[0] != second.Session || list[1] != first.Session {
		t.Fatalf("got %+v", list)
	}
	ended, err := w.EndSession(t.Context(), first.Session.User, stranger.Session.ID)
	w.want(nil, err)
	if ended {
		t.Error("ended another user's session")
	}
	w.want(nil, w.EndAll(t.Context(), first.Session.User))
	_, err = w.Check(t.Context(), stranger.Token, identity.Bank)
	w.want(nil, err)
	w.clock.Advance(45 * time.Minute)
	list, err = w.Sessions(t.Context(), stranger.Session.User)
	w.want(nil, err)
	if len(list) != 0 {
		t.Errorf("an expired session is listed: %+v", list)
	}
}

func TestFiftyChecksAndALogoutAgreeInTheEnd(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	var wait sync.WaitGroup
	wait.Go(func() { w.End(t.Context(), token, identity.Bank) })
	fifty(t, identity.ErrNoSession, func(int) error {
		_, err := w.Check(t.Context(), token, identity.Bank)
		return err
	})
	wait.Wait()
	_, err := w.Check(t.Context(), token, identity.Bank)
	w.want(identity.ErrNoSession, err)
}

func TestACheckFromMemoryAllocatesNothing(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	ctx := t.Context()
	check := func() {
		if _, err := w.Check(ctx, token, identity.Bank); err != nil {
			t.Fatal(err)
		}
	}
	check()
	if allocations := testing.AllocsPerRun(100, check); allocations != 0 {
		t.Errorf("%.0f allocations", allocations)
	}
}

func BenchmarkCheckFromMemory(b *testing.B) {
	w := newWorld(b)
	token := w.register(ann).Token
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.Check(context.Background(), token, identity.Bank); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func TestRequiringTwoFactorsEndsSessionsOfOneOnEverySurface(t *testing.T) {
	w := newWorld(t)
	weak := w.signedSession()
	user := weak.Session.User
	opaque, err := w.SignIn(t.Context(), claim.Login, "zoe", "correct horse battery", identity.Client{Surface: other})
	w.want(nil, err)
	strong, err := startWith(w, user, identity.TwoFactors)
	w.want(nil, err)
	w.want(nil, w.SetTwoFactorRequired(t.Context(), user, true))
	_, err = w.Check(t.Context(), weak.Token, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Renew(t.Context(), weak.Refresh, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Check(t.Context(), opaque.Token, other)
	w.want(identity.ErrNoSession, err)
	_, err = w.Check(t.Context(), strong.Token, other)
	w.want(nil, err)
}

// startWith starts a session that was proven with so many factors.
func startWith(w *world, user identity.UserID, factors identity.Assurance) (s identity.SignedIn, err error) {
	err = w.options.Work.Update(w.t.Context(), func(tx identity.Tx) error {
		s, err = w.StartSession(tx, user, factors, identity.Client{Surface: other})
		return err
	})
	return s, err
}
