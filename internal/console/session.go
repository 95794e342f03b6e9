package console

import (
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
)

// The console's cookies, and the bank's, whose sessions open the console too.
const (
	sessionCookie = "purse_console"
	emailCookie   = "purse_console_email" // between the two steps of a sign-in
	noticeCookie  = "purse_console_notice"
	bankCookie    = "authorization"
)

const (
	emailLifetime  = 10 * time.Minute // as long as the code that is asked for
	noticeLifetime = time.Minute
)

// tickets are the cookies that may hold a session, in the order they are tried.
var tickets = []struct {
	cookie  string
	surface identity.Surface
}{{sessionCookie, identity.Console}, {bankCookie, identity.Bank}}

// authenticate accepts a session of the console or of the bank's app, if it was
// proven as well as the account now asks for.
func (k *console) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	var refusal error = identity.ErrNoSession
	for _, ticket := range tickets {
		token := cookie(c, ticket.cookie)
		if token == "" {
			continue
		}
		session, err := k.People.Check(c.Context(), token, ticket.surface)
		if err == nil {
			err = k.mustSuffice(c, session)
		}
		switch {
		case err == nil:
			if session.Slid && ticket.surface == identity.Console {
				k.setCookie(c, sessionCookie, token, SessionLifetime)
			}
			return surface.Caller(session), nil
		case fault.KindOf(err) != fault.Unauthenticated:
			return httpkit.Caller{}, err
		case errors.Is(err, identity.ErrTwoFactorRequired):
			refusal = err
		}
	}
	return httpkit.Caller{}, refusal
}

// mustSuffice returns ErrTwoFactorRequired for a one-factor session of an account
// that asks for two.
func (k *console) mustSuffice(c *httpkit.Call, session identity.Session) error {
	if session.Assurance >= identity.TwoFactors {
		return nil
	}
	user, err := k.People.User(c.Context(), session.User)
	if err == nil && user.TwoFactorRequired {
		return identity.ErrTwoFactorRequired
	}
	return err
}

// begin hands out a new session and ends the one it replaces.
func (k *console) begin(c *httpkit.Call, signedIn identity.SignedIn) error {
	if err := k.People.End(c.Context(), cookie(c, sessionCookie), identity.Console); err != nil {
		return err
	}
	k.setCookie(c, emailCookie, "", 0)
	k.setCookie(c, sessionCookie, signedIn.Token, SessionLifetime)
	return redirect(c, overviewPath)
}

// signOut ends, on the server, every session that this browser opens the console
// with, or a click on "Sign out" would leave the person signed in.
func (k *console) signOut(c *httpkit.Call) error {
	for _, ticket := range tickets {
		token := cookie(c, ticket.cookie)
		if token == "" {
			continue
		}
		if err := k.People.End(c.Context(), token, ticket.surface); err != nil {
			return err
		}
	}
	k.setCookie(c, sessionCookie, "", 0)
	return k.redirectWith(c, overviewPath, signedOut)
}

// client says where the request comes from.
func client(c *httpkit.Call) identity.Client { return surface.Client(c, identity.Console) }

// cookie is the value of a cookie, or "".
func cookie(c *httpkit.Call, name string) string {
	found, err := c.Request().Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}

// setCookie sets a cookie of the console; a lifetime of 0 removes it.
func (k *console) setCookie(c *httpkit.Call, name, value string, lifetime time.Duration) {
	age := int(lifetime.Seconds())
	if age == 0 {
		age = -1
	}
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/console", MaxAge: age, HttpOnly: true, Secure: k.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// rememberEmail keeps the address for the second step of a sign-in.
func (k *console) rememberEmail(c *httpkit.Call, email string) {
	k.setCookie(c, emailCookie, base64.RawURLEncoding.EncodeToString([]byte(email)), emailLifetime)
}

// rememberedEmail is that address, or "" when the second step came too late.
func rememberedEmail(c *httpkit.Call) string {
	email, err := base64.RawURLEncoding.DecodeString(cookie(c, emailCookie))
	if err != nil {
		return ""
	}
	return string(email)
}

// notice names a message that the next page shows. Only these exist, so that
// nobody can make the console say something else.
type notice string

const (
	signedOut     notice = "signed-out"
	allEnded      notice = "all-ended"
	sessionEnded  notice = "session-ended"
	sessionGone   notice = "session-gone"
	signInFirst   notice = "sign-in-first"
	twoStepNeeded notice = "two-step-needed"
	twoStepOn     notice = "two-step-on"
	twoStepOff    notice = "two-step-off"
	startAgain    notice = "start-again"
	twoStepFirst  notice = "two-step-first"
	personChanged notice = "person-changed"
)

var noticeTexts = map[notice]string{
	signedOut:     "You are signed out.",
	allEnded:      "All sessions have ended. You are signed out everywhere.",
	sessionEnded:  "The session has ended.",
	sessionGone:   "That session had ended already.",
	signInFirst:   "Please sign in first.",
	twoStepNeeded: "This account takes two-step sign-ins only. Please sign in with a code.",
	twoStepOn:     "Two-step sign-in is required from now on.",
	twoStepOff:    "Two-step sign-in is no longer required.",
	twoStepFirst:  "Managing people takes a two-step sign-in. Require two steps below, then sign in again.",
	personChanged: "Done. It counts from their next request on.",
	startAgain:    "That took longer than ten minutes. Please start again.",
}

// redirect sends the browser on after a write.
func redirect(c *httpkit.Call, path string) error {
	c.Header().Set("Location", path)
	c.Response().WriteHeader(http.StatusSeeOther)
	return nil
}

// redirectWith sends the browser on to a page that shows n.
func (k *console) redirectWith(c *httpkit.Call, path string, n notice) error {
	k.setCookie(c, noticeCookie, string(n), noticeLifetime)
	return redirect(c, path)
}

// takeNotice is the text that the page should show, once.
func (k *console) takeNotice(c *httpkit.Call) string {
	text, known := noticeTexts[notice(cookie(c, noticeCookie))]
	if known {
		k.setCookie(c, noticeCookie, "", 0)
	}
	return text
}
