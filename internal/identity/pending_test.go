package identity_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/identity"
)

const joinPhone = "+77011234567"

var atSigned = identity.Client{Surface: signed, Address: "192.0.2.1"}

// startJoin begins to join and returns what the code was sent with.
func (w *world) startJoin(email, phone string) (session id.UUID, code string) {
	w.t.Helper()
	session, err := w.StartJoin(w.t.Context(), email, phone, goodPassword)
	w.want(nil, err)
	to := claim.FormEmail(email)
	if w.options.CodesBySMS {
		to = phone
	}
	return session, w.last(identity.RegistrationCode, to).Code
}

// join makes a user who signs in with one step, and signs them in.
func (w *world) join(email, phone string) (identity.User, identity.SignedIn) {
	w.t.Helper()
	session, code := w.startJoin(email, phone)
	user, err := w.FinishJoin(w.t.Context(), session, code)
	w.want(nil, err)
	signedIn, err := w.SignIn(w.t.Context(), claim.Phone, phone, goodPassword, atSigned)
	w.want(nil, err)
	return user, signedIn
}

func otherDigits(code string) string {
	return strings.Map(func(c rune) rune { return '0' + (c-'0'+1)%10 }, code)
}

func bySMS(o *identity.Options) { o.CodesBySMS = true }

func TestJoiningTakesTwoStepsAndClaimsNothingBetween(t *testing.T) {
	w := newWorld(t)
	session, code := w.startJoin("Bea@Example.com", joinPhone)
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		t.Errorf("the code is %q", code)
	}
	if files := w.databaseFiles(); bytes.Contains(files, []byte(goodPassword)) || bytes.Contains(files, []byte(code)) {
		t.Error("the password or the code lies in the database")
	}
	_, err := w.SignIn(t.Context(), claim.Phone, joinPhone, goodPassword, atSigned)
	w.want(identity.ErrInvalidCredentials, err)
	w.startJoin("bea@example.com", joinPhone) // nothing is claimed, so that anybody may
	user, err := w.FinishJoin(t.Context(), session, code)
	w.want(nil, err)
	if user.Email != "bea@example.com" || user.Phone != joinPhone || !user.EmailVerified || user.TwoFactorRequired {
		t.Errorf("%+v", user)
	}
	w.last(identity.Registered, "bea@example.com")
	if signedIn, err := w.SignIn(t.Context(), claim.Phone, "+7 (701) 123-45-67", goodPassword, atSigned); err != nil || signedIn.Session.User != user.ID {
		t.Errorf("%v", err)
	}
	_, err = w.FinishJoin(t.Context(), session, code)
	w.want(identity.ErrCodeRefused, err)
}

func TestJoiningMeetsATakenIdentifierAtBothSteps(t *testing.T) {
	w := newWorld(t)
	session, code := w.startJoin("bea@example.com", joinPhone)
	w.join("carl@example.com", joinPhone)
	_, err := w.FinishJoin(t.Context(), session, code)
	w.want(identity.ErrIdentifierTaken, err)
	if got := fieldsOf(err); got != "phone_number taken" {
		t.Errorf("got %s", got)
	}
	_, err = w.StartJoin(t.Context(), "CARL@example.com", joinPhone, goodPassword)
	w.want(identity.ErrIdentifierTaken, err)
	if got := fieldsOf(err); got != "email taken, phone_number taken" {
		t.Errorf("got %s", got)
	}
	_, err = w.StartJoin(t.Context(), "dan@example.com", "+77010000000", "short")
	w.want(identity.ErrWeakPassword, err)
}

func TestADigitCodeWorksForFiveMinutesForItsOwnSession(t *testing.T) {
	w := newWorld(t)
	first, firstCode := w.startJoin("bea@example.com", joinPhone)
	second, secondCode := w.startJoin("bea@example.com", joinPhone)
	for _, c := range []struct {
		session id.UUID
		code    string
	}{{id.UUID{9}, secondCode}, {second, ""}} {
		_, err := w.FinishJoin(t.Context(), c.session, c.code)
		w.want(identity.ErrCodeRefused, err)
	}
	if firstCode != secondCode { // once in a million
		_, err := w.FinishJoin(t.Context(), first, secondCode)
		w.want(identity.ErrCodeRefused, err)
	}
	w.clock.Advance(5*time.Minute - time.Microsecond)
	_, err := w.FinishJoin(t.Context(), second, secondCode)
	w.want(nil, err)
	late, lateCode := w.startJoin("dan@example.com", "+77010000000")
	w.clock.Advance(5 * time.Minute)
	_, err = w.FinishJoin(t.Context(), late, lateCode)
	w.want(identity.ErrCodeRefused, err)
}

func TestFiveWrongTriesCloseJoiningForWhomTheCodesWereSentTo(t *testing.T) {
	w := newWorld(t, bySMS)
	for n := range 5 { // each with a session, a code and an e-mail of its own
		session, code := w.startJoin("guess"+string(rune('a'+n))+"@example.com", joinPhone)
		_, err := w.FinishJoin(t.Context(), session, otherDigits(code))
		w.want(identity.ErrCodeRefused, err)
	}
	session, code := w.startJoin("bea@example.com", joinPhone)
	_, err := w.FinishJoin(t.Context(), session, code)
	w.want(identity.ErrCodeRefused, err)
	another, anotherCode := w.startJoin("bea@example.com", "+77019999999")
	_, err = w.FinishJoin(t.Context(), another, anotherCode)
	w.want(nil, err)
	w.clock.Advance(10 * time.Minute)
	session, code = w.startJoin("carl@example.com", joinPhone)
	_, err = w.FinishJoin(t.Context(), session, code)
	w.want(nil, err)
}

func TestOfFiftyWhoFinishJoiningOneMakesTheUser(t *testing.T) {
	w := newWorld(t)
	session, code := w.startJoin("bea@example.com", joinPhone)
	won := fifty(t, identity.ErrCodeRefused, func(int) error {
		_, err := w.FinishJoin(t.Context(), session, code)
		return err
	})
	if won != 1 {
		t.Errorf("%d made one user", won)
	}
}

func TestCodesGoToThePhoneWhereTextMessagesAreSent(t *testing.T) {
	w := newWorld(t, bySMS)
	user, _ := w.join("bea@example.com", joinPhone)
	if user.EmailVerified {
		t.Error("a code on the phone has proven the e-mail")
	}
	_, err := w.StartPasswordChange(t.Context(), user.ID, goodPassword, "another good one", atSigned)
	w.want(nil, err)
	if m := w.last(identity.PasswordCode, joinPhone); !m.SMS || m.Lifetime != 5*time.Minute {
		t.Errorf("%+v", m)
	}
	// The bank takes phones that are none; such a person's code is mailed.
	c := ann
	c.Phone = "extension 12"
	owner := w.register(c)
	_, err = w.StartPasswordChange(t.Context(), owner.Session.User, goodPassword, "another good one", atBank)
	w.want(nil, err)
	if m := w.last(identity.PasswordCode, "ann@example.com"); m.SMS {
		t.Error("a text message goes to an e-mail address")
	}
}

func TestAPasswordIsChangedWithACodeAndEndsTheOtherSessions(t *testing.T) {
	w := newWorld(t)
	user, here := w.join("bea@example.com", joinPhone)
	there, err := w.SignIn(t.Context(), claim.Phone, joinPhone, goodPassword, atSigned)
	w.want(nil, err)
	_, err = w.StartPasswordChange(t.Context(), user.ID, "not the password", "another good one", atSigned)
	w.want(identity.ErrInvalidCredentials, err)
	_, err = w.StartPasswordChange(t.Context(), user.ID, goodPassword, "password", atSigned)
	w.want(identity.ErrWeakPassword, err)
	if got := fieldsOf(err); got != "new_password common" {
		t.Errorf("got %s", got)
	}
	pending, err := w.StartPasswordChange(t.Context(), user.ID, goodPassword, "another good one", atSigned)
	w.want(nil, err)
	code := w.last(identity.PasswordCode, "bea@example.com").Code
	w.want(identity.ErrCodeRefused, w.FinishPasswordChange(t.Context(), user.ID, here.Session.ID, pending, otherDigits(code)))
	_, err = w.SignIn(t.Context(), claim.Phone, joinPhone, goodPassword, atSigned)
	w.want(nil, err)
	w.want(nil, w.FinishPasswordChange(t.Context(), user.ID, here.Session.ID, pending, code))

	_, err = w.Check(t.Context(), here.Token, signed)
	w.want(nil, err)
	_, err = w.Check(t.Context(), there.Token, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.Renew(t.Context(), there.Refresh, signed)
	w.want(identity.ErrNoSession, err)
	_, err = w.SignIn(t.Context(), claim.Phone, joinPhone, goodPassword, atSigned)
	w.want(identity.ErrInvalidCredentials, err)
	_, err = w.SignIn(t.Context(), claim.Phone, joinPhone, "another good one", atSigned)
	w.want(nil, err)
	w.last(identity.PasswordChanged, "bea@example.com")
	w.want(identity.ErrCodeRefused, w.FinishPasswordChange(t.Context(), user.ID, here.Session.ID, pending, code))
}

func TestAPendingPasswordIsItsUsersAloneAndEndsWithAReset(t *testing.T) {
	w := newWorld(t)
	bea, _ := w.join("bea@example.com", joinPhone)
	carl, carls := w.join("carl@example.com", "+77010000000")
	pending, err := w.StartPasswordChange(t.Context(), bea.ID, goodPassword, "another good one", atSigned)
	w.want(nil, err)
	code := w.last(identity.PasswordCode, "bea@example.com").Code
	w.want(identity.ErrCodeRefused, w.FinishPasswordChange(t.Context(), carl.ID, carls.Session.ID, pending, code))
	_, err = w.FinishJoin(t.Context(), pending, code)
	w.want(identity.ErrCodeRefused, err)

	owner := w.register(ann)
	pending, err = w.StartPasswordChange(t.Context(), owner.Session.User, goodPassword, "another good one", atBank)
	w.want(nil, err)
	code = w.last(identity.PasswordCode, "ann@example.com").Code
	w.want(nil, w.ConfirmReset(t.Context(), w.resetToken(ann), "a third good one"))
	w.want(identity.ErrCodeRefused, w.FinishPasswordChange(t.Context(), owner.Session.User, id.UUID{}, pending, code))
}

func TestAWrongPasswordAtItsChangeCountsAsAFailedSignIn(t *testing.T) {
	w := newWorld(t)
	user, _ := w.join("bea@example.com", joinPhone)
	for range 10 {
		_, err := w.StartPasswordChange(t.Context(), user.ID, "not the password", "another good one", atSigned)
		w.want(identity.ErrInvalidCredentials, err)
	}
	_, err := w.SignIn(t.Context(), claim.Phone, joinPhone, goodPassword, atSigned)
	w.want(identity.ErrTooManyFailures, err)
	_, err = w.StartPasswordChange(t.Context(), user.ID, goodPassword, "another good one", atSigned)
	w.want(identity.ErrTooManyFailures, err)
}

func TestWhatWaitedTooLongForItsCodeIsRemoved(t *testing.T) {
	w := newWorld(t)
	session, _ := w.startJoin("bea@example.com", joinPhone)
	waits := func() bool {
		return row(w, func(tx identity.Tx) (bool, error) {
			_, found, err := tx.Pending(session)
			return found, err
		})
	}
	_, err := w.RemoveExpired(t.Context())
	if w.want(nil, err); !waits() {
		t.Error("gone while its code works")
	}
	w.clock.Advance(5 * time.Minute)
	_, err = w.RemoveExpired(t.Context())
	if w.want(nil, err); waits() {
		t.Error("still there when its code has expired")
	}
}
