package bench

import (
	"context"
	"math/rand/v2"
	"time"
)

// fillPatience bounds how long a database is filled.
const fillPatience = 6 * time.Hour

// fill has everybody but the first person pay until so many transfers more have
// been made, to one card, or to any when that is nil.
func (st *stage) fill(ctx context.Context, transfers int64, to *card, why string) error {
	all := st.people[1:]
	if to == nil {
		all = st.people
	}
	l := load{kinds: []string{"transfer"}, duration: fillPatience, requests: transfers, every: time.Second}
	for i, p := range all {
		random := rand.New(rand.NewPCG(uint64(i), uint64(transfers))) // #nosec G115 G404 -- who is paid in a measurement is no secret
		payee := func() *card {
			if to != nil {
				return to
			}
			other := st.people[random.IntN(len(st.people))]
			return other.cards[random.IntN(len(other.cards))]
		}
		l.workers = append(l.workers, st.payer(p, payee, random))
	}
	st.say("%s: %s …", st.engine, why)
	made := int64(0)
	l.note = func(p *point) {
		made += p.Requests
		st.count("%s: %s: %d of %d …", st.engine, why, made, transfers)
	}
	o, err := l.run(ctx)
	if err != nil {
		return err
	}
	return o.failure()
}
