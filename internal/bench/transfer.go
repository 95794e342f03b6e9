package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	cards "purse/internal/card"
)

// Transfer measures transfers between cards, each durable before it is answered:
// to random cards, all to one, to cards by Zipf's law, and one client alone.
type Transfer struct {
	Options
	Cards int // over all people
}

// zipfExponent says how much more the popular cards get: as the number of a
// card's rank to this power goes up, what it gets goes down.
const zipfExponent = 1.1

// step is what a transfer moves, in minor units, and as the surfaces take it.
const (
	step       = 1
	stepAmount = "0.01"
)

// Run measures and prints.
func (t Transfer) Run(ctx context.Context) error {
	if t.Cards < 2*t.Clients {
		return fmt.Errorf("%d clients need at least %d cards", t.Clients, 2*t.Clients)
	}
	return t.conduct(ctx, "transfer", func(ctx context.Context, s *session) error {
		if err := s.measureEcho(ctx); err != nil {
			return err
		}
		return s.onStage(ctx, t.DatabaseURL, nil, func(ctx context.Context, st *stage) error {
			all, err := st.payers(ctx, t.Clients, t.Cards)
			if err != nil {
				return err
			}
			if err := st.enterProcess(ctx); err != nil {
				return err
			}
			for _, r := range transferRuns(t.Clients, all) {
				if _, err := st.measureTransfer(ctx, r, t.Rate); err != nil {
					return err
				}
			}
			s.report.note("every transfer was answered after its commit was on disk")
			return nil
		})
	})
}

// payers signs people up at the bank and opens their cards.
func (st *stage) payers(ctx context.Context, clients, count int) ([]*card, error) {
	each := (count + clients - 1) / clients
	err := st.gather(ctx, clients, func(ctx context.Context, p *person) error {
		if err := p.joinBank(ctx, st); err != nil {
			return err
		}
		return p.openCards(ctx, st, each)
	})
	if err != nil {
		return nil, err
	}
	return st.countCards()
}

// transferRun is one way to choose who is paid.
type transferRun struct {
	name    string
	clients int
	payee   func(r *rand.Rand) func() *card // made for each client
}

// The places of transferRuns.
const (
	runRandom = iota
	runHot
	runZipf
	runAlone
)

func transferRuns(clients int, all []*card) []transferRun {
	random := func(r *rand.Rand) func() *card { return func() *card { return all[r.IntN(len(all))] } }
	return []transferRun{
		runRandom: {"random pairs", clients, random},
		runHot:    {"all to one card", clients, func(*rand.Rand) func() *card { return func() *card { return all[0] } }},
		runZipf: {"Zipf", clients, func(r *rand.Rand) func() *card {
			z := rand.NewZipf(r, zipfExponent, 1, uint64(len(all)-1)) // #nosec G115 -- there are at least two cards
			return func() *card { return all[z.Uint64()] }
		}},
		runAlone: {"one client alone", 1, random},
	}
}

func (st *stage) measureTransfer(ctx context.Context, r transferRun, rate Rate) (*line, error) {
	return st.measure(ctx, trial{
		name: r.name, engine: st.engineLabel(), kinds: []string{"transfer"}, clients: r.clients, rate: rate,
		worker: func(i int, random *rand.Rand) worker {
			return st.payer(st.people[i%len(st.people)], r.payee(random), random)
		},
	}, st.subject())
}

// engineLabel says what the work is done on.
func (st *stage) engineLabel() string {
	if st.InProcess {
		return st.engine + " in process"
	}
	return st.engine
}

// payer is a client who pays from one of the cards of a person.
func (st *stage) payer(p *person, payee func() *card, r *rand.Rand) worker {
	w := payer{stage: st, person: p, payee: payee, random: r}
	if st.services != nil {
		return &servicePayer{payer: w}
	}
	return &wirePayer{payer: w, wire: wire{address: st.purse.address}}
}

type payer struct {
	stage  *stage
	person *person
	payee  func() *card
	random *rand.Rand
}

func (p *payer) prepare(context.Context) error { return nil }

// pair chooses who pays whom; a card cannot pay itself.
func (p *payer) pair() (from, to *card) {
	own := p.person.cards
	from, to = own[p.random.IntN(len(own))], p.payee()
	if from == to {
		if to = own[0]; from == to {
			to = own[1]
		}
	}
	return from, to
}

// wirePayer pays over HTTP.
type wirePayer struct {
	payer
	wire
	text []byte
}

func (w *wirePayer) ask(ctx context.Context) (int, error) {
	from, to := w.pair()
	w.text = append(append(w.text[:0], `{"from_card_number":"`...), from.number...)
	w.text = append(append(w.text, `","to_card_number":"`...), to.number...)
	w.text = append(w.text, `","amount":`+stepAmount+`}`...)
	err := w.wire.ask(ctx, "POST", "/card/transfer", w.person.bank, w.text)
	if err == nil {
		w.stage.tally.moved(from.place, to.place, step)
	}
	return 0, err
}

// servicePayer pays in process.
type servicePayer struct{ payer }

func (w *servicePayer) ask(ctx context.Context) (int, error) {
	from, to := w.pair()
	_, err := w.stage.services.Cards.Transfer(ctx, cards.TransferRequest{Owner: w.person.owner, From: from.number, To: to.number, Amount: w.stage.amount})
	if err == nil {
		w.stage.tally.moved(from.place, to.place, step)
	}
	return 0, err
}

func (w *servicePayer) close() {}
