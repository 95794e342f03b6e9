package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/internal/app"
	"purse/internal/apptest"
)

// The allocation budget: what answering one request may take of the heap, from
// the handler to the database and back, over the whole process. Allocations are
// the part of speed that does not depend on the machine or on what else it does,
// so they are what a test can hold. Who makes a request cheaper lowers its
// number; who must raise one says why in the commit.
var budget = []struct {
	name        string
	method      string
	path        string
	body        string
	status      int
	allocations float64 // of one request, as measured
}{
	{"transfer", http.MethodPost, "/card/transfer", `{"from_card_number":"FROM","to_card_number":"TO","amount":0.01}`, 200, 56},
	{"transfer that is refused", http.MethodPost, "/card/transfer", `{"from_card_number":"FROM","to_card_number":"TO","amount":1000000}`, 403, 58},
	{"transfer that is invalid", http.MethodPost, "/card/transfer", `{"from_card_number":"FROM","to_card_number":"TO","amount":"much"}`, 422, 56},
	{"balance", http.MethodGet, "/card/FOUR", "", 200, 81},
	{"page of history", http.MethodPost, "/card/history?limit=20", `{"card_number":"FROM"}`, 200, 319},
}

// allowance is how much more a request may take before it is a regression: a
// fifth.
const allowance = 1.2

func TestRequestsKeepToTheirAllocationBudget(t *testing.T) {
	bank := openBank(t)
	for _, line := range budget {
		t.Run(line.name, func(t *testing.T) {
			send := bank.request(t, line.method, line.path, line.body, line.status)
			for range 50 { // caches fill, pools grow
				send()
			}
			got := testing.AllocsPerRun(200, send)
			t.Logf("%.0f allocations, of %.0f", got, line.allocations)
			if got > allowance*line.allocations {
				t.Errorf("%.0f allocations, more than a fifth above the %.0f of the budget", got, line.allocations)
			}
			if got*allowance < line.allocations {
				t.Errorf("%.0f allocations, far below the %.0f of the budget: lower it, so that it guards what was won", got, line.allocations)
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	bank := openBank(b)
	for _, line := range budget {
		b.Run(line.name, func(b *testing.B) {
			send := bank.request(b, line.method, line.path, line.body, line.status)
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}

// bank is a Purse without a network, with a person who is signed in there and
// has two cards.
type bank struct {
	handler http.Handler
	host    string
	client  *apptest.Client
	cards   [2]apptest.Card
}

func openBank(t testing.TB) *bank {
	t.Helper()
	settings, err := app.Parse(true, app.Text{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + t.TempDir() + "/purse.db", BaseCurrency: "USD", CardGrant: "1000", SavingsGrant: "0",
		PublicEmails: "off", RateLimits: "off", GiftFunding: "pledge", RequireVerifiedEmail: "off", RatesMaxAge: 1e9,
	})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := app.Open(t.Context(), settings, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(opened.Handler())
	t.Cleanup(server.Close)
	b := &bank{handler: opened.Handler(), host: server.Listener.Addr().String(), client: apptest.NewClient(server.URL, 1)}
	if err := b.client.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range b.cards {
		if b.cards[i], err = b.client.OpenCard(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// request makes what sends one request and checks its status. What a test adds
// itself, the request and a recorder, is a dozen allocations.
func (b *bank) request(t testing.TB, method, path, body string, status int) func() {
	number := b.cards[0].Number
	named := strings.NewReplacer("FROM", number, "TO", b.cards[1].Number, "FOUR", number[len(number)-4:])
	path, content := named.Replace(path), []byte(named.Replace(body))
	return func() {
		request := httptest.NewRequest(method, "http://"+b.host+path, bytes.NewReader(content))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Cookie", "authorization="+b.client.Cookie)
		answer := httptest.NewRecorder()
		b.handler.ServeHTTP(answer, request)
		if answer.Code != status {
			t.Fatalf("%s answered with %d: %s", path, answer.Code, answer.Body)
		}
	}
}
