// Package apptest drives a running Purse in tests as its clients do: over
// HTTP, with a cookie, reading codes in the mailbox. It is imported by tests
// alone and knows Purse by its surfaces only.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// Client is one person at one Purse. It keeps the session's cookie.
type Client struct {
	Base   string // such as http://127.0.0.1:8000
	Email  string
	Phone  string
	SSN    string
	Cookie string // the value of the cookie "authorization"
	HTTP   *http.Client
}

// Password is what every person of the tests signs in with.
const Password = "correct horse battery"

// NewClient makes the person of that number at base, not yet registered.
func NewClient(base string, number int) *Client {
	return &Client{
		Base: base, Email: fmt.Sprintf("person%d@example.com", number), Phone: fmt.Sprintf("+1555%07d", number), SSN: fmt.Sprintf("%09d", number),
		HTTP: &http.Client{Timeout: 2 * time.Minute},
	}
}

// Answer is a whole HTTP answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the body as JSON into out.
func (a Answer) Decode(out any) error {
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("reading %q: %w", a.Body, err)
	}
	return nil
}

// Cookie is the value that the answer gives a cookie, "" for none.
func (a Answer) Cookie(name string) string {
	for _, cookie := range (&http.Response{Header: a.Header}).Cookies() {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// Text is a text in the object that the answer is, "" for none.
func (a Answer) Text(name string) string {
	var fields map[string]any
	if a.Decode(&fields) != nil {
		return ""
	}
	text, _ := fields[name].(string)
	return text
}

// Stay has an http.Client answer with a redirect rather than follow it.
func Stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// stranger sends nothing of its own along.
var stranger = &http.Client{Timeout: 30 * time.Second, CheckRedirect: Stay}

// Ask sends one request to the Purse at base as Call does, with nothing but these
// headers, and fails the test when there is no answer.
func Ask(t testing.TB, base, method, path string, body any, headers ...string) Answer {
	t.Helper()
	client := Client{Base: base, HTTP: stranger} // for this request alone: it would keep the cookie
	answer, err := client.Call(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Call sends one request. A body that is a string or bytes is sent as it is,
// anything else as JSON, nil as no body. Headers are pairs of name and value.
func (c *Client) Call(ctx context.Context, method, path string, body any, headers ...string) (Answer, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewReader([]byte(b))
	case []byte:
		reader = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, reader)
	if err != nil {
		return Answer{}, err
	}
	if reader != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Cookie != "" {
		request.AddCookie(&http.Cookie{Name: "authorization", Value: c.Cookie})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return c.do(request)
}

// do sends a request and keeps the session's cookie.
func (c *Client) do(request *http.Request) (Answer, error) {
	answer, err := c.HTTP.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return Answer{}, err
	}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == "authorization" {
			c.Cookie = cookie.Value
		}
	}
	return Answer{answer.StatusCode, answer.Header, text}, nil
}

// Must is Call that fails unless the answer is 200, and reads it into out when
// that is not nil.
func (c *Client) Must(ctx context.Context, method, path string, body, out any) error {
	answer, err := c.Call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("%s %s answered with %d: %s", method, path, answer.Status, answer.Body)
	}
	if out == nil {
		return nil
	}
	return answer.Decode(out)
}

// Mail is a message in the developer mailbox.
type Mail struct {
	ID      any
	Channel string
	To      string
	Subject string
	Text    string
	HTML    string
	Codes   []string
	Links   []string
}

// Mails lists the person's mails, newest first.
func (c *Client) Mails(ctx context.Context) ([]Mail, error) {
	var mails []Mail
	err := c.Must(ctx, http.MethodGet, "/dev/mail?to="+url.QueryEscape(c.Email), nil, &mails)
	return mails, err
}

// Code is the code in the person's newest mail.
func (c *Client) Code(ctx context.Context) (string, error) {
	mails, err := c.Mails(ctx)
	if err != nil {
		return "", err
	}
	if len(mails) == 0 || len(mails[0].Codes) == 0 {
		return "", errors.New("no code was mailed to " + c.Email)
	}
	return mails[0].Codes[0], nil
}

// Proofs are what the bank asks for at first.
func (c *Client) Proofs() map[string]string {
	return map[string]string{"email": c.Email, "phone_number": c.Phone, "social_security": c.SSN}
}

// Registration is what the bank asks for then, with the code that it has mailed.
func (c *Client) Registration(password, code string) map[string]string {
	return map[string]string{
		"email": c.Email, "phone_number": c.Phone, "social_security": c.SSN, "first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1990-12-10",
		"address": "12 Example Street", "city": "London", "state": "LDN", "post_code": "W1", "password": password, "verification_code": code,
	}
}

// Register makes the person's account and leaves them signed in.
func (c *Client) Register(ctx context.Context) error {
	if err := c.Must(ctx, http.MethodPost, "/auth/register", c.Proofs(), nil); err != nil {
		return err
	}
	code, err := c.Code(ctx)
	if err != nil {
		return err
	}
	return c.Must(ctx, http.MethodPost, "/auth/verify-email", c.Registration(Password, code), nil)
}

// SignIn signs the person in with both steps.
func (c *Client) SignIn(ctx context.Context) error {
	if err := c.Must(ctx, http.MethodPost, "/auth/2fa/request", map[string]string{"email": c.Email, "password": Password}, nil); err != nil {
		return err
	}
	code, err := c.Code(ctx)
	if err != nil {
		return err
	}
	return c.Must(ctx, http.MethodPost, "/auth/2fa/confirm", map[string]string{"email": c.Email, "twofa_code": code}, nil)
}

// Card is a card as the bank surface shows it.
type Card struct {
	ID       int64       `json:"card_id"`
	Number   string      `json:"number"`
	Balance  json.Number `json:"balance"`
	Currency string      `json:"currency"`
}

// OpenCard opens a card.
func (c *Client) OpenCard(ctx context.Context) (card Card, err error) {
	err = c.Must(ctx, http.MethodPost, "/card/create", nil, &card)
	return card, err
}

// Transfer moves amount, a JSON number, and returns the transfer's id.
func (c *Client) Transfer(ctx context.Context, from, to, amount string) (string, error) {
	var transfer struct {
		ID string `json:"transfer_id"`
	}
	err := c.Must(ctx, http.MethodPost, "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":%s}`, from, to, amount), &transfer)
	return transfer.ID, err
}
