package identity_test

import (
	"errors"
	"testing"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/identity"
)

func noMore(identity.Tx, identity.User) error { return nil }

func TestANewcomerHasTheirOwnIdentifiersAndSignsInWithAny(t *testing.T) {
	w := newWorld(t)
	n := identity.Newcomer{Profile: identity.Profile{FirstName: "Zoë", Username: "zoe"}, Email: " Zoe@Example.com", Phone: "+1 (555) 010-0000", Login: "Zoe_1"}
	user, err := w.Join(t.Context(), n, "correct horse battery", noMore)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.User(t.Context(), user.ID)
	if err != nil || stored.Email != "zoe@example.com" || stored.Phone != "+15550100000" || stored.Login != "zoe_1" || stored.TwoFactorRequired || stored.EmailVerified || stored.SocialSecurity != nil {
		t.Errorf("got %+v, %v", stored, err)
	}
	for kind, identifier := range map[claim.Kind]string{claim.Email: "ZOE@example.com", claim.Phone: "001 555 010 0000", claim.Login: "ZOE_1"} {
		signedIn, err := w.SignIn(t.Context(), kind, identifier, "correct horse battery", identity.Client{Surface: other, Address: "192.0.2.1"})
		if err != nil || signedIn.Session.User != user.ID || signedIn.Session.Assurance != identity.OneFactor {
			t.Errorf("%s: %+v, %v", kind, signedIn.Session, err)
		}
	}
	if has, err := w.HasPermission(t.Context(), user.ID, identity.UseMoney); err != nil || !has {
		t.Errorf("the role of everyone: %v, %v", has, err)
	}
}

func TestATakenIdentifierIsNamedAndNothingIsKept(t *testing.T) {
	w := newWorld(t)
	n := identity.Newcomer{Email: "zoe@example.com", Phone: "+15550100000", Login: "zoe", TelegramID: 7}
	if _, err := w.Join(t.Context(), n, "correct horse battery", noMore); err != nil {
		t.Fatal(err)
	}
	for field, n := range map[string]identity.Newcomer{
		"email taken": {Email: "ZOE@example.com", Login: "ann"}, "phone_number taken": {Phone: "001 555 0100000", Login: "ann"},
		"login taken": {Login: "Zoe", Email: "ann@example.com"}, "telegram_id taken": {TelegramID: 7, Login: "ann"},
	} {
		_, err := w.Join(t.Context(), n, "correct horse battery", noMore)
		w.want(identity.ErrIdentifierTaken, err)
		if got := fieldsOf(err); got != field {
			t.Errorf("got %s, want %s", got, field)
		}
	}
	_, err := w.Join(t.Context(), identity.Newcomer{Login: "ann"}, "short", noMore)
	w.want(identity.ErrWeakPassword, err)
	undone := errors.New("undone")
	_, err = w.Join(t.Context(), identity.Newcomer{Login: "ann"}, "correct horse battery", func(identity.Tx, identity.User) error { return undone })
	w.want(undone, err)
	if _, err := w.Join(t.Context(), identity.Newcomer{Login: "ann", Email: "ann@example.com"}, "correct horse battery", noMore); err != nil {
		t.Errorf("what was refused has kept something: %v", err)
	}
}

func TestOfFiftyNewcomersWithOneLoginOneJoins(t *testing.T) {
	w := newWorld(t)
	won := fifty(t, identity.ErrIdentifierTaken, func(int) error {
		_, err := w.Join(t.Context(), identity.Newcomer{Login: "zoe"}, "correct horse battery", noMore)
		return err
	})
	if won != 1 {
		t.Errorf("%d users have one login", won)
	}
}

func TestAPasswordIsProvenByWhateverNamesTheUser(t *testing.T) {
	w := newWorld(t)
	for _, n := range []identity.Newcomer{{Email: "a@example.com"}, {Phone: "+15550100001"}, {Login: "ann"}} {
		user, err := w.Join(t.Context(), n, "correct horse battery", noMore)
		if err != nil {
			t.Fatal(err)
		}
		proven := false
		prove := func(password string) error {
			return w.ProvePassword(t.Context(), user.ID, password, from("192.0.2.1"), func(_ identity.Tx, u identity.User) error {
				proven = u.ID == user.ID
				return nil
			})
		}
		w.want(identity.ErrInvalidCredentials, prove("wrong horse battery"))
		if err := prove("correct horse battery"); err != nil || !proven {
			t.Errorf("%+v: %v", n, err)
		}
	}
}

func TestANewPasswordSparesOneSession(t *testing.T) {
	w := newWorld(t)
	user, err := w.Join(t.Context(), identity.Newcomer{Login: "zoe"}, "correct horse battery", noMore)
	if err != nil {
		t.Fatal(err)
	}
	in := func() identity.SignedIn {
		s, err := w.SignIn(t.Context(), claim.Login, "zoe", "correct horse battery", identity.Client{Surface: other})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	kept, ended := in(), in()
	hash, err := w.HashPassword(t.Context(), "password", "another horse battery")
	if err != nil {
		t.Fatal(err)
	}
	replace := func(spare id.UUID) {
		if err := w.options.Work.Update(t.Context(), func(tx identity.Tx) error { return w.ReplacePassword(tx, user, hash, spare) }); err != nil {
			t.Fatal(err)
		}
		w.ForgetSessions()
	}
	replace(kept.Session.ID)
	if _, err := w.Check(t.Context(), kept.Token, other); err != nil {
		t.Errorf("the spared session: %v", err)
	}
	_, err = w.Check(t.Context(), ended.Token, other)
	w.want(identity.ErrNoSession, err)
	replace(id.UUID{})
	_, err = w.Check(t.Context(), kept.Token, other)
	w.want(identity.ErrNoSession, err)
}
