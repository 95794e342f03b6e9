package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/identity"
)

func TestAConfirmedRegistrationMakesTheUserAndSignsIn(t *testing.T) {
	var hooked identity.User
	w := newWorld(t, func(o *identity.Options) {
		o.OnRegistered = func(_ identity.Tx, u identity.User) error { hooked = u; return nil }
	})
	signedIn := w.register(ann)
	session, err := w.Check(t.Context(), signedIn.Token, identity.Bank)
	w.want(nil, err)
	if session.Assurance != identity.TwoFactors || session.UserAgent != "test/1" || session.Address != "192.0.2.1" {
		t.Errorf("session %+v", session)
	}
	user, err := w.User(t.Context(), session.User)
	w.want(nil, err)
	if user.Profile != ann.Profile || !user.TwoFactorRequired || user.Status != identity.Active || user.UUID.IsZero() || !user.CreatedAt.Equal(epoch) {
		t.Errorf("user %+v", user)
	}
	if user.Email != "ann@example.com" || user.Phone != "+15550100000" {
		t.Errorf("identifiers %q, %q", user.Email, user.Phone)
	}
	if hooked.ID != user.ID {
		t.Errorf("the hook saw user %d, want %d", hooked.ID, user.ID)
	}
	for _, permission := range []string{identity.EditProfile, identity.UseMoney} {
		w.want(nil, w.Require(t.Context(), user.ID, permission))
	}
}

func TestSecurity23ASocialSecurityNumberIsSealedToItsUser(t *testing.T) {
	w := newWorld(t)
	user, err := w.User(t.Context(), w.register(ann).Session.User)
	w.want(nil, err)
	if number, err := identity.OpenSocialSecurity(w.Service, user); err != nil || number != ann.SocialSecurity {
		t.Errorf("opened %q, %v", number, err)
	}
	if strings.Contains(string(user.SocialSecurity), "6789") {
		t.Error("the number is stored in the open")
	}
	user.ID++
	if _, err := identity.OpenSocialSecurity(w.Service, user); err == nil {
		t.Error("the number opens for another user")
	}
}

func TestTheHooksErrorUndoesTheUser(t *testing.T) {
	refusal := errors.New("no wallet")
	w := newWorld(t, func(o *identity.Options) {
		o.OnRegistered = func(identity.Tx, identity.User) error {
			if refusal == nil {
				return nil
			}
			return refusal
		}
	})
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
	_, err := w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(refusal, err)
	refusal = nil
	_, err = w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(nil, err)
}

func TestARegistrationWithATakenIdentifierSaysWhich(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	free := identity.Identifiers{Email: "bob@example.com", Phone: "+15550100001", SocialSecurity: "987-65-4321"}
	for _, c := range []struct {
		change func(*identity.Identifiers)
		fields string
	}{
		{func(i *identity.Identifiers) { i.Email = " ANN@example.com" }, "email taken"},
		{func(i *identity.Identifiers) { i.Phone = "+1 (555) 010-0000" }, "phone_number taken"},
		{func(i *identity.Identifiers) { i.SocialSecurity = "123456789" }, "social_security taken"},
		{func(i *identity.Identifiers) { *i = ann.Identifiers }, "email taken, phone_number taken, social_security taken"},
	} {
		taken := free
		c.change(&taken)
		mails := w.mails()
		err := w.Register(t.Context(), taken)
		w.want(identity.ErrIdentifierTaken, err)
		if got := fieldsOf(err); got != c.fields {
			t.Errorf("fields %q, want %q", got, c.fields)
		}
		if w.mails() != mails {
			t.Error("a code was mailed all the same")
		}
	}
	w.want(nil, w.Register(t.Context(), free))
}

func TestNothingIsKeptWhenTheMailIsNotAccepted(t *testing.T) {
	w := newWorld(t)
	w.post.refusal = errors.New("550")
	w.want(identity.ErrMailNotAccepted, w.Register(t.Context(), ann.Identifiers))
	found := row(w, func(tx identity.Tx) (bool, error) {
		_, found, err := tx.Registration("ann@example.com")
		return found, err
	})
	if found {
		t.Fatal("a registration was kept")
	}
}

func TestAFailedMailLeavesTheEarlierRegistrationAsItWas(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
	w.post.refusal = errors.New("550")
	w.want(identity.ErrMailNotAccepted, w.Register(t.Context(), ann.Identifiers))
	_, err := w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(nil, err)
}

func TestASecondRegistrationReplacesTheFirst(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	first := w.last(identity.RegistrationCode, "ann@example.com").Code
	changed := ann
	changed.Phone = "+15550109999"
	w.want(nil, w.Register(t.Context(), changed.Identifiers))
	second := w.last(identity.RegistrationCode, "ann@example.com").Code
	for _, c := range []struct {
		confirmation identity.Confirmation
		code         string
		want         error
	}{
		{changed, first, identity.ErrRegistrationRefused},
		{ann, second, identity.ErrRegistrationRefused},
		{changed, second, nil},
	} {
		c.confirmation.Code = c.code
		_, err := w.ConfirmRegistration(t.Context(), c.confirmation, atBank)
		w.want(c.want, err)
	}
}

func TestSecurity1EveryReasonToRefuseAConfirmationLooksAlike(t *testing.T) {
	for name, change := range map[string]func(w *world, c *identity.Confirmation){
		"wrong code":     func(_ *world, c *identity.Confirmation) { c.Code = wrongCode(c.Code) },
		"no code":        func(_ *world, c *identity.Confirmation) { c.Code = "" },
		"expired code":   func(w *world, _ *identity.Confirmation) { w.clock.Advance(10 * time.Minute) },
		"another e-mail": func(_ *world, c *identity.Confirmation) { c.Email = "eve@example.com" },
		"another phone":  func(_ *world, c *identity.Confirmation) { c.Phone = "+15550100002" },
		"another number": func(_ *world, c *identity.Confirmation) { c.SocialSecurity = "000-00-0000" },
		"cleaned up meanwhile": func(w *world, _ *identity.Confirmation) {
			w.want(nil, w.options.Work.Update(w.t.Context(), func(tx identity.Tx) error { return tx.DeleteRegistration("ann@example.com") }))
		},
		"identifier taken meanwhile": func(w *world, _ *identity.Confirmation) {
			w.want(nil, w.options.Work.Update(w.t.Context(), func(tx identity.Tx) error { return tx.Claim(claim.Phone, "+15550100000", 99) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.want(nil, w.Register(t.Context(), ann.Identifiers))
			c := ann
			c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
			change(w, &c)
			_, err := w.ConfirmRegistration(t.Context(), c, atBank)
			if err == nil || err.Error() != identity.ErrRegistrationRefused.Error() {
				t.Fatalf("got %v, want %v", err, identity.ErrRegistrationRefused)
			}
		})
	}
}

func TestSecurity5ACodeWorksUntilItExpires(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
	w.clock.Advance(10*time.Minute - time.Microsecond)
	_, err := w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(nil, err)
}

func TestAWeakPasswordIsSaidBeforeTheCodeIsLookedAt(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code, c.Password = w.last(identity.RegistrationCode, "ann@example.com").Code, "short"
	_, err := w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(identity.ErrWeakPassword, err)
	if got := fieldsOf(err); got != "password too_short" {
		t.Errorf("fields %q", got)
	}
	c.Password = goodPassword
	_, err = w.ConfirmRegistration(t.Context(), c, atBank)
	w.want(nil, err)
}

func TestACodeThatIsReplacedWhileThePasswordIsHashedConfirmsNothing(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
	plain := w.Service
	w.options.Work = &hookedWork{mailedWork: w.options.Work.(mailedWork), before: map[int]func(){
		2: func() { w.want(nil, plain.Register(t.Context(), ann.Identifiers)) },
	}}
	_, err := w.another().ConfirmRegistration(t.Context(), c, atBank)
	w.want(identity.ErrRegistrationRefused, err)
}

func TestFiftyConfirmationsOfOneRegistrationMakeOneUser(t *testing.T) {
	w := newWorld(t)
	w.want(nil, w.Register(t.Context(), ann.Identifiers))
	c := ann
	c.Code = w.last(identity.RegistrationCode, "ann@example.com").Code
	won := fifty(t, identity.ErrRegistrationRefused, func(int) error {
		_, err := w.ConfirmRegistration(t.Context(), c, atBank)
		return err
	})
	if won != 1 {
		t.Fatalf("%d users were made", won)
	}
}

func TestFiftyRegistrationsOfOnePhoneMakeOneUser(t *testing.T) {
	w := newWorld(t)
	people := make([]identity.Confirmation, 50)
	for i := range people {
		c := ann
		c.Email, c.SocialSecurity = fmt.Sprintf("p%d@example.com", i), fmt.Sprint(100000000+i)
		w.want(nil, w.Register(t.Context(), c.Identifiers))
		c.Code = w.last(identity.RegistrationCode, c.Email).Code
		people[i] = c
	}
	won := fifty(t, identity.ErrRegistrationRefused, func(caller int) error {
		_, err := w.ConfirmRegistration(t.Context(), people[caller], atBank)
		return err
	})
	if won != 1 {
		t.Fatalf("%d users have the phone number", won)
	}
}

func TestCleaningUpRemovesRegistrationsOf24HoursAndNothingElse(t *testing.T) {
	w := newWorld(t)
	signedIn := w.register(ann)
	for i := range 1201 { // more than two batches
		i := identity.Identifiers{Email: fmt.Sprintf("p%d@example.com", i), Phone: fmt.Sprint(5550000000 + i), SocialSecurity: fmt.Sprint(i)}
		w.want(nil, w.Register(t.Context(), i))
	}
	w.clock.Advance(time.Hour)
	young := ann
	young.Identifiers = identity.Identifiers{Email: "young@example.com", Phone: "+15550107777", SocialSecurity: "7777"}
	w.want(nil, w.Register(t.Context(), young.Identifiers))
	w.clock.Advance(23*time.Hour - time.Microsecond)
	for _, want := range []int{0, 1201, 0} {
		removed, err := w.RemoveUnverified(t.Context())
		w.want(nil, err)
		if removed != want {
			t.Fatalf("removed %d, want %d", removed, want)
		}
		w.clock.Advance(time.Microsecond)
	}
	if _, err := w.User(t.Context(), signedIn.Session.User); err != nil {
		t.Error(err)
	}
}
