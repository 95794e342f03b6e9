package identity_test

import (
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/identity"
)

// signedSession is somebody who is signed in where tokens are signed.
func (w *world) signedSession() identity.SignedIn {
	w.t.Helper()
	_, err := w.Join(w.t.Context(), identity.Newcomer{Login: "zoe"}, "correct horse battery", noMore)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.SignIn(w.t.Context(), claim.Login, "zoe", "correct horse battery", identity.Client{Surface: signed})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.Token != s.Session.ID.String() || s.Refresh.IsZero() {
		w.t.Fatalf("got token %q and refresh token %v", s.Token, s.Refresh)
	}
	return s
}

func (w *world) renew(refresh id.UUID) identity.SignedIn {
	w.t.Helper()
	s, err := w.Renew(w.t.Context(), refresh, signed)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func TestSecurity10ARefreshTokenRenewsItsSessionOnce(t *testing.T) {
	w := newWorld(t)
	s := w.signedSession()
	w.clock.Advance(23 * time.Hour)
	next := w.renew(s.Refresh)
	if next.Session.ID != s.Session.ID || next.Token != s.Token || next.Refresh == s.Refresh || next.Refresh.IsZero() {
		t.Errorf("got %+v", next)
	}
	w.clock.Advance(23 * time.Hour)
	if _, err := w.Check(t.Context(), s.Token, signed); err != nil {
		t.Errorf("the session was not moved on: %v", err)
	}
	_, err := w.Renew(t.Context(), next.Refresh, other)
	w.want(identity.ErrNoSession, err)
	w.renew(next.Refresh)
	_, err = w.Renew(t.Context(), s.Session.ID, signed) // no refresh token at all
	w.want(identity.ErrNoSession, err)
}

// TestSecurity10ReuseEndsTheFamilyAfterTenSeconds: SECURITY, refresh rotation.
func TestSecurity10ReuseEndsTheFamilyAfterTenSeconds(t *testing.T) {
	w := newWorld(t)
	s := w.signedSession()
	next := w.renew(s.Refresh)
	w.clock.Advance(10 * time.Second)
	_, err := w.Renew(t.Context(), s.Refresh, signed)
	w.want(identity.ErrRefreshSpent, err)
	if _, err := w.Check(t.Context(), s.Token, signed); err != nil {
		t.Errorf("a second tab ended the session: %v", err)
	}
	last := w.renew(next.Refresh)
	w.clock.Advance(time.Second)
	_, err = w.Renew(t.Context(), s.Refresh, signed)
	w.want(identity.ErrRefreshSpent, err)
	_, err = w.Check(t.Context(), s.Token, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Renew(t.Context(), last.Refresh, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Renew(t.Context(), s.Refresh, signed) // spent for ever
	w.want(identity.ErrRefreshSpent, err)
}

func TestSecurity10ASessionHasAnAbsoluteEnd(t *testing.T) {
	w := newWorld(t)
	s := w.signedSession()
	refresh := s.Refresh
	for range 3 {
		w.clock.Advance(20 * time.Hour)
		refresh = w.renew(refresh).Refresh
	}
	w.clock.Advance(12 * time.Hour) // 72 in all
	_, err := w.Renew(t.Context(), refresh, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Check(t.Context(), s.Token, signed)
	w.want(identity.ErrNoSession, err)
}

func TestARefreshTokenExpiresAndEndsWithItsSessionAndUser(t *testing.T) {
	for name, end := range map[string]func(w *world, s identity.SignedIn) error{
		"expired":     func(w *world, _ identity.SignedIn) error { w.clock.Advance(24 * time.Hour); return nil },
		"signed out":  func(w *world, s identity.SignedIn) error { return w.End(w.t.Context(), s.Token, signed) },
		"all ended":   func(w *world, s identity.SignedIn) error { return w.EndAll(w.t.Context(), s.Session.User) },
		"deactivated": func(w *world, s identity.SignedIn) error { return w.Deactivate(w.t.Context(), s.Session.User) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.signedSession()
			if err := end(w, s); err != nil {
				t.Fatal(err)
			}
			_, err := w.Renew(t.Context(), s.Refresh, signed)
			w.want(identity.ErrNoSession, err)
		})
	}
}

func TestSecurity10OfFiftyRenewalsWithOneRefreshTokenOneSucceeds(t *testing.T) {
	w := newWorld(t)
	s := w.signedSession()
	won := fifty(t, identity.ErrRefreshSpent, func(int) error {
		_, err := w.Renew(t.Context(), s.Refresh, signed)
		return err
	})
	if won != 1 {
		t.Errorf("%d renewals with one refresh token", won)
	}
	if _, err := w.Check(t.Context(), s.Token, signed); err != nil {
		t.Errorf("the race ended the session: %v", err)
	}
}
