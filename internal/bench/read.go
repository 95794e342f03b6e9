package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"

	"purse/internal/id"
	"purse/internal/ledger"
)

// Read measures what reading costs: a balance and a page of history of a card
// with a thousand entries, and of one with many more, which should be the same.
type Read struct {
	Options
	Entries int // of the card with many
}

// fewEntries is what the card with few has.
const fewEntries = 1000

// Run measures and prints.
func (r Read) Run(ctx context.Context) error {
	if r.Clients < 2 || r.Entries < 2*historyPage {
		return fmt.Errorf("at least two clients and %d entries are needed", 2*historyPage)
	}
	return r.conduct(ctx, "read", func(ctx context.Context, s *session) error {
		if err := s.measureEcho(ctx); err != nil {
			return err
		}
		return s.onStage(ctx, r.DatabaseURL, nil, func(ctx context.Context, st *stage) error {
			if _, err := st.payers(ctx, r.Clients, cardsEach*r.Clients); err != nil {
				return err
			}
			many, few := st.people[0].cards[0], st.people[0].cards[1]
			if err := st.fill(ctx, int64(r.Entries), many, fmt.Sprintf("giving a card %d entries", r.Entries)); err != nil {
				return err
			}
			if err := st.fill(ctx, min(fewEntries, int64(r.Entries)), few, "giving another a thousand"); err != nil {
				return err
			}
			middle, err := st.middle(ctx, many, r.Entries/2)
			if err != nil {
				return err
			}
			if err := st.enterProcess(ctx); err != nil {
				return err
			}
			return r.measure(ctx, st, many, few, middle)
		})
	})
}

// reading is what the clients of a run read again and again.
type reading struct {
	name   string
	card   *card
	page   bool              // of its history, or else its balance
	before ledger.TransferID // the page begins after this entry, or at the newest when it is zero
}

func (r Read) measure(ctx context.Context, st *stage, many, few *card, middle ledger.TransferID) error {
	small, large := min(fewEntries, r.Entries), r.Entries
	var lines []*line
	for _, run := range []reading{
		{name: fmt.Sprintf("balance, %d entries", small), card: few},
		{name: fmt.Sprintf("balance, %d entries in all", large), card: many},
		{name: fmt.Sprintf("history page, %d entries", small), card: few, page: true},
		{name: fmt.Sprintf("history page, %d entries in all", large), card: many, page: true},
		{name: fmt.Sprintf("page in the middle of %d", large), card: many, page: true, before: middle},
	} {
		l, err := st.measure(ctx, trial{
			name: run.name, engine: st.engineLabel(), kinds: []string{"read"}, clients: r.Clients, rate: r.Rate,
			worker: func(int, *rand.Rand) worker { return st.reader(run) },
		}, st.subject())
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	st.report.note("p50 with %d entries to that with %d: balance %.2f, history page %.2f, page in the middle %.2f", large, small,
		lines[1].Latency.P50/lines[0].Latency.P50, lines[3].Latency.P50/lines[2].Latency.P50, lines[4].Latency.P50/lines[2].Latency.P50)
	return nil
}

// mostLines is the most that one page of a card's history has.
const mostLines = 500

// middle walks through a card's history and returns the id of an entry so far down.
func (st *stage) middle(ctx context.Context, c *card, depth int) (ledger.TransferID, error) {
	last := ""
	for left := depth; left > 0; left -= mostLines {
		path := fmt.Sprintf("/card/history?limit=%d", min(left, mostLines))
		if last != "" {
			path += "&before=" + last
		}
		var page struct{ History []struct{ ID string } }
		if _, err := st.call(ctx, st.people[0].bank, http.MethodPost, path, map[string]string{"card_number": c.number}, &page); err != nil {
			return ledger.TransferID{}, err
		}
		if len(page.History) == 0 {
			return ledger.TransferID{}, errors.New("the history is shorter than what was paid")
		}
		last = page.History[len(page.History)-1].ID
		st.count("%s: looking for the middle: %d entries to go …", st.engine, left)
	}
	return id.Parse(last)
}

// reader is a client who looks at a card of the first person.
func (st *stage) reader(r reading) worker {
	if st.services != nil {
		return &serviceReader{st, r}
	}
	number := r.card.number
	w := &wireReader{wire: wire{address: st.purse.address}, credential: st.people[0].bank, method: http.MethodGet, path: "/card/" + number[len(number)-4:]}
	if r.page {
		w.method, w.path = http.MethodPost, fmt.Sprintf("/card/history?limit=%d", historyPage)
		w.text = fmt.Appendf(nil, `{"card_number":%q}`, number)
		if !r.before.IsZero() {
			w.path += "&before=" + r.before.String()
		}
	}
	return w
}

type wireReader struct {
	wire
	credential, method, path string
	text                     []byte
}

func (w *wireReader) prepare(context.Context) error { return nil }

func (w *wireReader) ask(ctx context.Context) (int, error) {
	return 0, w.wire.ask(ctx, w.method, w.path, w.credential, w.text)
}

type serviceReader struct {
	stage *stage
	reading
}

func (r *serviceReader) prepare(context.Context) error { return nil }
func (r *serviceReader) close()                        {}

func (r *serviceReader) ask(ctx context.Context) (kind int, err error) {
	owner, number := r.stage.people[0].owner, r.card.number
	if r.page {
		_, err = r.stage.services.Cards.History(ctx, owner, number, r.before, historyPage)
	} else {
		_, err = r.stage.services.Cards.ByLastFour(ctx, owner, number[len(number)-4:])
	}
	return 0, err
}
