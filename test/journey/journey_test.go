// Package journey walks through the bank as its web app does, against the
// real program in production mode, with mail over real SMTP.
package journey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/notify/smtptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// production is the environment of a real Purse. Its public URL is https, as a
// proxy before it would make it.
func production(databaseURL, smtpURL string) []string {
	return []string{
		apptest.SecretKey, "PURSE_PUBLIC_URL=https://bank.example.com", "PURSE_SMTP_URL=" + smtpURL,
		"PURSE_DATABASE_URL=" + databaseURL, "PURSE_CARD_GRANT=100.50", "PURSE_RATE_LIMITS=off",
	}
}

// postbox reads what the SMTP server was given.
type postbox struct {
	t      *testing.T
	server *smtptest.Server
	read   map[string]int // mails seen, by recipient
}

// next waits for the recipient's next mail and returns its plain text.
func (p *postbox) next(to string) string {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		count := 0
		for _, m := range p.server.Mails() {
			if len(m.To) != 1 || m.To[0] != to {
				continue
			}
			if count++; count > p.read[to] {
				p.read[to] = count
				return plainText(p.t, m.Data)
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no further mail came to %s", to)
		}
		time.Sleep(10 * time.Millisecond) // between looks; nothing is asserted on it
	}
}

// plainText is the text/plain part of a mail.
func plainText(t *testing.T, data string) string {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("no plain text in the mail: %v", err)
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			continue
		}
		var body io.Reader = part
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

var (
	codePattern = regexp.MustCompile(`(?m)^\s*([A-Z0-9]{8}|[0-9]{6})\s*$`)
	linkPattern = regexp.MustCompile(`https://\S+`)
)

// code is the code in the recipient's next mail.
func (p *postbox) code(to string) string {
	p.t.Helper()
	text := p.next(to)
	found := codePattern.FindStringSubmatch(text)
	if found == nil {
		p.t.Fatalf("no code on a line of its own:\n%s", text)
	}
	return found[1]
}

func TestAPersonBanksFromRegistrationToReset(t *testing.T) {
	apptest.EachEngine(t, fromRegistrationToReset)
}

func fromRegistrationToReset(t *testing.T, databaseURL string) {
	ctx := context.Background()
	post := &postbox{t, smtptest.New(t, smtptest.Options{}), map[string]int{}}
	purse := apptest.Start(t, production(databaseURL, post.server.URL()), "serve", "--listen", "{listen}")
	ada, bob := apptest.NewClient(purse.Base, 1), apptest.NewClient(purse.Base, 2)
	for _, c := range []*apptest.Client{ada, bob} {
		register(ctx, t, c, post)
	}
	must := func(c *apptest.Client, method, path string, body, out any) {
		t.Helper()
		if err := c.Must(ctx, method, path, body, out); err != nil {
			t.Fatal(err)
		}
	}

	// Two steps to sign in, once the first session has ended.
	must(ada, "POST", "/auth/logout", nil, nil)
	if answer, err := ada.Call(ctx, "GET", "/auth/me", nil); err != nil || answer.Status != 401 {
		t.Fatalf("after the log-out: %d %s %v, want 401", answer.Status, answer.Body, err)
	}
	must(ada, "POST", "/auth/2fa/request", map[string]any{"email": ada.Email, "password": apptest.Password, "twofa_code": nil, "extra": 1}, nil)
	must(ada, "POST", "/auth/2fa/confirm", map[string]any{"email": ada.Email, "twofa_code": post.code(ada.Email)}, nil)

	// Cards come with the grant; money moves between them and to Bob.
	first, err := ada.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ada.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	bobs, err := bob.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if first.Balance != "100.50" || first.Currency != "USD" {
		t.Errorf("a new card has %s %s, want the grant of 100.50 USD", first.Balance, first.Currency)
	}
	var moved struct {
		Message   string
		Amount    json.Number
		Remaining json.Number `json:"remaining_card_balance"`
	}
	must(ada, "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":50}`, first.Number, bobs.Number), &moved)
	if moved.Message != "Transferred 50.00" || moved.Amount != "50.00" || moved.Remaining != "50.50" {
		t.Errorf("the transfer answers %+v", moved)
	}
	must(ada, "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":"0.50"}`, second.Number, first.Number), nil)

	// Saving and paying.
	var goal, bill struct{ ID json.Number }
	must(ada, "POST", "/savings/create/", `{"name":"Boat","goal":1000}`, &goal)
	must(ada, "POST", "/savings/topUp", fmt.Sprintf(`{"amount":20.25,"saving_account_id":%s,"card_id":%d}`, goal.ID, first.ID), nil)
	must(ada, "POST", "/savings/decrease", fmt.Sprintf(`{"amount":0.25,"saving_account_id":%s,"card_id":%d}`, goal.ID, first.ID), nil)
	must(ada, "POST", "/bills/create", `{"name":"Rent","amount":10,"due_date":"2030-01-01T00:00:00"}`, &bill)
	must(ada, "POST", "/bills/pay", fmt.Sprintf(`{"bill_id":%s,"card_number":%q}`, bill.ID, first.Number), nil)

	// 100.50 − 50 + 0.50 − 20.25 + 0.25 − 10 on the first card, 100 on the second.
	var me struct{ Balance json.Number }
	must(ada, "GET", "/auth/me", nil, &me)
	if me.Balance != "121.00" {
		t.Errorf("the balance is %s, want 121.00", me.Balance)
	}
	checkHistory(ctx, t, ada, first.Number, []string{"out BILL 10.00", "in SAVINGS_WITHDRAW 0.25", "out SAVINGS_TOPUP 20.25", "in TRANSFER 0.50", "out TRANSFER 50.00", "in INCOME 100.50"})
	checkHistory(ctx, t, bob, bobs.Number, []string{"in TRANSFER 50.00", "in INCOME 100.50"})

	resetPassword(ctx, t, ada, post)
}

func register(ctx context.Context, t *testing.T, c *apptest.Client, post *postbox) {
	t.Helper()
	if err := c.Must(ctx, "POST", "/auth/register", c.Proofs(), nil); err != nil {
		t.Fatal(err)
	}
	answer, err := c.Call(ctx, "POST", "/auth/verify-email", c.Registration(apptest.Password, post.code(c.Email)))
	if err != nil || answer.Status != 200 {
		t.Fatalf("confirming the registration: %d %s %v", answer.Status, answer.Body, err)
	}
	cookie := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"authorization=", "HttpOnly", "Path=/", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %q: %s", want, cookie)
		}
	}
}

func checkHistory(ctx context.Context, t *testing.T, c *apptest.Client, card string, want []string) {
	t.Helper()
	var history struct {
		History []struct {
			Direction string
			Type      string `json:"transfer_type"`
			Amount    json.Number
		}
	}
	if err := c.Must(ctx, "POST", "/card/history", fmt.Sprintf(`{"card_number":%q}`, card), &history); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range history.History {
		got = append(got, fmt.Sprintf("%s %s %s", line.Direction, line.Type, line.Amount))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the history is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// resetPassword asks for the link, opens the page it leads to, chooses a new
// password there, and signs in with it.
func resetPassword(ctx context.Context, t *testing.T, c *apptest.Client, post *postbox) {
	t.Helper()
	const newPassword = "an entirely new password"
	if err := c.Must(ctx, "POST", "/auth/reset", c.Proofs(), nil); err != nil {
		t.Fatal(err)
	}
	link := linkPattern.FindString(post.next(c.Email))
	path, found := strings.CutPrefix(link, "https://bank.example.com")
	if !found || !strings.HasPrefix(path, "/reset?token=") {
		t.Fatalf("the mail's link is %q", link)
	}
	page, err := c.Call(ctx, "GET", path, nil)
	if err != nil || page.Status != 200 || !strings.Contains(string(page.Body), "<form") {
		t.Fatalf("the reset page: %d %.300s %v", page.Status, page.Body, err)
	}
	token, _ := strings.CutPrefix(path, "/reset?token=")
	if err := c.Must(ctx, "PATCH", "/auth/reset", map[string]string{"token": token, "new_password": newPassword}, nil); err != nil {
		t.Fatal(err)
	}
	if answer, err := c.Call(ctx, "GET", "/auth/me", nil); err != nil || answer.Status != 401 {
		t.Errorf("a session outlives the reset: %d %v", answer.Status, err)
	}
	if answer, err := c.Call(ctx, "PATCH", "/auth/reset", map[string]string{"token": token, "new_password": newPassword}); err != nil || answer.Status != 401 {
		t.Errorf("the link works twice: %d %v", answer.Status, err)
	}
	post.next(c.Email) // the notice that the password was changed
	if err := c.Must(ctx, "POST", "/auth/2fa/request", map[string]string{"email": c.Email, "password": newPassword}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Must(ctx, "POST", "/auth/2fa/confirm", map[string]string{"email": c.Email, "twofa_code": post.code(c.Email)}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Must(ctx, "GET", "/auth/me", nil, nil); err != nil {
		t.Fatal(err)
	}
}

func TestARegistrationWhoseMailIsRefusedLeavesNothing(t *testing.T) {
	apptest.EachEngine(t, refusedMail)
}

func refusedMail(t *testing.T, databaseURL string) {
	ctx := context.Background()
	server := smtptest.New(t, smtptest.Options{Recipient: func(string) int { return 550 }})
	purse := apptest.Start(t, production(databaseURL, server.URL()), "serve", "--listen", "{listen}")
	ada := apptest.NewClient(purse.Base, 1)
	if answer, err := ada.Call(ctx, "POST", "/auth/register", ada.Proofs()); err != nil || answer.Status != 400 {
		t.Fatalf("a refused mail: %d %s %v, want 400", answer.Status, answer.Body, err)
	}
	var cleaned struct{ Deleted json.Number }
	if err := ada.Must(ctx, "DELETE", "/cleanup-unverified", nil, &cleaned); err != nil || cleaned.Deleted != "0" {
		t.Errorf("the clean-up: %v, %s deleted", err, cleaned.Deleted)
	}
}

func TestSecurity26ProductionHasNoDeveloperEndpoints(t *testing.T) {
	ctx := context.Background()
	server := smtptest.New(t, smtptest.Options{})
	purse := apptest.Start(t, production("sqlite:"+filepath.Join(t.TempDir(), "purse.db"), server.URL()), "serve", "--listen", "{listen}")
	c := apptest.NewClient(purse.Base, 1)
	for _, path := range []string{"/dev/mail", "/dev/clock", "/dev/rates", "/dev/mail?to=" + url.QueryEscape(c.Email)} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if answer, err := c.Call(ctx, method, path, nil); err != nil || answer.Status != 404 {
				t.Errorf("%s %s: %d %v, want 404", method, path, answer.Status, err)
			}
		}
	}
}
