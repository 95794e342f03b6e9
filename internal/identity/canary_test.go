package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"purse/internal/claim"
	"purse/internal/identity"
)

func TestSecurity24NoSecretIsInAnErrorOrPrints(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	const canaryPassword, canaryNumber = "canary horse battery", "555-12-3456"
	secrets := map[string]string{"password": canaryPassword, "number": canaryNumber, "bare number": "555123456"}
	var said []string
	say := func(values ...any) {
		for _, v := range values {
			said = append(said, fmt.Sprintf("%v %+v %#v", v, v, v))
		}
	}

	c := ann
	c.SocialSecurity, c.Password = canaryNumber, canaryPassword
	w.post.refusal = errors.New("550 no")
	say(w.Register(ctx, c.Identifiers))
	w.post.refusal = nil
	w.want(nil, w.Register(ctx, c.Identifiers))
	message := w.last(identity.RegistrationCode, "ann@example.com")
	secrets["registration code"], c.Code = message.Code, wrongCode(message.Code)
	_, err := w.ConfirmRegistration(ctx, c, atBank)
	say(message, err)
	c.Code = message.Code
	signedIn, err := w.ConfirmRegistration(ctx, c, atBank)
	w.want(nil, err)
	secrets["session token"] = signedIn.Token
	say(signedIn)
	_, err = w.ConfirmRegistration(ctx, c, atBank)
	say(err, w.Register(ctx, c.Identifiers))

	w.want(nil, w.RequestSignIn(ctx, c.Email, canaryPassword, atBank))
	message = w.last(identity.SignInCode, "ann@example.com")
	secrets["sign-in code"] = message.Code
	_, err = w.ConfirmSignIn(ctx, c.Email, wrongCode(message.Code), atBank)
	say(message, err)
	for range 12 {
		say(w.RequestSignIn(ctx, "nobody@example.com", canaryPassword, atBank))
	}
	_, err = w.SignIn(ctx, claim.Email, c.Email, canaryPassword, atBank)
	say(err)

	for _, i := range []identity.Identifiers{{Email: c.Email, SocialSecurity: canaryNumber}, {SocialSecurity: canaryNumber}} {
		say(w.RequestReset(ctx, i, atBank))
	}
	secrets["reset token"] = w.resetToken(c)
	say(w.last(identity.ResetLink, "ann@example.com"))
	say(w.ConfirmReset(ctx, secrets["reset token"], "canary"), w.ConfirmReset(ctx, secrets["reset token"]+"x", canaryPassword))
	w.want(nil, w.ConfirmReset(ctx, secrets["reset token"], canaryPassword))
	say(w.ConfirmReset(ctx, secrets["reset token"], canaryPassword))
	_, err = w.Check(ctx, signedIn.Token, identity.Bank)
	say(err, w.CheckPassword("password", "canary"))

	if len(said) < 20 {
		t.Fatalf("only %d texts", len(said))
	}
	for _, text := range said {
		for name, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in a text that begins %.30q", name, text)
			}
		}
	}
}

func TestSecurity1KnownAndUnknownAccountsCostTheSameUnitsOfWork(t *testing.T) {
	w := newWorld(t)
	w.register(ann)
	c := countWork(w)
	cost := func(fn func() error) string {
		c.views.Store(0)
		c.updates.Store(0)
		if fn() == nil {
			t.Fatal("was to fail")
		}
		return fmt.Sprintf("%d views, %d updates", c.views.Load(), c.updates.Load())
	}
	wrong := ann.Identifiers
	wrong.SocialSecurity = "9"
	for name, pair := range map[string][2]func() error{
		"sign-in": {
			func() error { return w.RequestSignIn(t.Context(), ann.Email, "wrong horse", atBank) },
			func() error { return w.RequestSignIn(t.Context(), "nobody@example.com", "wrong horse", atBank) },
		},
		"code": {
			func() error { _, err := w.ConfirmSignIn(t.Context(), ann.Email, "ABCDEFG2", atBank); return err },
			func() error {
				_, err := w.ConfirmSignIn(t.Context(), "nobody@example.com", "ABCDEFG2", atBank)
				return err
			},
		},
		"reset": {
			func() error { return w.RequestReset(t.Context(), wrong, atBank) },
			func() error {
				return w.RequestReset(t.Context(), identity.Identifiers{Email: "nobody@example.com", Phone: "1", SocialSecurity: "2"}, atBank)
			},
		},
	} {
		if known, unknown := cost(pair[0]), cost(pair[1]); known != unknown {
			t.Errorf("%s: a known account costs %s, an unknown one %s", name, known, unknown)
		}
	}
}
