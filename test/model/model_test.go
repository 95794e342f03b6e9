package model

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/store/enginetest"
	"purse/test/fault/cutproxy"
)

func TestMain(m *testing.M) { apptest.Main(m) }

var (
	seedFlag = flag.Uint64("seed", 0, "what the run asks; 0 draws one")
	count    = flag.Int("operations", 20_000, "operations on each engine, at least")
)

// TestTheSurfacesAgreeWithTheModel runs the whole on each engine: months of one
// worker with faults between, then several at once, and then the books.
func TestTheSurfacesAgreeWithTheModel(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()>>1 + 1
	}
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		t.Parallel()
		t.Logf("go test ./test/model -run '%s' -seed %d -operations %d", t.Name(), seed, *count)
		direct := e.URL(t)
		through, proxy := direct, (*cutproxy.Proxy)(nil)
		if e == enginetest.Postgres {
			proxy, through = cutproxy.Start(t, direct)
		}
		w := newWorld(t, through, direct)
		w.start()
		one := w.worker("the one", seed, nil)
		one.settleIn()
		for number := range len(months) {
			one.month(number, *count*6/10/len(months), proxy)
		}
		one.compareAll(0)
		w.verify()
		w.together(one, seed, *count*4/10, proxy)
		one.compareAll(0)
		if err := w.purse.Load().Stop(); err != nil {
			t.Error(err)
		}
		w.checkBooks()
		w.verify()
		w.checkSeen()
		t.Logf("%d operations of %d people: %v", w.asked.Load(), len(w.people), w.seen)
		t.Logf("%d requests repeated, for %v", w.repeated.Load(), w.faults)
	})
}

// settleIn brings the first people, and something to begin with.
func (w *worker) settleIn() {
	w.alone = true
	w.setRates(map[string]string{"KZT": "500", "EUR": "0.8", "KRW": "1000", "KWD": "0.4"})
	for _, surface := range []string{"bank", "bank", "wallet", "wallet", "wallet", "profile", "bot", "gift"} {
		w.people = append(w.people, w.join(surface))
	}
	for range 12 {
		w.createWallet()
		w.createCard()
	}
}

// months are the settings of each, how long it lasts, and the rates after it. All
// together are two times thirty days and half a day, so that the fees of the first
// people are due twice, and a day more would be too late.
var months = []struct {
	base, funding string
	card, savings int64
	lasts         time.Duration
	rates         map[string]string
}{
	{"KRW", "wallet", 250_000, 700, 27 * 24 * time.Hour, map[string]string{"KZT": "483.516273", "EUR": "0.91734", "KRW": "1351.7", "KWD": "0.30712"}},
	{"KWD", "pledge", 90_505, 0, 5 * 24 * time.Hour, map[string]string{"KZT": "500", "EUR": "0.8", "KRW": "1000"}}, // nothing is known of dinars
	{"KRW", "wallet", 30_000, 1_000, 20 * time.Hour, map[string]string{"KZT": "512.8", "EUR": "0.95", "KRW": "1280", "KWD": "0.308"}},
	{"USD", "pledge", 12_345, 99, 636 * time.Hour, map[string]string{"KZT": "97.1", "EUR": "0.8", "KRW": "1000", "KWD": "0.4"}},
}

// month is operations under some settings with a fault now and then, then a long
// time, and some operations by the rates that are too old by then.
func (w *worker) month(number, operations int, proxy *cutproxy.Proxy) {
	w.Helper()
	m := months[number]
	w.restart(m.base, m.funding, map[kind]int64{card: m.card, savings: m.savings})
	const between = 60
	until := w.asked.Load() + int64(operations)
	for n := 0; w.asked.Load() < until; n++ {
		if n%between == between-1 {
			w.drawFault()
		}
		if n%400 == 399 {
			w.compareAll(30)
		}
		if n%800 == 200 {
			w.cutting(proxy, cutproxy.Moment(n/800%3), func() { // those moments after which all goes on
				for range 40 {
					w.step()
				}
			})
		}
		w.step()
	}
	w.fault = nil
	w.depart()
	w.impoverish()
	w.compareAll(30)
	w.pass(m.lasts)
	w.knock()
	w.compareAll(30)
	for range 150 { // also by rates that are too old
		w.step()
	}
	w.setRates(m.rates)
	w.pass(afterRates)
	w.compareAll(30)
}

// setRates puts rates in force.
func (w *worker) setRates(rates map[string]string) {
	var pairs []string
	for _, currency := range []string{"KZT", "EUR", "KRW", "KWD"} {
		if rate, known := rates[currency]; known {
			pairs = append(pairs, currency, quote(rate))
		}
	}
	w.developer("POST", "/dev/rates", `{"base":"USD","rates":`+fields(pairs...)+`}`, nil)
	w.rates, w.ratesAt = map[string]string{"USD": "1"}, w.now()
	for currency, rate := range rates {
		w.rates[currency] = rate
	}
}

// pass moves the clock on by about so long, and has every fee asked for that
// becomes due on the way.
func (w *worker) pass(long time.Duration) {
	w.Helper()
	for ; w.unclear(w.now().Add(long)); long += margin {
	}
	var passed struct{ Now time.Time }
	for target := w.now().Add(long); ; { // in steps, each of which the server answers in time
		step := min(target.Sub(w.now()), 2*24*time.Hour)
		w.developer("POST", "/dev/clock", fmt.Sprintf(`{"advance":%q}`, step), &passed)
		if w.ahead = time.Until(passed.Now); !w.now().Before(target) {
			break
		}
	}
	w.chargeFees(w.wallets())
	w.forgetSessions()
	for _, p := range w.world.people { // whose sessions of a month go on
		if p.header["profile"][0] != "" && !p.gone {
			w.checkProfile(p)
		}
		if !p.gone && p.refresh["gift"] != "" {
			w.credential(p, "gift")
		}
	}
	w.kept = nil // keys are remembered for a day
}

// unclear says whether a fee may or may not be due at a time, or whether the rates
// are too old.
func (w *worker) unclear(at time.Time) bool {
	near := func(due time.Time, slack time.Duration) bool { return at.Sub(due).Abs() < slack }
	old := w.ratesAt.Add(maxAge)
	if near(old, margin) {
		return true
	}
	for _, a := range w.wallets() {
		if !a.closed && (near(a.due, a.slack) || a.due.Before(at) && old.Sub(a.due).Abs() < a.slack) {
			return true
		}
	}
	return false
}

// checkSeen wants a whole run to have met all that the model predicts.
func (w *world) checkSeen() {
	w.Helper()
	for _, p := range w.people {
		if p.gone && p.onlyChat {
			w.seen["chats merged"]++
		} else if p.gone {
			w.seen["people who left"]++
		}
		for _, a := range p.wallets {
			for _, l := range a.lines {
				if l.what == fee {
					w.seen["fees"]++
				}
			}
		}
	}
	if asked := w.asked.Load(); int(asked) < *count {
		w.Errorf("%d operations, want %d", asked, *count)
	}
	if *count < 20_000 {
		return // too few for the rare ones
	}
	want := []string{
		"bank made", "bank " + string(short), "bank " + string(gone), "bank " + string(nothing), "bank " + string(unquoted),
		"wallet made", "wallet " + string(short), "wallet " + string(blocked), "wallet " + string(gone), "wallet " + string(nothing), "wallet " + string(unquoted),
		"gift made", "gift " + string(short), "fees", "chats merged", "people who left",
	}
	for _, what := range want {
		if w.seen[what] == 0 {
			w.Errorf("%s: never happened, so that it was not tested", what)
		}
	}
}
