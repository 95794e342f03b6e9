package identity_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"purse/internal/id"
	"purse/internal/identity"
)

// wire tells another process what one revokes, and keeps what it has carried.
type wire struct {
	other   *identity.Service
	carried []string
	cut     bool
}

func (w *wire) Forget(what string) (all bool) {
	w.carried = append(w.carried, what)
	if w.cut {
		return false
	}
	w.other.Forget(what)
	return true
}

// newWire is a world whose service tells another one over the same database.
func newWire(t *testing.T) (w *world, carries *wire, other *identity.Service) {
	carries = &wire{}
	w = newWorld(t, func(o *identity.Options) { o.Shared, o.Peers = true, carries })
	w.options.Peers = nil
	carries.other = w.another()
	return w, carries, carries.other
}

func TestSecurity11WhatEndsASessionCountsAtThePeersAtOnce(t *testing.T) {
	for name, end := range map[string]func(w *world, in identity.SignedIn) error{
		"logout":       func(w *world, in identity.SignedIn) error { return w.End(w.t.Context(), in.Token, identity.Bank) },
		"all":          func(w *world, in identity.SignedIn) error { return w.EndAll(w.t.Context(), in.Session.User) },
		"deactivation": func(w *world, in identity.SignedIn) error { return w.Deactivate(w.t.Context(), in.Session.User) },
		"erasure":      func(w *world, in identity.SignedIn) error { return w.Erase(w.t.Context(), in.Session.User) },
		"one of the list": func(w *world, in identity.SignedIn) error {
			_, err := w.EndSession(w.t.Context(), in.Session.User, in.Session.ID)
			return err
		},
		"two steps required": func(w *world, in identity.SignedIn) error {
			return w.SetTwoFactorRequired(w.t.Context(), in.Session.User, true)
		},
		"a reset": func(w *world, in identity.SignedIn) error {
			w.want(nil, w.RequestReset(w.t.Context(), ann.Identifiers, atBank))
			_, token, _ := strings.Cut(w.last(identity.ResetLink, "ann@example.com").Link, "token=")
			return w.ConfirmReset(w.t.Context(), token, "another good one")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, other := newWire(t)
			in := w.register(ann)
			token, surface := in.Token, identity.Bank
			if name == "two steps required" { // which a session of the bank has
				weak, err := startWith(w, in.Session.User, identity.OneFactor)
				w.want(nil, err)
				token, surface = weak.Token, weak.Session.Surface
			}
			_, err := other.Check(t.Context(), token, surface)
			w.want(nil, err) // and has it in memory
			w.want(nil, end(w, in))
			_, err = other.Check(t.Context(), token, surface)
			w.want(identity.ErrNoSession, err)
		})
	}
}

func TestSecurity11ARefreshTokenUsedAgainEndsItsFamilyAtThePeers(t *testing.T) {
	w, carries, other := newWire(t)
	in := w.signedSession()
	_, err := w.Renew(t.Context(), in.Refresh, signed)
	w.want(nil, err)
	if len(carries.carried) > 0 {
		t.Errorf("a renewal, which ends nothing, tells %q", carries.carried)
	}
	w.clock.Advance(time.Minute)
	_, err = other.Check(t.Context(), in.Token, signed)
	w.want(nil, err)
	_, err = w.Renew(t.Context(), in.Refresh, signed)
	w.want(identity.ErrRefreshSpent, err)
	_, err = other.Check(t.Context(), in.Token, signed)
	w.want(identity.ErrNoSession, err)
}

func TestSecurity11APermissionThatIsTakenIsGoneAtThePeersAtOnce(t *testing.T) {
	w, _, other := newWire(t)
	user := w.register(ann).Session.User
	w.want(nil, other.Require(t.Context(), user, identity.UseMoney))
	w.want(nil, w.RevokeRole(t.Context(), user, identity.RoleUser))
	w.want(identity.ErrNoPermission, other.Require(t.Context(), user, identity.UseMoney))
	w.want(nil, w.GrantPermission(t.Context(), user, identity.UseMoney))
	w.want(nil, other.Require(t.Context(), user, identity.UseMoney))
	w.want(nil, w.RevokePermission(t.Context(), user, identity.UseMoney))
	w.want(identity.ErrNoPermission, other.Require(t.Context(), user, identity.UseMoney))
}

// TestAReadThatAPushedRevocationOvertakesIsNotRemembered ends a session at one
// process between another's read of its row and the moment it would remember it.
func TestAReadThatAPushedRevocationOvertakesIsNotRemembered(t *testing.T) {
	for name, end := range map[string]func(w *world, in identity.SignedIn) error{
		"that session": func(w *world, in identity.SignedIn) error { return w.End(w.t.Context(), in.Token, identity.Bank) },
		"all sessions": func(w *world, in identity.SignedIn) error { return w.EndAll(w.t.Context(), in.Session.User) },
		"everything":   func(w *world, in identity.SignedIn) error { return w.Erase(w.t.Context(), in.Session.User) },
	} {
		t.Run(name, func(t *testing.T) {
			w, carries, _ := newWire(t)
			in := w.register(ann)
			stale := &staleWork{mailedWork: w.options.Work.(mailedWork), after: func() { w.want(nil, end(w, in)) }}
			w.options.Work = stale
			carries.other = w.another()
			_, err := carries.other.Check(t.Context(), in.Token, identity.Bank)
			w.want(nil, err) // it was read before
			_, err = carries.other.Check(t.Context(), in.Token, identity.Bank)
			w.want(identity.ErrNoSession, err)
		})
	}
	t.Run("a permission", func(t *testing.T) {
		w, carries, _ := newWire(t)
		user := w.register(ann).Session.User
		stale := &staleWork{mailedWork: w.options.Work.(mailedWork), after: func() { w.want(nil, w.RevokeRole(t.Context(), user, identity.RoleUser)) }}
		w.options.Work = stale
		carries.other = w.another()
		w.want(nil, carries.other.Require(t.Context(), user, identity.UseMoney)) // it was read before
		w.want(identity.ErrNoPermission, carries.other.Require(t.Context(), user, identity.UseMoney))
	})
}

func TestWhatEndsNothingTellsNobody(t *testing.T) {
	w, carries, _ := newWire(t)
	in := w.register(ann)
	ctx := t.Context()
	pending, err := w.StartPasswordChange(ctx, in.Session.User, goodPassword, "another good one", atBank)
	w.want(nil, err)
	w.want(identity.ErrCodeRefused, w.FinishPasswordChange(ctx, in.Session.User, in.Session.ID, pending, "000"))
	_, err = w.EndSession(ctx, in.Session.User, id.UUID{1})
	w.want(nil, err)
	w.want(nil, w.End(ctx, "nobody's token", identity.Bank))
	w.want(nil, w.SetTwoFactorRequired(ctx, in.Session.User, false))
	w.want(identity.ErrNoUser, w.Erase(ctx, in.Session.User+1))
	if len(carries.carried) > 0 {
		t.Errorf("told: %q", carries.carried)
	}
}

func TestSecurity11WithoutPeersThatHearAnEndingStillSucceeds(t *testing.T) {
	w, carries, other := newWire(t)
	carries.cut = true
	in := w.register(ann)
	_, err := other.Check(t.Context(), in.Token, identity.Bank)
	w.want(nil, err)
	w.want(nil, w.End(t.Context(), in.Token, identity.Bank))
	w.clock.Advance(time.Second)
	_, err = other.Check(t.Context(), in.Token, identity.Bank)
	w.want(identity.ErrNoSession, err)
}

func TestWhatNoVersionKnowsIsEverything(t *testing.T) {
	for _, what := range []string{"", "something new", "session", "session abc", "session 00", "permissions", "permissions all", "permissions 1x"} {
		t.Run(what, func(t *testing.T) {
			w, _, other := newWire(t)
			in := w.register(ann)
			_, err := other.Check(t.Context(), in.Token, identity.Bank)
			w.want(nil, err)
			w.want(nil, other.Require(t.Context(), in.Session.User, identity.UseMoney))
			quiet := w.another() // tells nobody
			w.want(nil, quiet.End(t.Context(), in.Token, identity.Bank))
			w.want(nil, quiet.RevokeRole(t.Context(), in.Session.User, identity.RoleUser))
			other.Forget(what)
			_, err = other.Check(t.Context(), in.Token, identity.Bank)
			w.want(identity.ErrNoSession, err)
			w.want(identity.ErrNoPermission, other.Require(t.Context(), in.Session.User, identity.UseMoney))
		})
	}
}

func TestEverywhereIsAtOnceWhereAllPeersHear(t *testing.T) {
	for _, cut := range []bool{false, true} {
		w, carries, _ := newWire(t)
		carries.cut = cut
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			if err := w.Everywhere(t.Context()); err != nil {
				t.Error(err)
			}
			if waited := time.Since(began) == time.Second; waited != cut {
				t.Errorf("nobody hears: %t; waited a second: %t", cut, waited)
			}
		})
		if !slices.Equal(carries.carried, []string{""}) {
			t.Errorf("told %q", carries.carried)
		}
	}
}

// A logout names its session alone, and nobody who reads it along can use what it says.
func TestALogoutMakesPeersForgetItsSessionAlone(t *testing.T) {
	w, carries, _ := newWire(t)
	in := w.register(ann)
	second := w.signedSession()
	w.want(nil, w.End(t.Context(), in.Token, identity.Bank))
	w.want(nil, w.End(t.Context(), second.Token, signed))
	for _, text := range carries.carried {
		if !strings.HasPrefix(text, "session ") || strings.Contains(text, in.Token) || strings.Contains(text, second.Token) {
			t.Errorf("told %q", text)
		}
	}
}
