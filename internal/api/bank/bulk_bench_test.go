package bank_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/money"
	"purse/internal/store/enginetest"
)

// BenchmarkBulk compares, in one run on each engine and over HTTP, transfers that are
// asked for one by one, by 64 clients, with a thousand in a request, by 4: each
// on its own or all together, from one card or from a hundred, to a thousand cards.
func BenchmarkBulk(b *testing.B) {
	for _, engine := range []enginetest.Engine{enginetest.SQLite, enginetest.Postgres} {
		b.Run(string(engine), func(b *testing.B) { bulkOn(b, engine) })
	}
}

func bulkOn(b *testing.B, engine enginetest.Engine) {
	s := start(b, options{engine: engine, grant: money.New(1_000_000_000_00, money.USD)})
	const people, cards, size = 10, 100, 1000
	var cookies [people]string
	var numbers [people][cards]string
	for p := range people {
		cookies[p] = s.person(fmt.Sprintf("person%d", p))
		for i := range cards {
			var card struct{ Number string }
			if w := s.do("POST", "/card/create", "", "Cookie", cookies[p]); json.Unmarshal(w.Body.Bytes(), &card) != nil {
				b.Fatal(w.Body)
			}
			numbers[p][i] = card.Number
		}
	}
	server := httptest.NewServer(s.handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	ask := func(path, cookie string, body []byte) error {
		r, err := http.NewRequestWithContext(b.Context(), "POST", server.URL+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", cookie)
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"refused",`))) {
			err = fmt.Errorf("%d %.200s", answer.StatusCode, text)
		}
		return err
	}
	transfer := func(body []byte, r *rand.Rand, p, senders int) []byte {
		other := (p + 1 + r.IntN(people-1)) % people
		return fmt.Appendf(body, `{"from_card_number":%q,"to_card_number":%q,"amount":0.01}`, numbers[p][r.IntN(senders)], numbers[other][r.IntN(cards)])
	}
	single := func(r *rand.Rand, p, senders int) error {
		return ask("/card/transfer", cookies[p], transfer(nil, r, p, senders))
	}
	bulk := func(atomic bool) func(r *rand.Rand, p, senders int) error {
		return func(r *rand.Rand, p, senders int) error {
			body := fmt.Appendf(nil, `{"atomic":%t,"transfers":[`, atomic)
			for i := range size {
				if i > 0 {
					body = append(body, ',')
				}
				body = transfer(body, r, p, senders)
			}
			return ask("/transfers/batch", cookies[p], append(body, "]}"...))
		}
	}
	for _, bench := range []struct {
		name                   string
		clients, each, senders int
		ask                    func(r *rand.Rand, p, senders int) error
	}{
		{"single", 64, 1, cards, single},
		{"each_on_its_own_one_card", 4, size, 1, bulk(false)},
		{"each_on_its_own_many_cards", 4, size, cards, bulk(false)},
		{"atomic_many_cards", 4, size, cards, bulk(true)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			var wait sync.WaitGroup
			for c := range bench.clients {
				wait.Go(func() {
					r := rand.New(rand.NewPCG(uint64(c), 1))
					for left.Add(-int64(bench.each)) > -int64(bench.each) {
						if err := bench.ask(r, c%people, bench.senders); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.ReportMetric(float64((b.N+bench.each-1)/bench.each*bench.each)/b.Elapsed().Seconds(), "transfers/s")
		})
	}
}
