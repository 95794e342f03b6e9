package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// person is someone who is signed in and has cards.
type person struct {
	cookie string
	cards  []string
	buffer []byte
}

// pick is one of the person's cards.
func (p *person) pick(r *rand.Rand) string { return p.cards[r.IntN(len(p.cards))] }

// transfer is the bytes of a request that moves 0.01 between two cards.
func (p *person) transfer(address, from, to string) []byte {
	if from == to { // a card cannot pay itself
		to = p.cards[0]
		if from == to {
			to = p.cards[1]
		}
	}
	const bodyLength = len(`{"from_card_number":"","to_card_number":"","amount":0.01}`) + 32
	p.buffer = fmt.Appendf(p.buffer[:0], "POST /card/transfer HTTP/1.1\r\nHost: %s\r\nCookie: authorization=%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"+
		`{"from_card_number":"%s","to_card_number":"%s","amount":0.01}`, address, p.cookie, bodyLength, from, to)
	return p.buffer
}

// signUp registers the people and opens their cards, showing progress.
func (t Transfer) signUp(ctx context.Context, purse *process) ([]*person, error) {
	if t.Cards < 2*t.Clients {
		return nil, fmt.Errorf("%d clients need at least %d cards", t.Clients, 2*t.Clients)
	}
	people := make([]*person, t.Clients)
	var (
		wait   sync.WaitGroup
		mutex  sync.Mutex
		failed error
		opened int
	)
	slots := make(chan struct{}, 32)
	for i := range people {
		people[i] = &person{}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			err := people[i].signUp(ctx, purse, i, (t.Cards+t.Clients-1)/t.Clients, func() {
				mutex.Lock()
				defer mutex.Unlock()
				if opened++; opened%100 == 0 {
					fmt.Fprintf(t.Progress, "\r\033[Ksigning people up: %d of %d cards …", opened, t.Cards)
				}
			})
			mutex.Lock()
			defer mutex.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	fmt.Fprint(t.Progress, "\r\033[K")
	return people, failed
}

// signUp registers one person by the bank surface, as its web app would.
func (p *person) signUp(ctx context.Context, purse *process, number, cards int, opened func()) error {
	email := fmt.Sprintf("person%d@example.com", number)
	three := map[string]string{"email": email, "phone_number": fmt.Sprintf("+1555%07d", number), "social_security": fmt.Sprintf("%09d", number)}
	if _, err := p.call(ctx, purse, http.MethodPost, "/auth/register", three, nil); err != nil {
		return err
	}
	var mails []struct{ Codes []string }
	if _, err := p.call(ctx, purse, http.MethodGet, "/dev/mail?to="+url.QueryEscape(email), nil, &mails); err != nil {
		return err
	}
	if len(mails) == 0 || len(mails[0].Codes) == 0 {
		return errors.New("no code was mailed to " + email)
	}
	whole := map[string]string{
		"first_name": "Person", "last_name": fmt.Sprint("Number ", number), "date_of_birth": "1990-01-01", "address": "1 Main Street", "city": "Springfield",
		"state": "IL", "post_code": "62701", "password": "correct horse battery", "verification_code": mails[0].Codes[0],
	}
	for name, value := range three {
		whole[name] = value
	}
	answer, err := p.call(ctx, purse, http.MethodPost, "/auth/verify-email", whole, nil)
	if err != nil {
		return err
	}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == "authorization" {
			p.cookie = cookie.Value
		}
	}
	for range cards {
		var card struct{ Number string }
		if _, err := p.call(ctx, purse, http.MethodPost, "/card/create", nil, &card); err != nil {
			return err
		}
		p.cards = append(p.cards, card.Number)
		opened()
	}
	return nil
}

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call sends one request and reads its JSON answer into out, unless out is nil.
func (p *person) call(ctx context.Context, purse *process, method, path string, in, out any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+purse.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if p.cookie != "" {
		request.AddCookie(&http.Cookie{Name: "authorization", Value: p.cookie})
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s answered with %d: %s", method, request.URL.Path, answer.StatusCode, text)
	}
	if out != nil {
		err = json.Unmarshal(text, out)
	}
	return answer, err
}
