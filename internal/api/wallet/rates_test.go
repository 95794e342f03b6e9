package wallet_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAConversionWaitsForFreshRatesAndSaysSo(t *testing.T) {
	s := start(t, options{})
	p, other := s.owner(1), s.join(2)
	var made struct {
		Number string `json:"wallet_number"`
	}
	s.must(201, &made, "POST", "/users/wallets/create/", `{"amount_currency":"USD"}`, other.bearer()...)
	send := func() (int, string) {
		w := s.do("POST", p.wallet+"transfer/", fmt.Sprintf(`{"wallet_number":%q,"amount":"50"}`, made.Number), p.bearer()...)
		return w.Code, w.Body.String()
	}
	if status, body := send(); status != http.StatusServiceUnavailable || !strings.HasPrefix(body, `{"detail":"There is no exchange rate for this currency at the moment."`) {
		t.Errorf("without rates: %d %s", status, body)
	}
	if err := s.rates.Replace(t.Context(), "USD", map[string]string{"KZT": "500"}); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(49 * time.Hour)
	p = s.signIn(p)
	if status, body := send(); status != http.StatusServiceUnavailable || !strings.HasPrefix(body, `{"detail":"The exchange rates are too old to be used."`) {
		t.Errorf("with old rates: %d %s", status, body)
	}
	if err := s.rates.Replace(t.Context(), "USD", map[string]string{"KZT": "500"}); err != nil {
		t.Fatal(err)
	}
	if status, body := send(); status != http.StatusCreated || !strings.Contains(body, `"received_amount":"0.10"`) {
		t.Errorf("with fresh rates: %d %s", status, body)
	}
}
