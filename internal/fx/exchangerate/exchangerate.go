// Package exchangerate fetches tables of rates from the exchangerate-api
// service, or one that answers as it does. What is done with a table, and when
// the next one is fetched, is package fx's business.
package exchangerate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/money"
)

const (
	timeout     = 15 * time.Second
	answerLimit = 1 << 20 // bytes; an answer has about 4 KB
)

// Client fetches tables from one URL. It implements fx.Source.
type Client struct {
	url  string
	base string // the currency that the URL asks for, or "" when it does not tell
	http *http.Client
}

// New makes a client for the service at a URL, which Address completes. The URL
// may hold a key, so it never appears in an error.
func New(service string, base money.Currency) *Client {
	url := Address(service, base)
	c := &Client{url: url, http: &http.Client{Timeout: timeout}}
	if last := url[strings.LastIndexByte(url, '/')+1:]; isCode(last) {
		c.base = last
	}
	return c
}

// Address is where a service has the table of a base currency. The service may
// be named by its host alone, up to its version or key, or up to "latest":
// https://open.er-api.com, https://v6.exchangerate-api.com/v6/<key>. An address
// that names a currency already, or is of another form, is taken as it is.
func Address(service string, base money.Currency) string {
	u, err := url.Parse(service)
	if err != nil || u.RawQuery != "" {
		return service
	}
	path := strings.Trim(u.Path, "/")
	steps := strings.Split(path, "/")
	switch last := steps[len(steps)-1]; {
	case path == "":
		u.Path = "/v6/latest/" + base.Code()
	case last == "latest":
		u.Path = "/" + path + "/" + base.Code()
	case last == "v6", len(steps) > 1 && steps[len(steps)-2] == "v6" && !isCode(last):
		u.Path = "/" + path + "/latest/" + base.Code()
	default:
		return service
	}
	return u.String()
}

// isCode reports whether text has the form of a currency's code.
func isCode(text string) bool {
	return len(text) == 3 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// answer is what the service sends: open access names its rates "rates", access
// with a key "conversion_rates".
type answer struct {
	Result          string                 `json:"result"`
	ErrorType       string                 `json:"error-type"`
	Base            string                 `json:"base_code"`
	Rates           map[string]json.Number `json:"rates"`
	ConversionRates map[string]json.Number `json:"conversion_rates"`
	LastUpdate      int64                  `json:"time_last_update_unix"`
	NextUpdate      int64                  `json:"time_next_update_unix"`
}

// Fetch gets the newest table; see fx.Source.
func (c *Client) Fetch(ctx context.Context) (fx.Table, time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return fx.Table{}, time.Time{}, unavailable("the URL of the rates cannot be asked")
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return fx.Table{}, time.Time{}, unavailable(reason(err))
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // 0 when it does not say, or names a date
		return fx.Table{}, time.Time{}, errTooMany.After(time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second)
	}
	var a answer
	if err := json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(&a); err != nil {
		return fx.Table{}, time.Time{}, unavailable(fmt.Sprintf("status %d without a readable answer", response.StatusCode))
	}
	// An error can come with status 200: what counts is the result.
	if a.Result != "success" || response.StatusCode != http.StatusOK {
		return fx.Table{}, time.Time{}, unavailable(fmt.Sprintf("status %d, result %.20q, error %.40q", response.StatusCode, a.Result, a.ErrorType))
	}
	if c.base != "" && a.Base != c.base {
		return fx.Table{}, time.Time{}, unavailable(fmt.Sprintf("a table of base %.20q instead of %s", a.Base, c.base))
	}
	return a.table()
}

func (a answer) table() (fx.Table, time.Time, error) {
	if a.Rates == nil {
		a.Rates = a.ConversionRates
	}
	if len(a.Rates) == 0 || a.LastUpdate <= 0 {
		return fx.Table{}, time.Time{}, unavailable("an answer without rates or their time")
	}
	rates := make(map[string]string, len(a.Rates))
	for code, rate := range a.Rates {
		rates[code] = rate.String()
	}
	table, err := fx.NewTable(a.Base, rates, time.Unix(a.LastUpdate, 0).UTC())
	if err != nil {
		return fx.Table{}, time.Time{}, fault.ErrUnavailable.Because(fmt.Errorf("exchangerate: %w", err))
	}
	var next time.Time
	if a.NextUpdate > 0 {
		next = time.Unix(a.NextUpdate, 0).UTC()
	}
	return table, next, nil
}

var errTooMany = fault.Define(fault.TooMany, "fx.service_busy", "the service of exchange rates asks for patience")

func unavailable(why string) error {
	return fault.ErrUnavailable.Because(errors.New("exchangerate: " + why))
}

// reason is what went wrong without the URL, which may hold a key.
func reason(err error) string {
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		return "the service did not answer in time"
	}
	return "the service cannot be reached"
}
