package bench

import (
	"context"
	"math/rand/v2"
	"net/http"

	"purse/internal/claim"
	"purse/internal/identity"
)

// SignIn measures signing in: by a password alone, and in two steps with a mailed
// code. It is slow on purpose, for a password must be costly to guess.
type SignIn struct {
	Options
}

// Run measures and prints.
func (s SignIn) Run(ctx context.Context) error {
	return s.conduct(ctx, "signin", func(ctx context.Context, session *session) error {
		if err := session.measureEcho(ctx); err != nil {
			return err
		}
		return session.onStage(ctx, s.DatabaseURL, nil, func(ctx context.Context, st *stage) error {
			if err := st.gather(ctx, s.Clients, func(ctx context.Context, p *person) error { return p.joinWallet(ctx, st) }); err != nil {
				return err
			}
			if err := st.enterProcess(ctx); err != nil {
				return err
			}
			if err := s.measure(ctx, st, "one step", []string{"password"}, func(p *person) worker { return st.signer(p) }); err != nil {
				return err
			}
			if st.services != nil {
				st.report.note("two steps need the mailbox, which is reached over HTTP alone")
				return nil
			}
			return s.measure(ctx, st, "two steps", []string{"first step, the password", "second step, the code"}, func(p *person) worker {
				return &twoSteps{wire: wire{address: st.purse.address}, stage: st, person: p}
			})
		})
	})
}

func (s SignIn) measure(ctx context.Context, st *stage, name string, kinds []string, signer func(*person) worker) error {
	_, err := st.measure(ctx, trial{
		name: name, engine: st.engineLabel(), kinds: kinds, clients: s.Clients, rate: s.Rate,
		worker: func(i int, _ *rand.Rand) worker { return signer(st.people[i]) },
	}, st.subject())
	return err
}

// signer is a client who signs in by a password.
func (st *stage) signer(p *person) worker {
	if st.services != nil {
		return &serviceSigner{st, p}
	}
	w := &wireReader{wire: wire{address: st.purse.address}, method: http.MethodPost, path: "/api/v1/auth/login"}
	w.text = []byte(`{"email":"` + p.email + `","password":"` + password + `"}`)
	return w
}

type serviceSigner struct {
	stage  *stage
	person *person
}

func (s *serviceSigner) prepare(context.Context) error { return nil }
func (s *serviceSigner) close()                        {}

func (s *serviceSigner) ask(ctx context.Context) (int, error) {
	_, err := s.stage.services.People.SignIn(ctx, claim.Email, s.person.email, password, benchClient(identity.Bot))
	return 0, err
}

// twoSteps is a client who asks for a code and uses it. Reading the mail is not
// measured: no person does it by HTTP.
type twoSteps struct {
	wire
	stage  *stage
	person *person
	asked  bool // for a code
	code   string
}

func (w *twoSteps) prepare(ctx context.Context) (err error) {
	if w.asked {
		w.code, err = w.stage.mailedCode(ctx, w.person.email)
	}
	return err
}

func (w *twoSteps) ask(ctx context.Context) (int, error) {
	if !w.asked {
		err := w.wire.ask(ctx, "POST", "/auth/2fa/request", "", []byte(`{"email":"`+w.person.email+`","password":"`+password+`"}`))
		w.asked = err == nil
		return 0, err
	}
	w.asked = false
	return 1, w.wire.ask(ctx, "POST", "/auth/2fa/confirm", "", []byte(`{"email":"`+w.person.email+`","twofa_code":"`+w.code+`"}`))
}
