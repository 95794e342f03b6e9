package exchangerate_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purse/internal/fault"
	"purse/internal/fx/exchangerate"
	"purse/internal/money"
)

func TestFetchReadsBothFormsOfTheService(t *testing.T) {
	const times = `"time_last_update_unix":1900000000,"time_next_update_unix":1900086400`
	for _, test := range []struct {
		name   string
		status int
		header string // Retry-After
		body   string
		kind   fault.Kind // 0: a table
		retry  time.Duration
	}{
		{"open access", 200, "", `{"result":"success","base_code":"USD",` + times + `,"rates":{"USD":1,"KZT":523.1234567890123456,"XAF":600,"JPY":1.5e2}}`, 0, 0},
		{"with a key", 200, "", `{"result":"success","base_code":"USD",` + times + `,"conversion_rates":{"USD":1,"KZT":523.1234567890123456,"JPY":150}}`, 0, 0},
		{"an error with status 200", 200, "", `{"result":"error","error-type":"unsupported-code"}`, fault.Unavailable, 0},
		{"an error that carries rates", 200, "", `{"result":"error","base_code":"USD",` + times + `,"rates":{"KZT":1}}`, fault.Unavailable, 0},
		{"a status that is not 200", 403, "", `{"result":"success","base_code":"USD",` + times + `,"rates":{"KZT":1}}`, fault.Unavailable, 0},
		{"another document", 200, "", `<html>`, fault.Unavailable, 0},
		{"a document cut short", 200, "", `{"result":"success","rates":{"KZT":1`, fault.Unavailable, 0},
		{"no rates", 200, "", `{"result":"success","base_code":"USD",` + times + `}`, fault.Unavailable, 0},
		{"no time", 200, "", `{"result":"success","base_code":"USD","rates":{"KZT":1}}`, fault.Unavailable, 0},
		{"a rate of nothing", 200, "", `{"result":"success","base_code":"USD",` + times + `,"rates":{"KZT":0}}`, fault.Unavailable, 0},
		{"another base than was asked for", 200, "", `{"result":"success","base_code":"EUR",` + times + `,"rates":{"EUR":1,"KZT":1}}`, fault.Unavailable, 0},
		{"a base that is not known", 200, "", `{"result":"success","base_code":"XAF",` + times + `,"rates":{"KZT":1}}`, fault.Unavailable, 0},
		{"too many", 429, "90", ``, fault.TooMany, 90 * time.Second},
		{"too many, without saying how long", 429, "", ``, fault.TooMany, 0},
		{"too many, with a senseless time", 429, "-5", ``, fault.TooMany, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			table, next, err := exchangerate.New(server.URL, money.USD).Fetch(t.Context())
			if test.kind != 0 {
				if err == nil || fault.KindOf(err) != test.kind || fault.From(err).RetryAfter != test.retry {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if table.Base != money.USD || !table.At.Equal(time.Unix(1900000000, 0)) || !next.Equal(time.Unix(1900086400, 0)) || len(table.Rates) != 3 {
				t.Errorf("got %+v, next %v", table, next)
			}
			if kzt, jpy := table.Rates[money.KZT].String(), table.Rates[money.JPY].String(); kzt != "523.1234567890123456" || jpy != "150" {
				t.Errorf("got rates %v and %v", kzt, jpy)
			}
		})
	}
}

func TestNoErrorTellsTheKeyInTheURL(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, url := range []string{closed.URL + "/v6/topsecret/latest/USD", "http://[topsecret", "http://topsecret.invalid/"} {
		_, _, err := exchangerate.New(url, money.USD).Fetch(t.Context())
		if err == nil || fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("got %v", err)
		}
	}
}

func TestASlowServiceIsOneThatIsDown(t *testing.T) {
	for _, test := range []struct {
		name  string
		begin string // what it sends before it falls silent
	}{{"it does not answer", ""}, {"it stops in the middle", `{"result":"success","rates":{"KZT":1`}} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.begin != "" {
					_, _ = w.Write([]byte(test.begin))
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}))
			defer server.Close()
			client := exchangerate.New(server.URL, money.USD)
			exchangerate.Hurry(client)
			if _, _, err := client.Fetch(t.Context()); err == nil || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAServiceMayBeNamedInShort(t *testing.T) {
	for service, want := range map[string]string{
		"https://open.er-api.com":                                "https://open.er-api.com/v6/latest/KZT",
		"https://open.er-api.com/":                               "https://open.er-api.com/v6/latest/KZT",
		"https://open.er-api.com/v6":                             "https://open.er-api.com/v6/latest/KZT",
		"https://open.er-api.com/v6/latest":                      "https://open.er-api.com/v6/latest/KZT",
		"https://open.er-api.com/v6/latest/":                     "https://open.er-api.com/v6/latest/KZT",
		"https://open.er-api.com/v6/latest/USD":                  "https://open.er-api.com/v6/latest/USD",
		"https://v6.exchangerate-api.com/v6/abc123":              "https://v6.exchangerate-api.com/v6/abc123/latest/KZT",
		"https://v6.exchangerate-api.com/v6/abc123/latest":       "https://v6.exchangerate-api.com/v6/abc123/latest/KZT",
		"https://v6.exchangerate-api.com/v6/abc123/latest/EUR":   "https://v6.exchangerate-api.com/v6/abc123/latest/EUR",
		"https://rates.example.com/table.json":                   "https://rates.example.com/table.json",
		"https://rates.example.com/?base=USD":                    "https://rates.example.com/?base=USD",
		"http://127.0.0.1:9000/proxy/open.er-api.com/v6/latest/": "http://127.0.0.1:9000/proxy/open.er-api.com/v6/latest/KZT",
	} {
		if got := exchangerate.Address(service, money.KZT); got != want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
}

func FuzzFetchGivesAUsableTableOrAnError(f *testing.F) {
	f.Add(`{"result":"success","base_code":"USD","time_last_update_unix":1900000000,"rates":{"KZT":523.12,"EUR":9e-1}}`)
	f.Add(`{"result":"success","base_code":"USD","time_last_update_unix":9e18,"conversion_rates":{"KZT":-1}}`)
	f.Add(`{"result":"error","error-type":"quota-reached"}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		client := exchangerate.New("http://rates.invalid/", money.USD)
		exchangerate.Answer(client, body)
		table, _, err := client.Fetch(t.Context())
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Unavailable {
				t.Errorf("got kind %v: %v", kind, err)
			}
			return
		}
		if table.At.Unix() <= 0 || table.Rates[table.Base].String() != "1" {
			t.Errorf("got %+v", table)
		}
		for currency, rate := range table.Rates {
			if rate.Sign() <= 0 || currency.Code() == "" {
				t.Errorf("got rate %v for %v", rate, currency)
			}
		}
	})
}
