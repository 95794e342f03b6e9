package wallet_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/internal/api/wallet"
)

// bodies are good ones for the routes that name a wallet.
var bodies = map[string]string{
	"GET /users/wallets/{id}/":              "",
	"PATCH /users/wallets/{id}/update/":     `{"name":"Mine"}`,
	"POST /users/wallets/{id}/deposit/":     `{"amount":"1.00"}`,
	"POST /users/wallets/{id}/withdraw/":    `{"amount":"1.00"}`,
	"POST /users/wallets/{id}/transfer/":    `{"wallet_number":"NUMBER","amount":"1.00"}`,
	"GET /users/wallets/{id}/transactions/": "",
}

// comparable is an answer without what differs from request to request.
func comparable(w *httptest.ResponseRecorder) (int, string, http.Header) {
	header := maps.Clone(w.Header())
	delete(header, "X-Request-Id")
	return w.Code, w.Body.String(), header
}

func TestSecurity13AnothersWalletIsNotThereOnAnyMethod(t *testing.T) {
	s := start(t, options{})
	mine, other := s.owner(1), s.owner(2)
	before := s.balance(other)
	for route, body := range bodies {
		method, path, _ := strings.Cut(route, " ")
		body = strings.Replace(body, "NUMBER", mine.number, 1)
		for _, extra := range [][]string{nil, {"Idempotency-Key", "k"}} {
			at := func(wallet string) *httptest.ResponseRecorder {
				return s.do(method, strings.Replace(path, "/users/wallets/{id}/", wallet, 1), body, append(mine.bearer(), extra...)...)
			}
			status, text, header := comparable(at(other.wallet))
			if status != http.StatusNotFound || text != `{"detail":"Not found."}` {
				t.Errorf("%s: %d %s", route, status, text)
			}
			for _, nobodys := range []string{"/users/wallets/999999/", "/users/wallets/0/", "/users/wallets/-1/", "/users/wallets/one/", "/users/wallets/99999999999999999999/"} {
				if s, b, h := comparable(at(nobodys)); s != status || b != text || !maps.EqualFunc(h, header, func(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }) {
					t.Errorf("%s of %s differs: %d %s %v", route, nobodys, s, b, h)
				}
			}
		}
	}
	if after := s.balance(other); after != before {
		t.Errorf("the other's balance is %s, was %s", after, before)
	}
	// An entry of another's history is no place to read on from.
	w := s.do("GET", mine.wallet+"transactions/?before="+other.entry, "", mine.bearer()...)
	none := s.do("GET", mine.wallet+"transactions/?before=01999999-0000-7000-8000-000000000000", "", mine.bearer()...)
	if w.Code != http.StatusBadRequest || w.Body.String() != none.Body.String() || none.Code != w.Code {
		t.Errorf("another's entry: %d %s; nobody's: %d %s", w.Code, w.Body, none.Code, none.Body)
	}
}

func TestSecurity13EveryRouteThatNamesAWalletIsTriedWithAnothers(t *testing.T) {
	for _, r := range wallet.New(wallet.Services{}).Routes {
		name := r.Method + " " + r.Path
		if _, tried := bodies[name]; strings.Contains(r.Path, "{") != tried {
			t.Errorf("%s: tried %v", name, tried)
		}
	}
}
