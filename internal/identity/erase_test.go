package identity_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/identity"
	"purse/internal/store"
)

func TestAPersonWhoIsErasedIsNobody(t *testing.T) {
	seen := 0
	w := newWorld(t, func(o *identity.Options) {
		o.OnErase = []func(identity.Tx, identity.User) error{func(_ identity.Tx, u identity.User) error {
			if u.Email == "ann@example.com" {
				seen++
			}
			return nil
		}}
	})
	in := w.register(ann)
	w.want(nil, w.GrantPermission(t.Context(), in.Session.User, "LEND"))
	w.want(nil, w.RequestReset(t.Context(), ann.Identifiers, atBank))
	w.want(nil, w.Erase(t.Context(), in.Session.User))
	w.want(identity.ErrNoUser, w.Erase(t.Context(), in.Session.User))
	w.want(identity.ErrNoUser, w.Activate(t.Context(), in.Session.User))
	if seen != 1 {
		t.Errorf("the hook ran %d times", seen)
	}
	left, err := w.User(t.Context(), in.Session.User)
	w.want(nil, err)
	left.UUID, left.CreatedAt, left.UpdatedAt = [16]byte{}, time.Time{}, time.Time{}
	if got, want := fmt.Sprintf("%+v", left), fmt.Sprintf("%+v", identity.User{ID: left.ID, Status: identity.Inactive}); got != want {
		t.Errorf("what is left: %s", got)
	}
	account, err := w.Account(t.Context(), in.Session.User)
	if err != nil || len(account.Roles)+len(account.Groups)+len(account.Permissions) != 0 {
		t.Errorf("the standing: %+v, %v", account.Standing, err)
	}
	_, err = w.Check(t.Context(), in.Token, identity.Bank)
	w.want(identity.ErrNoSession, err)
	w.want(identity.ErrInvalidCredentials, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	if again := w.register(ann); again.Session.User == in.Session.User { // every identifier is free
		t.Error("an id was used again")
	}
}

func TestAHookThatRefusesKeepsThePersonWhole(t *testing.T) {
	refusal := errors.New("still has money")
	w := newWorld(t, func(o *identity.Options) {
		o.OnErase = []func(identity.Tx, identity.User) error{func(identity.Tx, identity.User) error { return refusal }}
	})
	in := w.register(ann)
	w.want(refusal, w.Erase(t.Context(), in.Session.User))
	if _, err := w.Check(t.Context(), in.Token, identity.Bank); err != nil {
		t.Errorf("the session has ended: %v", err)
	}
	w.signIn(ann, goodPassword)
}

func TestOfFiftyErasuresOneSucceeds(t *testing.T) {
	w := newWorld(t)
	in := w.register(ann)
	if won := fifty(t, identity.ErrNoUser, func(int) error { return w.Erase(t.Context(), in.Session.User) }); won != 1 {
		t.Errorf("%d succeeded", won)
	}
}

// TestWhatWasErasedIsNotInTheDatabasesFiles looks at the bytes, while the
// database is open: among many others, so that rows have moved between pages.
func TestWhatWasErasedIsNotInTheDatabasesFiles(t *testing.T) {
	w := newWorld(t)
	leaving := map[identity.UserID]bool{}
	secrets := func(i int) identity.Newcomer {
		return identity.Newcomer{
			Email: fmt.Sprintf("canary%d@example.com", i), Login: fmt.Sprintf("login-canary-%d", i), Phone: fmt.Sprintf("+1777%07d", i), TelegramID: 0,
			Profile: identity.Profile{FirstName: fmt.Sprintf("First canary %d.", i), Username: fmt.Sprintf("User canary %d.", i), Description: strings.Repeat("canary words ", 30)},
		}
	}
	hash, err := w.HashPassword(t.Context(), "password", goodPassword)
	w.want(nil, err)
	for i := range 120 {
		n, agent := secrets(i), fmt.Sprintf("agent canary %d", i)
		n.Hash = hash
		if i%2 == 1 { // those who stay
			agent = "somebody's program"
			n = identity.Newcomer{Email: fmt.Sprintf("other%d@example.com", i), Profile: identity.Profile{FirstName: fmt.Sprintf("Other %d", i), Description: strings.Repeat("x", 300)}}
		}
		var user identity.User
		w.want(nil, w.options.Work.Update(t.Context(), func(tx identity.Tx) (err error) {
			if user, err = w.Add(tx, n); err != nil {
				return err
			}
			_, err = w.StartSession(tx, user.ID, identity.OneFactor, identity.Client{Surface: other, UserAgent: agent, Address: "203.0.113.77"})
			return err
		}))
		leaving[user.ID] = i%2 == 0
	}
	if !bytes.Contains(w.databaseFiles(), []byte("canary")) {
		t.Fatal("nothing was written, so nothing is tested")
	}
	for user, leaves := range leaving {
		w.want(nil, w.SetUsername(t.Context(), user, fmt.Sprintf("Renamed %d", user)))
		if leaves {
			w.want(nil, w.Erase(t.Context(), user))
		}
	}
	files := w.databaseFiles()
	if at := bytes.Index(files, []byte("canary")); at >= 0 {
		t.Errorf("the files still hold %q", files[max(0, at-40):min(len(files), at+60)])
	}
	if !bytes.Contains(files, []byte("other1@example.com")) {
		t.Error("somebody else is gone too")
	}
}

// TestAReaderDelaysTheEmptyingOfTheLogAndNoMore holds a reader open while
// somebody leaves.
func TestAReaderDelaysTheEmptyingOfTheLogAndNoMore(t *testing.T) {
	w := newWorld(t)
	in := w.register(ann)
	if err := w.engine.View(t.Context(), func(tx store.Tx) error {
		if _, err := tx.User(in.Session.User); err != nil { // the view's snapshot begins here
			return err
		}
		return w.Erase(t.Context(), in.Session.User)
	}); err != nil {
		t.Fatal(err)
	}
	w.want(nil, w.engine.Close())
	if bytes.Contains(w.databaseFiles(), []byte("ann@example.com")) {
		t.Error("the address is still in the files of the closed database")
	}
}

func TestWhatIsMadeForAPersonAsksWhetherTheyAreThere(t *testing.T) {
	w := newWorld(t)
	in := w.register(ann)
	active := func() error {
		return w.engine.View(t.Context(), func(tx store.Tx) error {
			_, err := identity.ActiveUser(tx, in.Session.User)
			return err
		})
	}
	w.want(nil, active())
	w.want(nil, w.Erase(t.Context(), in.Session.User))
	w.want(identity.ErrNoUser, active())
	w.want(identity.ErrNoUser, w.SetUsername(t.Context(), in.Session.User, "Zoe"))
	_, err := w.EditProfile(t.Context(), in.Session.User, func(p *identity.Profile) { p.FirstName = "Zoe" })
	w.want(identity.ErrNoUser, err)
	_, err = w.SignIn(t.Context(), claim.Email, ann.Email, goodPassword, atBank)
	w.want(identity.ErrInvalidCredentials, err)
}

// TestWhatAPersonBeganElsewhereGoesWithThem has somebody begin to join twice, and
// at the bank under another address, before they are a user.
func TestWhatAPersonBeganElsewhereGoesWithThem(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), identity.Identifiers{Email: "second@example.com", Phone: joinPhone, SocialSecurity: ann.SocialSecurity}))
	_, _ = w.startJoin("bea@example.com", joinPhone)
	session, code := w.startJoin("bea@example.com", joinPhone)
	user, err := w.FinishJoin(t.Context(), session, code)
	w.want(nil, err)
	w.want(nil, w.Erase(t.Context(), user.ID))
	if files := w.databaseFiles(); bytes.Contains(files, []byte("bea@example.com")) || bytes.Contains(files, []byte(joinPhone)) {
		t.Error("the address or the number is still in the files")
	}
}
