package identity_test

import (
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/identity"
)

// careful is a surface that asks for a verified address.
const careful identity.Surface = "careful"

// newPerson is somebody who has joined with an address and was mailed a link.
func (w *world) newPerson(email string) (user identity.User, token string) {
	w.t.Helper()
	user, err := w.Join(w.t.Context(), identity.Newcomer{Email: email}, goodPassword, w.MailEmailLink)
	w.want(nil, err)
	return user, w.emailToken(email)
}

// emailToken is the token of the newest link that was mailed to an address.
func (w *world) emailToken(email string) string {
	w.t.Helper()
	link := w.last(identity.VerifyEmailLink, email).Link
	return link[strings.LastIndexByte(link, '/')+1:]
}

func newCarefulWorld(t *testing.T) *world {
	return newWorld(t, func(o *identity.Options) {
		o.VerifyURL = "https://bank.example/confirm"
		o.Sessions[careful] = identity.SessionRule{Lifetime: time.Hour, VerifiedEmail: true}
	})
}

func TestAMailedLinkVerifiesItsAddressOnce(t *testing.T) {
	w := newCarefulWorld(t)
	user, token := w.newPerson("zoe@example.com")
	if link := w.last(identity.VerifyEmailLink, "zoe@example.com"); link.Link != "https://bank.example/confirm/1/"+token || link.Lifetime != 72*time.Hour || link.Name != "" {
		t.Errorf("the message: %+v", link.Link)
	}
	if strings.Contains(string(w.databaseFiles()), token) {
		t.Error("the token is stored in the open")
	}
	other, _ := w.newPerson("bob@example.com")
	for name, try := range map[string]func() error{
		"another's":   func() error { return w.VerifyEmail(t.Context(), other.ID, token) },
		"nobody's":    func() error { return w.VerifyEmail(t.Context(), 999, token) },
		"a wrong one": func() error { return w.VerifyEmail(t.Context(), user.ID, token[1:]+"x") },
		"none":        func() error { return w.VerifyEmail(t.Context(), user.ID, "") },
	} {
		if err := try(); err == nil {
			t.Errorf("%s was taken", name)
		}
		w.want(identity.ErrEmailLink, try())
	}
	won := fifty(t, identity.ErrEmailLink, func(int) error { return w.VerifyEmail(t.Context(), user.ID, token) })
	if u, err := w.User(t.Context(), user.ID); won != 1 || err != nil || !u.EmailVerified {
		t.Errorf("%d uses of one link; verified %v, %v", won, u.EmailVerified, err)
	}
}

func TestAMailedLinkWorksForThreeDaysForItsAddressOnly(t *testing.T) {
	w := newCarefulWorld(t)
	user, token := w.newPerson("zoe@example.com")
	w.want(nil, w.options.Work.Update(t.Context(), func(tx identity.Tx) error {
		u := user
		u.Email = "new@example.com"
		return tx.UpdateUser(u)
	}))
	w.want(identity.ErrEmailLink, w.VerifyEmail(t.Context(), user.ID, token))
	w.want(nil, w.options.Work.Update(t.Context(), func(tx identity.Tx) error { return tx.UpdateUser(user) }))
	w.clock.Advance(72*time.Hour - time.Second)
	w.want(nil, w.VerifyEmail(t.Context(), user.ID, token))

	late, token := w.newPerson("bob@example.com")
	w.clock.Advance(72 * time.Hour)
	w.want(identity.ErrEmailLink, w.VerifyEmail(t.Context(), late.ID, token))
	w.removed(1)
}

func TestASurfaceMayAskForAVerifiedAddress(t *testing.T) {
	w := newCarefulWorld(t)
	user, token := w.newPerson("zoe@example.com")
	signIn := func(password string) error {
		_, err := w.SignIn(t.Context(), claim.Email, "zoe@example.com", password, identity.Client{Surface: careful})
		return err
	}
	w.want(identity.ErrInvalidCredentials, signIn("wrong horse battery"))
	w.want(identity.ErrEmailNotVerified, signIn(goodPassword))
	if w.mails() != 1 {
		t.Errorf("%d mails while a link works", w.mails())
	}
	w.clock.Advance(72 * time.Hour)
	w.want(identity.ErrEmailNotVerified, signIn(goodPassword))
	again := w.emailToken("zoe@example.com")
	if w.mails() != 2 || again == token {
		t.Errorf("%d mails after the link has expired", w.mails())
	}
	w.want(identity.ErrEmailLink, w.VerifyEmail(t.Context(), user.ID, token))
	w.want(nil, w.VerifyEmail(t.Context(), user.ID, again))
	w.want(nil, signIn(goodPassword))
}
