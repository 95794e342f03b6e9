package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Crowd is people with a card each, who pay one another at one Purse or at
// several nodes of it, and remember what they were told. No person pays the
// same amount twice, so every payment can be found again in a history, also
// one of which nobody knows whether it was made.
type Crowd struct {
	clients []*Client
	cards   []string

	mutex        sync.Mutex
	drawn        []int               // payments of each person so far
	acknowledged []map[string]string // amounts by transfer id, of each person
	count        int
}

// Payment is one payment of a person in a crowd.
type Payment struct {
	payer, payee int
	amount       string
	Key          string // Idempotency-Key, or none when empty
}

// NewCrowd registers people at base and opens their cards.
func NewCrowd(ctx context.Context, base string, people int) (*Crowd, error) {
	c := &Crowd{clients: make([]*Client, people), cards: make([]string, people), drawn: make([]int, people), acknowledged: make([]map[string]string, people)}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for i := range people {
		c.clients[i] = NewClient(base, i)
		c.clients[i].HTTP = client
		c.acknowledged[i] = map[string]string{}
		if err := c.clients[i].Register(ctx); err != nil {
			return nil, err
		}
		card, err := c.clients[i].OpenCard(ctx)
		if err != nil {
			return nil, err
		}
		c.cards[i] = card.Number
	}
	return c, nil
}

// Draw makes up the next payment of one of the people.
func (c *Crowd) Draw(caller int) Payment {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	payer := caller % len(c.clients)
	c.drawn[payer]++
	n := c.drawn[payer]
	return Payment{payer: payer, payee: (payer + 1 + n%(len(c.clients)-1)) % len(c.clients), amount: fmt.Sprintf("%d.%02d", n/100, n%100)}
}

// Pay asks the Purse at base for a payment, and remembers its answer when it
// is a good one.
func (c *Crowd) Pay(ctx context.Context, base string, p Payment) error {
	client := *c.clients[p.payer] // whose cookie is its own
	client.Base = base
	var headers []string
	if p.Key != "" {
		headers = []string{"Idempotency-Key", p.Key}
	}
	answer, err := client.Call(ctx, http.MethodPost, "/card/transfer",
		fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":%s}`, c.cards[p.payer], c.cards[p.payee], p.amount), headers...)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("a payment was answered with %d: %s", answer.Status, answer.Body)
	}
	var transfer struct {
		ID string `json:"transfer_id"`
	}
	if err := answer.Decode(&transfer); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.acknowledged[p.payer][transfer.ID] = p.amount
	c.count++
	return nil
}

// Acknowledged is how many payments were answered well so far.
func (c *Crowd) Acknowledged() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.count
}

// Check reads every history at base: each payment that was acknowledged must be
// there as it was acknowledged, and none twice. Nobody may be paying meanwhile.
func (c *Crowd) Check(ctx context.Context, base string) error {
	var wrong []error
	for i, client := range c.clients {
		client.Base = base
		found, err := client.paid(ctx, c.cards[i])
		if err != nil {
			return err
		}
		ids := map[string]string{} // by amount
		for id, amount := range found {
			if other, twice := ids[amount]; twice {
				wrong = append(wrong, fmt.Errorf("person %d paid %s twice: %s and %s", i, amount, other, id))
			}
			ids[amount] = id
		}
		for id, amount := range c.acknowledged[i] {
			if !sameNumber(found[id], amount) {
				wrong = append(wrong, fmt.Errorf("person %d: transfer %s of %s was acknowledged, and the history has %q", i, id, amount, found[id]))
			}
		}
	}
	return errors.Join(wrong...)
}

// paid reads what went out of a card, page by page: amounts by transfer id.
func (c *Client) paid(ctx context.Context, card string) (map[string]string, error) {
	found := map[string]string{}
	for before := ""; ; {
		answer, err := c.Call(ctx, http.MethodPost, "/card/history?limit=500"+before, fmt.Sprintf(`{"card_number":%q}`, card))
		if err != nil {
			return nil, err
		}
		if answer.Status == http.StatusUnauthorized { // the session's last use may not have been written
			if err := c.SignIn(ctx); err != nil {
				return nil, err
			}
			continue
		}
		var page struct {
			History []struct {
				ID        string      `json:"id"`
				Direction string      `json:"direction"`
				Amount    json.Number `json:"amount"`
			} `json:"history"`
		}
		if err := answer.Decode(&page); err != nil {
			return nil, err
		}
		if answer.Status != http.StatusOK || len(page.History) == 0 {
			return found, answer.unless(http.StatusOK)
		}
		for _, line := range page.History {
			if line.Direction == "out" {
				found[line.ID] = line.Amount.String()
			}
		}
		before = "&before=" + page.History[len(page.History)-1].ID
	}
}

// unless is an error for an answer of another status.
func (a Answer) unless(status int) error {
	if a.Status == status {
		return nil
	}
	return fmt.Errorf("answered with %d: %s", a.Status, a.Body)
}

func sameNumber(a, b string) bool {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// Known is a crowd of the same people who know what these know now, and learn
// nothing of what these do from now on.
func (c *Crowd) Known() *Crowd {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	known := &Crowd{cards: c.cards, drawn: slices.Clone(c.drawn), count: c.count}
	for i, client := range c.clients {
		own := *client
		known.clients = append(known.clients, &own)
		known.acknowledged = append(known.acknowledged, maps.Clone(c.acknowledged[i]))
	}
	return known
}
