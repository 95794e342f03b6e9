package identity_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/identity"
)

func TestSecurity7ATwoStepSignInStartsANewSessionOfTwoFactors(t *testing.T) {
	w := newWorld(t)
	first := w.register(ann)
	second := w.signIn(ann, goodPassword)
	if second.Token == first.Token || second.Session.ID == first.Session.ID {
		t.Error("the session is not new")
	}
	session, err := w.Check(t.Context(), second.Token, identity.Bank)
	w.want(nil, err)
	if session.User != first.Session.User || session.Assurance != identity.TwoFactors {
		t.Errorf("session %+v", session)
	}
}

func TestSecurity1AnUnknownAccountAndAWrongPasswordLookAlike(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	gone := ann
	gone.Identifiers = identity.Identifiers{Email: "gone@example.com", Phone: "+15550103333", SocialSecurity: "3333"}
	w.want(nil, w.Deactivate(t.Context(), w.register(gone).Session.User))
	mails := w.mails()
	want := identity.ErrInvalidCredentials.Error()
	for name, try := range map[string]func() error{
		"wrong password":   func() error { return w.RequestSignIn(t.Context(), ann.Email, "wrong horse", atBank) },
		"absent password":  func() error { return w.RequestSignIn(t.Context(), ann.Email, "", atBank) },
		"unknown account":  func() error { return w.RequestSignIn(t.Context(), "nobody@example.com", goodPassword, atBank) },
		"unknown, absent":  func() error { return w.RequestSignIn(t.Context(), "nobody@example.com", "", atBank) },
		"inactive account": func() error { return w.RequestSignIn(t.Context(), gone.Email, goodPassword, atBank) },
		"code of nobody": func() error {
			_, err := w.ConfirmSignIn(t.Context(), "nobody@example.com", "ABCDEFG2", atBank)
			return err
		},
		"wrong code": func() error {
			_, err := w.ConfirmSignIn(t.Context(), ann.Email, "ABCDEFG2", atBank)
			return err
		},
		"no code": func() error {
			_, err := w.ConfirmSignIn(t.Context(), ann.Email, "", atBank)
			return err
		},
	} {
		if err := try(); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if w.mails() != mails {
		t.Error("a code was mailed")
	}
}

func TestASignInCodeWorksOnceInAnyCase(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := " " + strings.ToLower(w.last(identity.SignInCode, "ann@example.com").Code) + " "
	_, err := w.ConfirmSignIn(t.Context(), "ANN@example.com", code, atBank)
	w.want(nil, err)
	_, err = w.ConfirmSignIn(t.Context(), ann.Email, code, atBank)
	w.want(identity.ErrInvalidCredentials, err)
}

func TestSecurity5FiftyCallersWithOneCodeStartOneSession(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := w.last(identity.SignInCode, "ann@example.com").Code
	won := fifty(t, identity.ErrInvalidCredentials, func(int) error {
		_, err := w.ConfirmSignIn(t.Context(), ann.Email, code, atBank)
		return err
	})
	if won != 1 {
		t.Fatalf("%d sessions were started", won)
	}
}

func TestACodeOfOneFlowOrPersonIsWorthNothingElsewhere(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	bob := ann
	bob.Identifiers = identity.Identifiers{Email: "bob@example.com", Phone: "+15550104444", SocialSecurity: "4444"}
	w.want(nil, w.Register(t.Context(), bob.Identifiers))
	registration := w.last(identity.RegistrationCode, bob.Email).Code
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	signIn := w.last(identity.SignInCode, "ann@example.com").Code
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, registration, atBank)
	w.want(identity.ErrInvalidCredentials, err)
	_, err = w.ConfirmSignIn(t.Context(), bob.Email, registration, atBank)
	w.want(identity.ErrInvalidCredentials, err)
	bob.Code = signIn
	_, err = w.ConfirmRegistration(t.Context(), bob, atBank)
	w.want(identity.ErrRegistrationRefused, err)
	_, err = w.ConfirmSignIn(t.Context(), ann.Email, signIn, atBank)
	w.want(nil, err)
}

func TestANewerCodeEndsTheOlder(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	older := w.last(identity.SignInCode, "ann@example.com").Code
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, older, atBank)
	w.want(identity.ErrInvalidCredentials, err)
}

func TestSecurity5FiveWrongTriesInTenMinutesCloseTheFlowWhicheverCodeWasSentLast(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	send := func() string {
		w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
		return w.last(identity.SignInCode, "ann@example.com").Code
	}
	try := func(code string) error {
		_, err := w.ConfirmSignIn(t.Context(), ann.Email, code, atBank)
		return err
	}
	code := send()
	for range 4 {
		w.want(identity.ErrInvalidCredentials, try(wrongCode(code)))
		w.clock.Advance(time.Minute)
	}
	code = send() // a re-send does not reset the count
	w.want(identity.ErrInvalidCredentials, try(wrongCode(code)))
	w.want(identity.ErrInvalidCredentials, try(code))
	code = send()
	w.want(identity.ErrInvalidCredentials, try(code))
	w.clock.Advance(6*time.Minute - time.Microsecond) // ten minutes after the first wrong try, but for a moment
	w.want(identity.ErrInvalidCredentials, try(code))
	w.clock.Advance(time.Microsecond)
	w.want(nil, try(code))
}

func TestFourWrongTriesLeaveTheFlowOpen(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := w.last(identity.SignInCode, "ann@example.com").Code
	for range 4 {
		_, err := w.ConfirmSignIn(t.Context(), ann.Email, wrongCode(code), atBank)
		w.want(identity.ErrInvalidCredentials, err)
	}
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, code, atBank)
	w.want(nil, err)
}

func TestWrongTriesAreCountedInEveryProcess(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := w.last(identity.SignInCode, "ann@example.com").Code
	for range 5 {
		_, err := w.another().ConfirmSignIn(t.Context(), ann.Email, wrongCode(code), atBank)
		w.want(identity.ErrInvalidCredentials, err)
	}
	_, err := w.another().ConfirmSignIn(t.Context(), ann.Email, code, atBank)
	w.want(identity.ErrInvalidCredentials, err)
}

func TestSecurity5OneOfFiftyGuessersGetsAtMostFiveTries(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	code := w.last(identity.SignInCode, "ann@example.com").Code
	fifty(t, identity.ErrInvalidCredentials, func(int) error {
		_, err := w.ConfirmSignIn(t.Context(), ann.Email, wrongCode(code), atBank)
		return err
	})
	counted := 0
	w.want(nil, w.options.Work.Update(t.Context(), func(tx identity.Tx) (err error) {
		counted, err = tx.DeleteCodes(time.Time{}, w.clock.Now(), 100)
		return err
	}))
	if counted != 5 {
		t.Errorf("%d tries were let in", counted)
	}
}

func TestAnAccountOfTwoFactorsRefusesOneStepSignIns(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	_, err := w.SignIn(t.Context(), claim.Email, ann.Email, "wrong horse", atBank)
	w.want(identity.ErrInvalidCredentials, err) // the requirement shows to those alone who know the password
	_, err = w.SignIn(t.Context(), claim.Email, ann.Email, goodPassword, atBank)
	w.want(identity.ErrTwoFactorRequired, err)
	w.want(nil, w.SetTwoFactorRequired(t.Context(), user, false))
	for kind, identifier := range map[claim.Kind]string{claim.Email: "ANN@example.com", claim.Phone: "+1 555 0100000"} {
		signedIn, err := w.SignIn(t.Context(), kind, identifier, goodPassword, atBank)
		w.want(nil, err)
		if signedIn.Session.User != user || signedIn.Session.Assurance != identity.OneFactor {
			t.Errorf("session %+v", signedIn.Session)
		}
	}
}

// hookedWork runs before its nth unit of work that writes what before says.
type hookedWork struct {
	mailedWork
	units  int
	before map[int]func()
}

func (h *hookedWork) Update(ctx context.Context, fn func(identity.Tx) error) error {
	h.units++
	if before := h.before[h.units]; before != nil {
		before()
	}
	return h.mailedWork.Update(ctx, fn)
}

func TestWhatWasProvenMustStillBeSoWhenItCounts(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(w *world, other *identity.Service) error
		want      error
	}{
		"nothing happens": {func(*world, *identity.Service) error { return nil }, nil},
		"the password is changed": {func(w *world, other *identity.Service) error {
			return other.ConfirmReset(w.t.Context(), w.resetToken(ann), "another horse")
		}, identity.ErrInvalidCredentials},
		"the user is deactivated": {func(w *world, other *identity.Service) error {
			return other.Deactivate(w.t.Context(), 1)
		}, identity.ErrInvalidCredentials},
		"the same password is stored anew": {func(w *world, other *identity.Service) error {
			return other.ConfirmReset(w.t.Context(), w.resetToken(ann), goodPassword)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register(ann)
			plain := w.Service
			hooked := &hookedWork{mailedWork: w.options.Work.(mailedWork)}
			// The first unit counts the attempt, the second comes after the check.
			hooked.before = map[int]func(){2: func() {
				service := w.Service
				w.Service = plain
				w.want(nil, c.meanwhile(w, plain))
				w.Service = service
			}}
			w.options.Work = hooked
			w.Service = w.another()
			identity.UseCost(w.Service, 64, 1)
			w.want(c.want, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
			codes := 0
			for _, m := range w.post.messages {
				if m.Kind == identity.SignInCode {
					codes++
				}
			}
			if (codes == 1) != (c.want == nil) {
				t.Errorf("%d codes were mailed", codes)
			}
		})
	}
}

// TestWhatIsRequiredMeanwhileIsAskedOfWhoIsSigningIn requires more of a user while
// the password of a one-step sign-in is being checked.
func TestWhatIsRequiredMeanwhileIsAskedOfWhoIsSigningIn(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(w *world, user identity.User) error
		surface   identity.Surface
		want      error
	}{
		"two factors": {func(w *world, user identity.User) error {
			return w.SetTwoFactorRequired(w.t.Context(), user.ID, true)
		}, other, identity.ErrTwoFactorRequired},
		"a verified address, which is verified": {func(w *world, user identity.User) error {
			return w.VerifyEmail(w.t.Context(), user.ID, w.emailToken(user.Email))
		}, careful, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newCarefulWorld(t)
			user, _ := w.newPerson("zoe@example.com")
			plain := *w
			// The first unit counts the attempt, the second comes after the check.
			w.options.Work = &hookedWork{mailedWork: w.options.Work.(mailedWork), before: map[int]func(){
				2: func() { plain.want(nil, c.meanwhile(&plain, user)) },
			}}
			w.Service = w.another()
			identity.UseCost(w.Service, 64, 1)
			_, err := w.SignIn(t.Context(), claim.Email, user.Email, goodPassword, identity.Client{Surface: c.surface})
			w.want(c.want, err)
			want := 1
			if c.want != nil {
				want = 0
			}
			if sessions, err := plain.Sessions(t.Context(), user.ID); err != nil || len(sessions) != want {
				t.Errorf("%d sessions, %v", len(sessions), err)
			}
		})
	}
}

func TestSecurity5ACodeIsBoundToItsFlowAndPerson(t *testing.T) {
	w := newWorld(t)
	hash := identity.CodeHash(w.Service, "a", identity.Person{1}, "ABCDEFG2")
	for name, other := range map[string][32]byte{
		"flow":   identity.CodeHash(w.Service, "b", identity.Person{1}, "ABCDEFG2"),
		"person": identity.CodeHash(w.Service, "a", identity.Person{2}, "ABCDEFG2"),
		"code":   identity.CodeHash(w.Service, "a", identity.Person{1}, "ABCDEFG3"),
	} {
		if other == hash {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestSecurity2AHashOfOtherParametersIsRenewedAtSignIn(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	hash := func() string {
		return row(w, func(tx identity.Tx) (string, error) { return tx.Credential(user) })
	}
	before := hash()
	w.signIn(ann, goodPassword)
	if hash() != before {
		t.Error("a hash of today's parameters was renewed")
	}
	identity.UseCost(w.Service, 128, 2)
	w.want(identity.ErrInvalidCredentials, w.RequestSignIn(t.Context(), ann.Email, "wrong horse", atBank))
	if hash() != before {
		t.Error("a wrong password renewed the hash")
	}
	w.signIn(ann, goodPassword)
	if after := hash(); !strings.Contains(after, "$m=128,t=2,p=1$") {
		t.Errorf("the hash was not renewed")
	}
	w.signIn(ann, goodPassword)
}

func TestSecurity2PasswordsAreHashedWithArgon2idAsOWASPSays(t *testing.T) {
	w := newWorld(t)
	w.Service = w.another() // at the cost of production
	user := w.register(ann).Session.User
	hash := row(w, func(tx identity.Tx) (string, error) { return tx.Credential(user) })
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash begins %.40s", hash)
	}
	w.signIn(ann, goodPassword)
}

func TestSecurity2HashingIsBoundedAndWaitsNoLongerThanItsCaller(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	release := identity.OccupySlots(w.Service)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	count := identity.MaxWaiting(w.Service)
	for range count {
		go func() { result <- w.RequestSignIn(ctx, ann.Email, goodPassword, atBank) }()
	}
	for identity.Waiting(w.Service) < count {
		runtime.Gosched() // until all wait
	}
	w.want(fault.ErrOverloaded, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	cancel()
	for range count {
		w.want(fault.ErrOverloaded, <-result)
	}
	release()
	w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
}

func TestTwoFactorIsTurnedOffOnlyWithThePassword(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	required := func() bool {
		u, err := w.User(t.Context(), user)
		w.want(nil, err)
		return u.TwoFactorRequired
	}
	w.want(identity.ErrInvalidCredentials, w.TurnOffTwoFactor(t.Context(), user, "not the password", atBank))
	w.want(identity.ErrInvalidCredentials, w.TurnOffTwoFactor(t.Context(), user, "", atBank))
	w.want(identity.ErrNoUser, w.TurnOffTwoFactor(t.Context(), user+1, goodPassword, atBank))
	if !required() {
		t.Fatal("it was turned off without the password")
	}
	w.want(nil, w.TurnOffTwoFactor(t.Context(), user, goodPassword, atBank))
	if required() {
		t.Fatal("it is still on")
	}
}

func TestWrongPasswordsForTurningOffTwoFactorCountAsFailedSignIns(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	for range 10 {
		w.want(identity.ErrInvalidCredentials, w.TurnOffTwoFactor(t.Context(), user, "not the password", atBank))
	}
	w.want(identity.ErrTooManyFailures, w.TurnOffTwoFactor(t.Context(), user, goodPassword, atBank))
}
