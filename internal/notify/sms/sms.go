// Package sms hands text messages to a webhook: whatever can send them takes
// {"to", "text"} by POST and answers with 2xx. When to try again is decided by the
// outbox; what a message says, by package notify.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"purse/internal/notify"
)

const (
	timeout = 10 * time.Second
	// maxAnswer is how much of an answer is read, so that the connection can be used
	// again.
	maxAnswer = 64 << 10
)

// Webhook is the transport of the channel notify.SMS.
type Webhook struct {
	url    string
	client *http.Client
}

// ErrURL is an address that is no whole http or https one.
var ErrURL = errors.New("must be a whole http or https address, such as https://sms.example.com/send")

// New makes the transport. The address may hold a secret, so that no error shows it.
func New(address string) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrURL
	}
	return &Webhook{address, &http.Client{
		Timeout: timeout,
		// A code goes to the address that the operator gave, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

type message struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Send hands one message over.
func (w *Webhook) Send(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(message{m.To, m.Text})
	if err != nil {
		return errors.New("sms: the message cannot be written as JSON")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("sms: the request cannot be made")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", m.ID.String())
	answer, err := w.client.Do(request)
	if err != nil {
		var failed *url.Error // whose own text shows the address
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("sms: the webhook cannot be reached: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // only to use the connection again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("sms: the webhook answered with %d", answer.StatusCode)
	}
	return nil
}
