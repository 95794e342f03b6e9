package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// holdings is what a person of the mixed day has beside cards, and what their app
// remembers.
type holdings struct {
	user   int64 // id; 0 for whoever has only cards
	chat   int64 // of Telegram
	wallet struct {
		id     int64
		number string
		place  int
	}
	saving struct {
		id    int64
		place int
	}
	box int // place of the gift box in the tally

	refresh    string    // the wallet's refresh token
	walletAt   time.Time // when its access token was issued
	botAt      time.Time // likewise the bot's
	bills      int       // made so far
	unpaid     []int64   // ids of bills
	signIns    int       // so far
	walletBody []byte    // of the next transfer
}

// cardsEach is how many cards a person of the mixed day has.
const cardsEach = 2

// joinEverywhere signs a person up once, at the wallet, and in at all surfaces:
// one person, one account.
func (p *person) joinEverywhere(ctx context.Context, st *stage) error {
	for _, step := range []func(context.Context, *stage) error{
		p.joinWallet, p.enterBank, p.enterBot, p.enterGift, p.enterProfile,
	} {
		if err := step(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// joinWallet registers at the wallet surface, opens a wallet and puts money in.
func (p *person) joinWallet(ctx context.Context, st *stage) error {
	var session struct {
		ID string `json:"session_id"`
	}
	newcomer := map[string]string{"email": p.email, "phone_number": p.phone, "password": password}
	if _, err := st.call(ctx, "", http.MethodPost, "/users/create/", newcomer, &session); err != nil {
		return err
	}
	code, err := st.mailedCode(ctx, p.email)
	if err != nil {
		return err
	}
	if _, err := st.call(ctx, "", http.MethodPost, "/users/verify/", map[string]string{"session_id": session.ID, "code": code}, nil); err != nil {
		return err
	}
	var tokens struct{ Access, Refresh string }
	if _, err := st.call(ctx, "", http.MethodPost, "/users/token/create/", map[string]string{"phone_number": p.phone, "password": password}, &tokens); err != nil {
		return err
	}
	p.wallet, p.more.refresh, p.more.walletAt = bearer(tokens.Access), tokens.Refresh, time.Now()
	names := map[string]string{"first_name": "Person", "last_name": fmt.Sprint("Number ", p.number)}
	if _, err := st.call(ctx, p.wallet, http.MethodPatch, "/users/update/", names, nil); err != nil {
		return err
	}
	var opened struct {
		ID     int64
		Number string `json:"wallet_number"`
	}
	if _, err := st.call(ctx, p.wallet, http.MethodPost, "/users/wallets/create/", map[string]string{"amount_currency": "USD"}, &opened); err != nil {
		return err
	}
	p.more.wallet.id, p.more.wallet.number = opened.ID, opened.Number
	_, err = st.call(ctx, p.wallet, http.MethodPost, fmt.Sprintf("/users/wallets/%d/deposit/", opened.ID), map[string]string{"amount": openingGrant}, nil)
	return err
}

// enterBank signs in with two steps, opens cards and a savings goal.
func (p *person) enterBank(ctx context.Context, st *stage) error {
	proof := map[string]string{"email": p.email, "password": password}
	if _, err := st.call(ctx, "", http.MethodPost, "/auth/2fa/request", proof, nil); err != nil {
		return err
	}
	code, err := st.mailedCode(ctx, p.email)
	if err != nil {
		return err
	}
	answer, err := st.call(ctx, "", http.MethodPost, "/auth/2fa/confirm", map[string]string{"email": p.email, "twofa_code": code}, nil)
	if err != nil {
		return err
	}
	if err := p.keepCookie(answer); err != nil {
		return err
	}
	if err := p.openCards(ctx, st, cardsEach); err != nil {
		return err
	}
	var goal struct{ ID int64 }
	_, err = st.call(ctx, p.bank, http.MethodPost, "/savings/create", map[string]any{"name": "Holiday", "goal": 1200}, &goal)
	p.more.saving.id = goal.ID
	return err
}

// firstChat is the id of the first person's Telegram chat.
const firstChat = 556_000_000

// enterBot signs in at the bot surface and links a Telegram chat.
func (p *person) enterBot(ctx context.Context, st *stage) error {
	var tokens struct {
		Access string `json:"access_token"`
		User   int64  `json:"user_id"`
	}
	if _, err := st.call(ctx, "", http.MethodPost, "/api/v1/auth/login", map[string]string{"email": p.email, "password": password}, &tokens); err != nil {
		return err
	}
	p.bot, p.more.botAt, p.more.user, p.more.chat = bearer(tokens.Access), time.Now(), tokens.User, firstChat+int64(p.number)
	var link struct{ Code string }
	if _, err := st.call(ctx, "", http.MethodPost, "/api/v1/auth/telegram/start", map[string]int64{"chat_id": p.more.chat}, &link); err != nil {
		return err
	}
	_, err := st.call(ctx, p.bot, http.MethodPost, "/api/v1/auth/telegram/confirm", map[string]any{"code": link.Code, "chat_id": p.more.chat}, nil)
	return err
}

func (p *person) enterGift(ctx context.Context, st *stage) error {
	var tokens struct {
		Access string `json:"access_token"`
	}
	_, err := st.call(ctx, "", http.MethodPost, "/api/user/login", map[string]string{"email": p.email, "password": password}, &tokens)
	p.gift = bearer(tokens.Access)
	return err
}

func (p *person) enterProfile(ctx context.Context, st *stage) error {
	var account struct{ Token string }
	_, err := st.call(ctx, "", http.MethodPost, "/account/login", map[string]string{"email": p.email, "password": password}, &account)
	p.profile = "Authorization: " + account.Token
	return err
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// countHoldings gives what everybody has beside cards a place in the tally.
func (st *stage) countHoldings() error {
	opening, err := minorUnits(openingGrant)
	for _, p := range st.people {
		name := fmt.Sprintf("person %d's ", p.number)
		p.more.wallet.place = st.tally.open(name+"wallet", opening)
		p.more.saving.place = st.tally.open(name+"savings", 0)
		p.more.box = st.tally.open(name+"gift box", 0)
	}
	return err
}

// check compares what a person has beside cards with the tally.
func (h *holdings) check(ctx context.Context, st *stage, p *person) error {
	if h.user == 0 {
		return nil
	}
	var wallet struct{ Amount string }
	_, failed := st.call(ctx, p.wallet, http.MethodGet, fmt.Sprintf("/users/wallets/%d/", h.wallet.id), nil, &wallet)
	failed = errors.Join(failed, st.compare(h.wallet.place, wallet.Amount))
	var goals []struct {
		ID      int64
		Balance json.Number
	}
	if _, err := st.call(ctx, p.bank, http.MethodGet, "/savings", nil, &goals); err != nil || len(goals) != 1 {
		return errors.Join(failed, err, fmt.Errorf("person %d has %d savings goals", p.number, len(goals)))
	}
	failed = errors.Join(failed, st.compare(h.saving.place, goals[0].Balance.String()))
	var box struct {
		User struct {
			Total int64 `json:"total_amount"`
		} `json:"user_info"`
	}
	_, err := st.call(ctx, p.gift, http.MethodGet, fmt.Sprintf("/api/user/%d", h.user), nil, &box)
	return errors.Join(failed, err, st.tally.check(h.box, box.User.Total))
}
