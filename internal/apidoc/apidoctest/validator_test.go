package apidoctest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const shop = `{"openapi":"3.1.0","info":{"title":"Shop","version":"1"},"servers":[{"url":"/"}],
"paths":{
 "/items":{"post":{"operationId":"add","security":[{"key":[]}],
   "requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["price"],
     "properties":{"price":{"type":"number","exclusiveMinimum":0},"note":{"type":["string","null"]}}}}}},
   "responses":{"200":{"description":"Added","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}},
     "429":{"description":"Wait","headers":{"Retry-After":{"required":true,"schema":{"type":"integer","minimum":1}}}}}}},
 "/items/{id}":{"get":{"operationId":"look","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","pattern":"^[0-9]+$"}}],
   "responses":{"200":{"description":"One","content":{"application/json":{"schema":{"anyOf":[{"$ref":"#/components/schemas/Item"},{"type":"null"}]}}}},
     "204":{"description":"Nothing"},"404":{"description":"None"}}}}},
"components":{"securitySchemes":{"key":{"type":"apiKey","in":"cookie","name":"session"}},
 "schemas":{"Item":{"type":"object","required":["id"],"properties":{"id":{"type":"string","format":"uuid"},"at":{"type":"string","format":"date-time"},
   "tags":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}}}},"free":{"type":"object"}}}}}}`

const item = `{"id":"0198a5c2-6f0b-7e52-8d14-3c9ab07e51f2"}`

type exchange struct {
	method, target, sent, cookie string
	status                       int
	header                       map[string]string
	received                     string
	deviating                    bool
}

func (e exchange) run(t *testing.T, v *Validator, tb testing.TB) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sent, err := io.ReadAll(r.Body); err != nil || string(sent) != e.sent {
			t.Errorf("the server received %q, %v", sent, err)
		}
		w.Header().Set("Content-Type", "application/json")
		for name, value := range e.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(e.status)
		if e.received != "" {
			io.WriteString(w, e.received)
		}
	}))
	defer server.Close()

	ctx := t.Context()
	if e.deviating {
		ctx = Deviating(ctx)
	}
	request, err := http.NewRequestWithContext(ctx, e.method, server.URL+e.target, strings.NewReader(e.sent))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if e.cookie != "" {
		request.AddCookie(&http.Cookie{Name: "session", Value: e.cookie})
	}
	response, err := (&http.Client{Transport: v.Transport(tb, server.Client().Transport)}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if received, err := io.ReadAll(response.Body); err != nil || string(received) != e.received {
		t.Errorf("the client received %q, %v", received, err)
	}
}

// complaints is a testing.TB that keeps what it is told.
type complaints struct {
	testing.TB
	texts []string
}

func (c *complaints) Helper() {}

func (c *complaints) Errorf(format string, args ...any) {
	c.texts = append(c.texts, fmt.Sprintf(format, args...))
}

func shopValidator(t *testing.T) *Validator {
	t.Helper()
	v, err := newValidator([]byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAnExchangeMustFitTheDocument(t *testing.T) {
	retry := map[string]string{"Retry-After": "60"}
	tests := []struct {
		name     string
		exchange exchange
		want     string // part of the complaint; empty for none
	}{
		{"all as documented", exchange{method: "POST", target: "/items", sent: `{"price":1.5}`, cookie: "s", status: 200, received: item}, ""},
		{"null where it is a type", exchange{method: "POST", target: "/items", sent: `{"price":1.5,"note":null}`, cookie: "s", status: 200, received: item}, ""},
		{"a slash too many", exchange{method: "POST", target: "/items/", sent: `{"price":1.5}`, cookie: "s", status: 200, received: item}, ""},
		{"one of several shapes", exchange{method: "GET", target: "/items/7", status: 200, received: `null`}, ""},
		{"no body where none is documented", exchange{method: "GET", target: "/items/7", status: 204}, ""},
		{"a refusal of a request that is not documented", exchange{method: "GET", target: "/items/x", status: 404}, ""},
		{"a documented header", exchange{method: "POST", target: "/items", status: 429, header: retry}, ""},
		{"a lenient server, said to be so", exchange{method: "POST", target: "/items", sent: `{"price":"1.5"}`, status: 200, received: item, deviating: true}, ""},
		{"a free object", exchange{method: "GET", target: "/items/7", status: 200, received: strings.Replace(item, "{", `{"free":{"any":1},`, 1)}, ""},

		{"an unknown path", exchange{method: "GET", target: "/other", status: 200}, "GET /other"},
		{"an unknown method", exchange{method: "PUT", target: "/items", status: 200}, "PUT /items"},
		{"an unknown status", exchange{method: "GET", target: "/items/7", status: 418}, "GET /items/{id} 418: the status is not documented"},
		{"a redirect is a status too", exchange{method: "GET", target: "/items/7", status: 308}, "the status is not documented"},
		{"a missing header", exchange{method: "POST", target: "/items", status: 429}, "Retry-After"},
		{"a bad header", exchange{method: "POST", target: "/items", status: 429, header: map[string]string{"Retry-After": "soon"}}, "Retry-After"},
		{"a missing field", exchange{method: "GET", target: "/items/7", status: 200, received: `{}`}, "id"},
		{"a wrong type", exchange{method: "POST", target: "/items", sent: `{"price":1}`, cookie: "s", status: 200, received: `{"id":7}`}, "string"},
		{"a wrong format", exchange{method: "POST", target: "/items", sent: `{"price":1}`, cookie: "s", status: 200, received: `{"id":"seven"}`}, "uuid"},
		{"a wrong time", exchange{method: "POST", target: "/items", sent: `{"price":1}`, cookie: "s", status: 200, received: strings.Replace(item, "{", `{"at":"noon",`, 1)}, "date-time"},
		{"a field too many", exchange{method: "GET", target: "/items/7", status: 200, received: strings.Replace(item, "{", `{"secret":1,`, 1)}, "not documented: /secret"},
		{"a field too many deep inside", exchange{method: "GET", target: "/items/7", status: 200, received: strings.Replace(item, "{", `{"tags":[{"name":"a"},{"nome":"b"}],`, 1)}, "not documented: /tags/1/nome"},
		{"another media type", exchange{method: "GET", target: "/items/7", status: 200, header: map[string]string{"Content-Type": "text/plain"}, received: "7"}, "Content-Type"},
		{"text that is not JSON", exchange{method: "GET", target: "/items/7", status: 200, received: "{"}, "body"},
		{"accepted without a credential", exchange{method: "POST", target: "/items", sent: `{"price":1.5}`, status: 200, received: item}, "accepted, though"},
		{"accepted with a bad body", exchange{method: "POST", target: "/items", sent: `{"price":0}`, cookie: "s", status: 200, received: item}, "accepted, though"},
		{"accepted with a string for a number", exchange{method: "POST", target: "/items", sent: `{"price":"1"}`, cookie: "s", status: 200, received: item}, "accepted, though"},
		{"accepted with a bad path", exchange{method: "GET", target: "/items/x", status: 204}, "accepted, though"},
		{"a lenient server's answer is checked all the same", exchange{method: "GET", target: "/items/x", status: 200, received: `{}`, deviating: true}, "id"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, heard := shopValidator(t), &complaints{TB: t}
			documented := len(v.Unseen())
			test.exchange.run(t, v, heard)
			seen := documented - len(v.Unseen())
			if test.want == "" {
				if len(heard.texts) != 0 || seen != 1 {
					t.Errorf("%d recorded, complaints %q", seen, heard.texts)
				}
				return
			}
			if len(heard.texts) != 1 || !strings.Contains(heard.texts[0], test.want) || seen != 0 {
				t.Errorf("%d recorded, complaints %q, want one with %q", seen, heard.texts, test.want)
			}
		})
	}
}

func TestWhatNeverOccurredIsReported(t *testing.T) {
	v := shopValidator(t)
	exchange{method: "GET", target: "/items/7", status: 404}.run(t, v, t)
	exchange{method: "POST", target: "/items", sent: `{"price":1}`, cookie: "s", status: 200, received: item}.run(t, v, t)

	want := []Answer{{"GET /items/{id}", 200}, {"GET /items/{id}", 204}, {"POST /items", 429}}
	if got := v.Unseen(); !slices.Equal(got, want) {
		t.Errorf("unseen %v, want %v", got, want)
	}
	heard := &complaints{TB: t}
	v.RequireAllSeen(heard, func(a Answer) bool { return a.Status == 429 })
	if len(heard.texts) != 2 {
		t.Errorf("complaints %q, want two", heard.texts)
	}
	v.RequireAllSeen(t, func(Answer) bool { return true })
}

func TestAnInvalidDocumentMakesNoValidator(t *testing.T) {
	for _, raw := range []string{"{", `{"openapi":"3.1.0"}`, strings.Replace(shop, `"exclusiveMinimum":0`, `"exclusiveMinimum":true`, 1)} {
		if _, err := newValidator([]byte(raw)); err == nil {
			t.Errorf("accepted: %.60s", raw)
		}
	}
}

func TestBankDocumentMakesAValidator(t *testing.T) {
	if v := New(t, "bank"); len(v.Unseen()) < 24 {
		t.Errorf("only %d documented answers", len(v.Unseen()))
	}
}
