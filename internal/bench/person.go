package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"purse/internal/ledger"
	"purse/internal/money"
)

// openingGrant is what each new card gets, so that nobody runs out of money.
const openingGrant = "1000000"

// password is everybody's: twenty characters with a digit and both cases, which
// every surface takes.
const password = "Correct-horse-4-stap"

// person is somebody who has signed up. What a surface gave them is empty where
// they have not signed in.
type person struct {
	number int
	email  string
	phone  string
	owner  ledger.OwnerID // where services are called in process

	bank, wallet, bot, gift, profile string // credentials: whole header lines

	cards []*card
	more  holdings
}

// card is one of a person's cards.
type card struct {
	id     int64
	number string
	place  int // in the tally
}

func newPerson(number int) *person {
	return &person{number: number, email: fmt.Sprintf("person%d@example.com", number), phone: fmt.Sprintf("+1555%07d", number)}
}

// call sends a request that is not measured, as JSON, and reads its answer into
// out, unless that is nil. credential is a whole header line, or empty.
func (st *stage) call(ctx context.Context, credential, method, path string, in, out any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+st.purse.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Browser", "Bench 1.0") // without which the personal account asks for one
	if name, value, found := strings.Cut(credential, ": "); found {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, fmt.Errorf("%s %s answered with %d: %s", method, request.URL.Path, answer.StatusCode, text)
	}
	if out != nil {
		err = json.Unmarshal(text, out)
	}
	return answer, err
}

// mailedCode is the code in the newest mail to an address.
func (st *stage) mailedCode(ctx context.Context, to string) (string, error) {
	var mails []struct{ Codes []string }
	if _, err := st.call(ctx, "", http.MethodGet, "/dev/mail?to="+url.QueryEscape(to), nil, &mails); err != nil {
		return "", err
	}
	if len(mails) == 0 || len(mails[0].Codes) == 0 {
		return "", errors.New("no code was mailed to " + to)
	}
	return mails[0].Codes[0], nil
}

// atOnce is how many people sign up at the same time.
const atOnce = 32

// gather makes people who sign up as they are told to, several at the same time.
func (st *stage) gather(ctx context.Context, count int, signUp func(ctx context.Context, p *person) error) error {
	var (
		wait   sync.WaitGroup
		mutex  sync.Mutex
		failed error
		done   int
	)
	st.say("%s: signing %d people up …", st.engine, count)
	slots := make(chan struct{}, atOnce)
	for i := range count {
		p := newPerson(i)
		st.people = append(st.people, p)
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			err := signUp(ctx, p)
			mutex.Lock()
			defer mutex.Unlock()
			failed = errors.Join(failed, err)
			done++
			st.count("%s: signing people up: %d of %d …", st.engine, done, count)
		})
	}
	wait.Wait()
	return failed
}

// joinBank registers a person by the bank surface, as its web app would.
func (p *person) joinBank(ctx context.Context, st *stage) error {
	three := map[string]string{"email": p.email, "phone_number": p.phone, "social_security": fmt.Sprintf("%09d", p.number)}
	if _, err := st.call(ctx, "", http.MethodPost, "/auth/register", three, nil); err != nil {
		return err
	}
	code, err := st.mailedCode(ctx, p.email)
	if err != nil {
		return err
	}
	whole := map[string]string{
		"first_name": "Person", "last_name": fmt.Sprint("Number ", p.number), "date_of_birth": "1990-01-01", "address": "1 Main Street", "city": "Springfield",
		"state": "IL", "post_code": "62701", "password": password, "verification_code": code,
	}
	for name, value := range three {
		whole[name] = value
	}
	answer, err := st.call(ctx, "", http.MethodPost, "/auth/verify-email", whole, nil)
	if err != nil {
		return err
	}
	return p.keepCookie(answer)
}

// keepCookie takes the bank's session out of an answer.
func (p *person) keepCookie(answer *http.Response) error {
	for _, cookie := range answer.Cookies() {
		if cookie.Name == "authorization" {
			p.bank = "Cookie: authorization=" + cookie.Value
			return nil
		}
	}
	return errors.New("the bank gave no cookie")
}

// openCards opens cards at the bank.
func (p *person) openCards(ctx context.Context, st *stage, count int) error {
	for range count {
		var opened struct {
			ID     int64 `json:"card_id"`
			Number string
		}
		if _, err := st.call(ctx, p.bank, http.MethodPost, "/card/create", nil, &opened); err != nil {
			return err
		}
		p.cards = append(p.cards, &card{id: opened.ID, number: opened.Number})
	}
	return nil
}

// countCards gives everybody's cards a place in the tally, and returns them all.
func (st *stage) countCards() (all []*card, err error) {
	opening, err := minorUnits(openingGrant)
	if err != nil {
		return nil, err
	}
	for _, p := range st.people {
		for i, c := range p.cards {
			c.place = st.tally.open(fmt.Sprintf("person %d's card %d", p.number, i), opening)
			all = append(all, c)
		}
	}
	return all, nil
}

// minorUnits reads an amount of dollars exactly.
func minorUnits(text string) (int64, error) {
	decimal, err := money.ParseDecimal(text)
	if err != nil {
		return 0, err
	}
	amount, err := decimal.In(money.USD)
	return amount.Minor(), err
}

// checkAccounts compares all accounts of a person with the tally.
func (p *person) checkAccounts(ctx context.Context, st *stage) error {
	if len(p.cards) == 0 {
		return nil
	}
	var shown []struct {
		ID      int64 `json:"card_id"`
		Balance json.Number
	}
	if _, err := st.call(ctx, p.bank, http.MethodGet, "/card", nil, &shown); err != nil {
		return err
	}
	balances := map[int64]string{}
	for _, c := range shown {
		balances[c.ID] = c.Balance.String()
	}
	var wrong []error
	for _, c := range p.cards {
		wrong = append(wrong, st.compare(c.place, balances[c.id]))
	}
	return errors.Join(append(wrong, p.more.check(ctx, st, p))...)
}

// compare holds a balance as a surface shows it against the tally.
func (st *stage) compare(place int, balance string) error {
	minor, err := minorUnits(balance)
	if err != nil {
		return fmt.Errorf("%s shows %q: %w", st.tally.accounts[place].name, balance, err)
	}
	return st.tally.check(place, minor)
}
