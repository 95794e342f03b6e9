package identity_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"purse/internal/identity"
)

func TestSecurity6AResetSetsThePasswordAndEndsAllSessions(t *testing.T) {
	w := newWorld(t)
	tokens := []string{w.register(ann).Token, w.signIn(ann, goodPassword).Token}
	for _, token := range tokens {
		_, err := w.Check(t.Context(), token, identity.Bank) // now in memory
		w.want(nil, err)
	}
	w.want(nil, w.ConfirmReset(t.Context(), w.resetToken(ann), "another horse"))
	for _, token := range tokens {
		_, err := w.Check(t.Context(), token, identity.Bank)
		w.want(identity.ErrNoSession, err)
	}
	w.want(identity.ErrInvalidCredentials, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	w.signIn(ann, "another horse")
	if m := w.last(identity.PasswordChanged, "ann@example.com"); m.Name != "Ann" {
		t.Errorf("the notice greets %q", m.Name)
	}
}

func TestSecurity6AResetDoesNotSkipTheSecondFactor(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	unfinished := w.last(identity.SignInCode, "ann@example.com").Code
	w.want(nil, w.ConfirmReset(t.Context(), w.resetToken(ann), "another horse"))
	// The code that the old password opened is worth nothing.
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, unfinished, atBank)
	w.want(identity.ErrInvalidCredentials, err)
	user, err := w.User(t.Context(), 1)
	w.want(nil, err)
	if !user.TwoFactorRequired {
		t.Error("two factors are no longer required")
	}
}

func TestAResetNeedsAllThreeIdentifiersOfOneActiveUser(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	bob := ann
	bob.Identifiers = identity.Identifiers{Email: "bob@example.com", Phone: "+15550104444", SocialSecurity: "4444"}
	w.register(bob)
	gone := ann
	gone.Identifiers = identity.Identifiers{Email: "gone@example.com", Phone: "+15550103333", SocialSecurity: "3333"}
	w.want(nil, w.Deactivate(t.Context(), w.register(gone).Session.User))
	mails := w.mails()
	for name, change := range map[string]func(i *identity.Identifiers){
		"unknown e-mail":   func(i *identity.Identifiers) { i.Email = "nobody@example.com" },
		"another's e-mail": func(i *identity.Identifiers) { i.Email = bob.Email },
		"another's phone":  func(i *identity.Identifiers) { i.Phone = bob.Phone },
		"another's number": func(i *identity.Identifiers) { i.SocialSecurity = bob.SocialSecurity },
		"unknown number":   func(i *identity.Identifiers) { i.SocialSecurity = "9999" },
		"inactive user":    func(i *identity.Identifiers) { *i = gone.Identifiers },
		"nothing":          func(i *identity.Identifiers) { *i = identity.Identifiers{} },
	} {
		i := ann.Identifiers
		change(&i)
		if err := w.RequestReset(t.Context(), i, atBank); err == nil || err.Error() != identity.ErrResetRefused.Error() {
			t.Errorf("%s: got %v, want %v", name, err, identity.ErrResetRefused)
		}
	}
	if w.mails() != mails {
		t.Error("a link was mailed")
	}
	w.want(nil, w.RequestReset(t.Context(), identity.Identifiers{Email: "ANN@example.com", Phone: "+1-555-010-0000", SocialSecurity: "123 45 6789"}, atBank))
}

func TestGuessingForAResetIsCounted(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	wrong := ann.Identifiers
	for range 10 {
		wrong.SocialSecurity += "0"
		w.want(identity.ErrResetRefused, w.RequestReset(t.Context(), wrong, atBank))
	}
	w.wantWait(time.Minute, w.RequestReset(t.Context(), ann.Identifiers, atBank))
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank)) // a count of its own
}

func TestSecurity6AResetLinkWorksForAnHourAndOnce(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	valid := func(token string) bool {
		valid, err := w.PeekReset(t.Context(), token)
		w.want(nil, err)
		return valid
	}
	token := w.resetToken(ann)
	w.clock.Advance(time.Hour - time.Microsecond)
	if !valid(token) {
		t.Fatal("the link ended early")
	}
	w.clock.Advance(time.Microsecond)
	if valid(token) {
		t.Fatal("the link lives on")
	}
	w.want(identity.ErrResetToken, w.ConfirmReset(t.Context(), token, "another horse"))
	token = w.resetToken(ann)
	w.want(nil, w.ConfirmReset(t.Context(), token, "another horse"))
	if valid(token) {
		t.Fatal("the link works twice")
	}
	w.want(identity.ErrResetToken, w.ConfirmReset(t.Context(), token, "third horse"))
	for _, token := range []string{"", "nonsense", strings.Repeat("x", 10_000)} {
		w.want(identity.ErrResetToken, w.ConfirmReset(t.Context(), token, "third horse"))
	}
}

func TestTheNewestResetLinkAloneIsValid(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	older, newer := w.resetToken(ann), w.resetToken(ann)
	w.want(identity.ErrResetToken, w.ConfirmReset(t.Context(), older, "another horse"))
	w.want(nil, w.ConfirmReset(t.Context(), newer, "another horse"))
}

func TestAWeakNewPasswordNamesItsFieldAndLeavesTheLink(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	token := w.resetToken(ann)
	err := w.ConfirmReset(t.Context(), token, "password123")
	w.want(identity.ErrWeakPassword, err)
	if got := fieldsOf(err); got != "new_password common" {
		t.Errorf("fields %q", got)
	}
	w.want(nil, w.ConfirmReset(t.Context(), token, "another horse"))
}

func TestAResetOfADeactivatedUserIsRefused(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	token := w.resetToken(ann)
	w.want(nil, w.Deactivate(t.Context(), user))
	w.want(identity.ErrResetToken, w.ConfirmReset(t.Context(), token, "another horse"))
}

func TestSecurity6FiftyCallersWithOneResetLinkSetOnePassword(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	token := w.resetToken(ann)
	var winner int
	won := fifty(t, identity.ErrResetToken, func(caller int) error {
		err := w.ConfirmReset(t.Context(), token, passwordOf(caller))
		if err == nil {
			winner = caller
		}
		return err
	})
	if won != 1 {
		t.Fatalf("%d resets were made", won)
	}
	w.signIn(ann, passwordOf(winner))
}

func passwordOf(caller int) string { return "horse number " + string(rune('A'+caller)) }

func TestAResetLinkIsTheConfiguredPageWithTheToken(t *testing.T) {
	for configured, want := range map[string]string{
		"https://bank.example/reset":          "https://bank.example/reset?token=",
		"https://app.example/?page=reset&x=1": "https://app.example/?page=reset&x=1&token=",
		"http://127.0.0.1:8000/reset#form":    "http://127.0.0.1:8000/reset?token=#form",
	} {
		w := newWorld(t, func(o *identity.Options) { o.ResetURL = configured })
		w.register(ann)
		w.want(nil, w.RequestReset(t.Context(), ann.Identifiers, atBank))
		link := w.last(identity.ResetLink, "ann@example.com").Link
		_, token, _ := strings.Cut(link, "token=")
		token, _, _ = strings.Cut(token, "#")
		if len(token) != 43 {
			t.Errorf("a token of %d characters, want 43 (256 bits)", len(token))
		}
		if got := strings.Replace(link, token, "", 1); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTheResetPageMustBeAnAbsoluteURL(t *testing.T) {
	w := newWorld(t)
	for _, bad := range []string{"", "/reset", "reset", "https://", "http://[::1"} {
		w.options.ResetURL = bad
		if _, err := identity.New(w.options); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestSecurity7NoTokenIsStoredInTheOpen(t *testing.T) {
	w := newWorld(t)
	session := w.register(ann).Token
	reset := w.resetToken(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := w.last(identity.SignInCode, "ann@example.com").Code
	files := w.databaseFiles()
	for name, text := range map[string]string{"session": session, "reset": reset, "code": code, "password": goodPassword, "number": "123456789", "number as written": ann.SocialSecurity} {
		if bytes.Contains(files, []byte(text)) {
			t.Errorf("the %s is in the database", name)
		}
	}
	if !bytes.Contains(files, []byte("ann@example.com")) {
		t.Error("this test looks at the wrong files")
	}
}
