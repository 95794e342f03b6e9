package bench

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// Bulk measures many transfers in one request, beside transfers one by one.
type Bulk struct {
	Options
	Cards int // over all people
	Size  int // transfers in a request
}

// bulkClients is how many ask at once: a server works on a few bulks at a time, and
// more would wait for each other and take its memory.
const bulkClients = 4

// Run measures and prints.
func (b Bulk) Run(ctx context.Context) error {
	if b.Cards < 2*b.Clients || b.Clients < bulkClients || b.Size < 1 || b.Size > 1000 {
		return fmt.Errorf("at least %d clients are needed, with two cards each, and bulks of 1 to 1000", bulkClients)
	}
	return b.conduct(ctx, "bulk", func(ctx context.Context, s *session) error {
		if err := s.measureEcho(ctx); err != nil {
			return err
		}
		return s.onStage(ctx, b.DatabaseURL, nil, b.measure)
	})
}

func (b Bulk) measure(ctx context.Context, st *stage) error {
	all, err := st.payers(ctx, b.Clients, b.Cards)
	if err != nil {
		return err
	}
	single, err := st.measureTransfer(ctx, transferRuns(b.Clients, all)[runRandom], Rate{})
	if err != nil {
		return err
	}
	for _, run := range []struct {
		name   string
		atomic bool
	}{{"bulks, each on its own", false}, {"bulks, all or none", true}} {
		l, err := st.measure(ctx, trial{
			name: run.name, engine: st.engine, kinds: []string{"bulk"}, clients: bulkClients,
			worker: func(i int, random *rand.Rand) worker {
				return &bulkPayer{
					payer:  payer{stage: st, person: st.people[i], payee: func() *card { return all[random.IntN(len(all))] }, random: random},
					wire:   wire{address: st.purse.address},
					atomic: run.atomic, size: b.Size,
				}
			},
		}, st.subject())
		if err != nil {
			return err
		}
		transfers := l.Rate * float64(b.Size)
		st.report.note("%s, %d in a request: %.0f transfers/s, %.1f times those one by one", run.name, b.Size, transfers, transfers/single.Rate)
	}
	return nil
}

// bulkPayer pays many at a time, over HTTP.
type bulkPayer struct {
	payer
	wire
	atomic bool
	size   int

	text  []byte
	pairs [][2]*card
}

// prepare writes the next request: that is the client's work, not the server's.
func (w *bulkPayer) prepare(context.Context) error {
	w.text = strconv.AppendBool(append(w.text[:0], `{"atomic":`...), w.atomic)
	w.text = append(w.text, `,"transfers":[`...)
	w.pairs = w.pairs[:0]
	for i := range w.size {
		from, to := w.pair()
		w.pairs = append(w.pairs, [2]*card{from, to})
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.text = append(append(w.text, `{"from_card_number":"`...), from.number...)
		w.text = append(append(w.text, `","to_card_number":"`...), to.number...)
		w.text = append(w.text, `","amount":`+stepAmount+`}`...)
	}
	w.text = append(w.text, "]}"...)
	return nil
}

func (w *bulkPayer) ask(ctx context.Context) (int, error) {
	if err := w.wire.ask(ctx, "POST", "/transfers/batch", w.person.bank, w.text); err != nil {
		return 0, err
	}
	if all := fmt.Appendf(nil, `{"done":%d,"refused":0,`, w.size); !bytes.HasPrefix(w.body, all) {
		return 0, fmt.Errorf("not all of a bulk were made: %.60s", w.body)
	}
	for _, pair := range w.pairs {
		w.stage.tally.moved(pair[0].place, pair[1].place, step)
	}
	return 0, nil
}
