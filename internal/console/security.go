package console

import (
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/surface"
)

// securityView is how an account is protected, and who is signed in to it.
type securityView struct {
	TwoStep  bool
	Problem  string // with the password that turns two-step sign-in off
	Sessions []sessionView
}

type sessionView struct {
	identity.Session
	Here bool // the session of this request
}

func (k *console) security(c *httpkit.Call) error {
	return k.showSecurity(c, http.StatusOK, "")
}

func (k *console) showSecurity(c *httpkit.Call, status int, problem string) error {
	user, err := k.People.User(c.Context(), surface.User(c))
	if err != nil {
		return err
	}
	sessions, err := k.People.Sessions(c.Context(), user.ID)
	if err != nil {
		return err
	}
	v := securityView{TwoStep: user.TwoFactorRequired, Problem: problem}
	for _, s := range sessions {
		v.Sessions = append(v.Sessions, sessionView{s, s.ID == c.Caller().SessionID})
	}
	return k.show(c, status, "security", page{Title: "Security", Section: "security", Problem: problem != "", Body: v})
}

// setTwoStep turns the requirement of two-step sign-ins on, or off with the password.
func (k *console) setTwoStep(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	user := surface.User(c)
	switch form.Get("required") {
	case "yes":
		if err := k.People.SetTwoFactorRequired(c.Context(), user, true); err != nil {
			return err
		}
		return k.redirectWith(c, securityPath, twoStepOn)
	case "no":
		err := k.People.TurnOffTwoFactor(c.Context(), user, form.Get("password"), client(c))
		if err == nil {
			return k.redirectWith(c, securityPath, twoStepOff)
		}
		status, problem, ok := refusal(c, err, "The password is not right.")
		if !ok {
			return err
		}
		return k.showSecurity(c, status, problem)
	}
	return errForm
}

// endSession ends one of the person's sessions.
func (k *console) endSession(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	session, err := id.Parse(form.Get("session"))
	if err != nil {
		return errForm.Because(err)
	}
	ended, err := k.People.EndSession(c.Context(), surface.User(c), session)
	switch {
	case err != nil:
		return err
	case !ended:
		return k.redirectWith(c, securityPath, sessionGone)
	case session == c.Caller().SessionID:
		return k.redirectWith(c, overviewPath, sessionEnded)
	}
	return k.redirectWith(c, securityPath, sessionEnded)
}

// endAll ends all of the person's sessions, this one included.
func (k *console) endAll(c *httpkit.Call) error {
	if err := k.People.EndAll(c.Context(), surface.User(c)); err != nil {
		return err
	}
	k.setCookie(c, sessionCookie, "", 0)
	return k.redirectWith(c, overviewPath, allEnded)
}
