package console

import (
	"errors"
	"net/http"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/identity"
)

// signInView is the first step.
type signInView struct {
	Email   string
	Problem string
}

// codeView is the second step.
type codeView struct {
	Email   string
	Problem string
	Mailbox bool // say where the developer mailbox is
}

func (k *console) showSignIn(c *httpkit.Call, status int, v signInView) error {
	return k.show(c, status, "sign-in", page{Title: "Sign in", Problem: v.Problem != "", Body: v})
}

func (k *console) showCode(c *httpkit.Call, status int, v codeView) error {
	v.Mailbox = k.Development
	return k.show(c, status, "code", page{Title: "Enter the code", Problem: v.Problem != "", Body: v})
}

// signIn is the first step, and the only one where the account allows that.
func (k *console) signIn(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	email, password := form.Get("email"), form.Get("password")
	signedIn, err := k.People.SignIn(c.Context(), claim.Email, email, password, client(c))
	if err == nil {
		return k.begin(c, signedIn)
	}
	if errors.Is(err, identity.ErrTwoFactorRequired) {
		if err = k.People.RequestSignIn(c.Context(), email, password, client(c)); err == nil {
			k.rememberEmail(c, email)
			return redirect(c, codePath)
		}
	}
	status, problem, ok := refusal(c, err, "The e-mail or the password is not right.")
	if !ok {
		return err
	}
	return k.showSignIn(c, status, signInView{Email: email, Problem: problem})
}

// code asks for the code that was mailed.
func (k *console) code(c *httpkit.Call) error {
	email := rememberedEmail(c)
	if email == "" {
		return redirect(c, overviewPath)
	}
	return k.showCode(c, http.StatusOK, codeView{Email: email})
}

// confirm is the second step.
func (k *console) confirm(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	email := rememberedEmail(c)
	if email == "" {
		return k.redirectWith(c, overviewPath, startAgain)
	}
	signedIn, err := k.People.ConfirmSignIn(c.Context(), email, form.Get("code"), client(c))
	if err == nil {
		return k.begin(c, signedIn)
	}
	status, problem, ok := refusal(c, err, "This code is not right, or no longer valid. After five wrong ones, none is accepted for ten minutes.")
	if !ok {
		return err
	}
	return k.showCode(c, status, codeView{Email: email, Problem: problem})
}

// refusal is what to tell about a credential that was not accepted. It is the
// same for an unknown account as for a wrong password. ok is false for an error
// that is not about the credential.
func refusal(c *httpkit.Call, err error, wrong string) (status int, problem string, ok bool) {
	switch f := fault.From(err); f.Kind {
	case fault.Unauthenticated:
		return http.StatusUnauthorized, wrong, true
	case fault.TooMany:
		httpkit.SetRetryAfter(c.Header(), f.RetryAfter)
		return http.StatusTooManyRequests, "There were too many wrong tries. Please try again in " + waitText(f.RetryAfter) + ".", true
	}
	return 0, "", false
}
