package bank_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/api/bank"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest/golden"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/surface/surfacetest"
	"purse/internal/wallet"
)

// TestGoldenExchanges plays testdata/*.txtar on every engine: each file is a conversation, its
// sections in order. A section's name is
//
//	NAME METHOD PATH [Header=value]…   a request of that person, its body below
//	STATUS                             the answer that must come, headers first
//	register NAME First Last           someone makes an account
//	mail NAME                          reads the newest mail: <code>, <token>
//	deposit <number> AMOUNT            money from outside
//	wallet NAME CURRENCY               another wallet: <NAME_CURRENCY>
//	forbid NAME, permit NAME           takes the permission to use money, gives it back
//	clock DURATION, mail down, mail up, freeze <number>, rates BASE CODE=RATE…
//
// <word> in an answer stands for what is there, and for the same ever after.
func TestGoldenExchanges(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	documented := apidoctest.New(t, "bank")
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				c := &conversation{stack: start(t, options{engine: engine}), documented: documented, known: golden.Words{}, cookies: map[string]string{}}
				golden.Play(t, file, func(where, name, data string) { c.play(t, where, name, data) })
			})
		}
	})
	surfacetest.Faults(t, documented, bank.New(bank.Services{}), faults)
	if !t.Failed() {
		documented.RequireAllSeen(t, nil)
	}
}

// faults are the answers that any route can have.
var faults = map[int]string{
	http.StatusConflict:            `{"detail":"A request with this Idempotency-Key is still being worked on"}`,
	http.StatusTooManyRequests:     "Retry-After: 30\n" + `{"detail":"Too many attempts, try again later"}`,
	http.StatusInternalServerError: "X-Request-Id: <id>\n" + `{"detail":"Internal server error","request_id":"<id>"}`,
	http.StatusServiceUnavailable:  "Retry-After: 1\nX-Request-Id: <id>\n" + `{"detail":"Service temporarily unavailable","request_id":"<id>"}`,
}

type conversation struct {
	*stack
	documented *apidoctest.Validator
	known      golden.Words
	cookies    map[string]string // by person
	person     string            // who asked last
	answer     *httptest.ResponseRecorder
}

func (c *conversation) play(t *testing.T, where, name, data string) {
	t.Helper()
	if status, err := strconv.Atoi(name); err == nil {
		c.expect(t, where, status, data)
		return
	}
	words := strings.Fields(c.known.Fill(t, where, name))
	switch words[0] {
	case "register":
		c.register(t, where, words[1], words[2], words[3])
	case "mail":
		switch words[1] {
		case "down", "up":
			c.mail.down = words[1] == "down"
		default:
			m := c.mail.newest(t, email(words[1]))
			c.known["code"] = m.Code
			_, c.known["token"], _ = strings.Cut(m.Link, "token=")
		}
	case "deposit":
		c.deposit(words[1], words[2])
	case "clock":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			t.Fatal(err)
		}
		c.clock.Advance(d)
	case "freeze", "wallet", "rates", "forbid", "permit":
		c.arrange(t, words)
	default:
		c.ask(t, where, words, c.known.Fill(t, where, data))
	}
}

// arrange brings about what the bank's surface cannot.
func (c *conversation) arrange(t *testing.T, words []string) {
	t.Helper()
	err := func() error {
		switch words[0] {
		case "freeze":
			entry, err := c.numbers.Find(t.Context(), words[1])
			if err != nil {
				return err
			}
			return c.engine.Update(t.Context(), func(tx store.Tx) error { return ledger.Freeze(tx, entry.Account) })
		case "wallet":
			currency, err := money.ParseCurrency(words[2])
			if err != nil {
				return err
			}
			return c.engine.Update(t.Context(), func(tx store.Tx) error {
				owner, _, err := tx.FindClaim("email", email(words[1]))
				if err != nil {
					return err
				}
				w, err := walletOf(tx, c.numbers, ledger.OwnerID(owner), currency)
				c.known[words[1]+"_"+words[2]] = w.Number
				return err
			})
		}
		if words[0] == "forbid" || words[0] == "permit" {
			return c.setPermission(t, words[1], words[0] == "permit")
		}
		rates := map[string]string{}
		for _, pair := range words[2:] {
			code, rate, _ := strings.Cut(pair, "=")
			rates[code] = rate
		}
		return c.rates.Replace(t.Context(), words[1], rates)
	}()
	if err != nil {
		t.Fatal(err)
	}
}

// setPermission takes the role from a person that everyone has, or gives it back.
func (c *conversation) setPermission(t *testing.T, person string, given bool) error {
	t.Helper()
	var user int64
	err := c.engine.View(t.Context(), func(tx store.Tx) (err error) {
		user, _, err = tx.FindClaim("email", email(person))
		return err
	})
	if err != nil || user == 0 {
		return fmt.Errorf("no user %s: %w", person, err)
	}
	if given {
		return c.people.GrantRole(t.Context(), identity.UserID(user), identity.RoleUser)
	}
	return c.people.RevokeRole(t.Context(), identity.UserID(user), identity.RoleUser)
}

// walletOf is the owner's wallet in a currency, opened when there is none.
func walletOf(tx store.Tx, numbers *number.Directory, owner ledger.OwnerID, currency money.Currency) (wallet.Wallet, error) {
	wallets, err := tx.WalletsOf(owner)
	if err != nil {
		return wallet.Wallet{}, err
	}
	for _, w := range wallets {
		if w.Currency == currency {
			return w, nil
		}
	}
	return wallet.Open(tx, numbers, owner, currency)
}

func email(person string) string { return person + "@example.com" }

// details is what a person registers with, as JSON members.
func details(person string) string {
	return fmt.Sprintf(`"email":%q,"phone_number":"phone of %s","social_security":"ssn of %s"`, email(person), person, person)
}

func (c *conversation) register(t *testing.T, where, person, first, last string) {
	t.Helper()
	c.ask(t, where, []string{person, "POST", "/auth/register"}, "{"+details(person)+"}")
	c.expect(t, where, 200, `{"message":"Verification code sent"}`)
	code := c.mail.newest(t, email(person)).Code
	c.ask(t, where, []string{person, "POST", "/auth/verify-email"}, fmt.Sprintf(
		`{%s,"first_name":%q,"last_name":%q,"date_of_birth":"1990-05-04","address":"1 Main St","city":"Town","state":"","post_code":"12345","password":"correct horse battery","verification_code":%q}`,
		details(person), first, last, code))
	c.expect(t, where, 200, `{"message":"Account created"}`)
}

// ask sends a request with the person's cookie and checks it against the document.
func (c *conversation) ask(t *testing.T, where string, words []string, body string) {
	t.Helper()
	if len(words) < 3 {
		t.Fatalf("%s: neither a request nor a command", where)
	}
	c.person = words[0]
	r := httptest.NewRequestWithContext(t.Context(), words[1], words[2], strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie := c.cookies[c.person]; cookie != "" {
		r.AddCookie(&http.Cookie{Name: "authorization", Value: cookie})
	}
	undocumented := false
	for _, pair := range words[3:] {
		name, value, _ := strings.Cut(pair, "=")
		if undocumented = name == "undocumented"; undocumented {
			r = r.WithContext(apidoctest.Deviating(r.Context()))
			continue
		}
		r.Header.Set(name, value)
	}
	c.answer = httptest.NewRecorder()
	c.handler.ServeHTTP(c.answer, r)
	for _, cookie := range c.answer.Result().Cookies() {
		c.cookies[c.person] = cookie.Value
	}
	if c.answer.Code == http.StatusNotFound || c.answer.Code == http.StatusMethodNotAllowed {
		return // no operation of the document
	}
	if err := c.documented.Exchange(r, []byte(body), c.answer.Result(), c.answer.Body.Bytes()); err != nil {
		t.Errorf("%s: %v\nanswer: %s", where, err, c.answer.Body)
	}
}

func (c *conversation) expect(t *testing.T, where string, status int, data string) {
	t.Helper()
	c.known.Expect(t, where, status, data, golden.Answer{Status: c.answer.Code, Header: c.answer.Header(), Body: c.answer.Body.String()})
}
