// Package dev is the surface of developer endpoints: the mailbox, the clock
// and the exchange rates. It exists in development mode only; the app leaves it
// out everywhere else.
package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/notify"
)

// Jobs moves the clock as if time had passed, running what becomes due.
type Jobs interface {
	RunDueUntil(ctx context.Context, movable *clock.Movable, target time.Time) error
}

// Rates takes a new table of exchange rates: for each currency, how much of
// it one unit of base is, as decimal text.
type Rates interface {
	Replace(ctx context.Context, base string, rates map[string]string) error
}

// Services is what the endpoints work on.
type Services struct {
	Mailbox *notify.Mailbox
	Clock   *clock.Movable
	Jobs    Jobs
	Rates   Rates
	// KeepOffset remembers how far the clock is ahead, for the next start.
	KeepOffset func(ctx context.Context, offset time.Duration) error
}

// errInput is a body that is not what an endpoint takes; Fields says why.
var errInput = fault.Define(fault.Invalid, "dev.input", "the body is not what this endpoint takes")

// New makes the surface.
func New(s Services) httpkit.Surface {
	route := func(method, path string, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: method, Path: path, Access: httpkit.Public, Limit: httpkit.LimitOrdinary, Handle: handle}
	}
	return httpkit.Surface{
		Name: "dev", Prefixes: []string{"/dev"}, WriteError: writeError,
		Routes: []httpkit.Route{
			route(http.MethodGet, "/dev/mail", s.mail),
			route(http.MethodDelete, "/dev/mail", s.clearMail),
			route(http.MethodGet, "/dev/clock", s.clock),
			route(http.MethodPost, "/dev/clock", s.advance),
			route(http.MethodPost, "/dev/rates", s.rates),
		},
	}
}

// message is a message as the mailbox shows it.
type message struct {
	ID      string    `json:"id"`
	Channel string    `json:"channel"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Codes   []string  `json:"codes"`
	Links   []string  `json:"links"`
	SentAt  time.Time `json:"sent_at"`
}

func (s Services) mail(c *httpkit.Call) error {
	messages, err := s.Mailbox.List(c.Context(), c.Request().URL.Query().Get("to"))
	if err != nil {
		return err
	}
	list := make([]message, len(messages))
	for i, m := range messages {
		list[i] = message{m.ID.String(), string(m.Channel), m.To, m.Subject, m.Text, m.HTML, append([]string{}, m.Codes...), append([]string{}, m.Links...), m.SentAt}
	}
	return c.JSON(http.StatusOK, list)
}

func (s Services) clearMail(c *httpkit.Call) error {
	if err := s.Mailbox.Clear(c.Context()); err != nil {
		return err
	}
	c.NoContent()
	return nil
}

type now struct {
	Now time.Time `json:"now"`
}

func (s Services) clock(c *httpkit.Call) error {
	return c.JSON(http.StatusOK, now{s.Clock.Now()})
}

// maxAdvance keeps the clock within what certificates and dates can say.
const maxAdvance = 10 * 365 * 24 * time.Hour

func (s Services) advance(c *httpkit.Call) error {
	var in struct{ Advance string }
	if err := decode(c.Body(), &in); err != nil {
		return err
	}
	advance, err := time.ParseDuration(in.Advance)
	if err != nil || advance < 0 || advance > maxAdvance {
		return errInput.In(fault.Field{Name: "advance", Reason: `a duration forward such as "720h" or "90s"`})
	}
	// A long way may take longer than an ordinary request may, and its answer too.
	ctx := c.Request().Context()
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if err := s.Jobs.RunDueUntil(ctx, s.Clock, s.Clock.Now().Add(advance)); err != nil {
		return err
	}
	if err := s.KeepOffset(ctx, s.Clock.Offset()); err != nil {
		return err
	}
	return s.clock(c)
}

func (s Services) rates(c *httpkit.Call) error {
	var in struct {
		Base  string
		Rates map[string]json.RawMessage
	}
	if err := decode(c.Body(), &in); err != nil {
		return err
	}
	rates := make(map[string]string, len(in.Rates))
	for currency, rate := range in.Rates { // "500" and 500 are the same rate, and neither becomes a float
		rates[currency] = string(bytes.Trim(rate, `"`))
	}
	if err := s.Rates.Replace(c.Context(), in.Base, rates); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"base": in.Base, "rates": rates, "time": s.Clock.Now()})
}

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return errInput.In(fault.Field{Name: "body", Reason: "a JSON object"})
	}
	return nil
}

// statuses says how each kind of error is answered.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.TooMany: http.StatusTooManyRequests,
	fault.Forbidden: http.StatusForbidden, fault.Refused: http.StatusBadRequest, fault.Conflict: http.StatusConflict, fault.Unavailable: http.StatusServiceUnavailable,
}

func writeError(c *httpkit.Call, err error) {
	f := fault.From(err)
	status, known := statuses[f.Kind]
	detail := f.Text
	switch {
	case f.Code == httpkit.ErrMethodNotAllowed.Code:
		status = http.StatusMethodNotAllowed
	case !known:
		status, detail = http.StatusInternalServerError, "Internal Server Error, request "+c.RequestID()
	}
	for _, field := range f.Fields {
		detail += "; " + field.Name + " must be " + field.Reason
	}
	_ = c.JSON(status, map[string]string{"detail": detail}) // strings only: cannot fail
}
