package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// format makes the next path or body.
func (v *visitor) format(text string, arguments ...any) []byte {
	v.text = fmt.Appendf(v.text[:0], text, arguments...)
	return v.text
}

// get reads a path.
func (v *visitor) get(ctx context.Context, path, credential string) error {
	return v.wire.ask(ctx, "GET", path, credential, nil)
}

// post sends a body; when it was answered as expected, the movement is noted.
func (v *visitor) post(ctx context.Context, path, credential string, from, to int, amount int64, body []byte) error {
	err := v.wire.ask(ctx, "POST", path, credential, body)
	if err == nil {
		v.stage.tally.moved(from, to, amount)
	}
	return err
}

// tell sends a body that moves no money and reads the answer into out.
func (v *visitor) tell(ctx context.Context, path string, body []byte, out any) error {
	if err := v.wire.ask(ctx, "POST", path, "", body); err != nil {
		return err
	}
	return json.Unmarshal(v.body, out)
}

func (v *visitor) wireOverview(ctx context.Context) error {
	return v.get(ctx, "/auth/me", v.person.bank)
}
func (v *visitor) wireCards(ctx context.Context) error { return v.get(ctx, "/card", v.person.bank) }
func (v *visitor) wireSavings(ctx context.Context) error {
	return v.get(ctx, "/savings", v.person.bank)
}
func (v *visitor) wireBills(ctx context.Context) error { return v.get(ctx, "/bills", v.person.bank) }

func (v *visitor) wireTransfer(ctx context.Context) error {
	from, to := v.card(), v.stranger().cards[0]
	return v.post(ctx, "/card/transfer", v.person.bank, from.place, to.place, step,
		v.format(`{"from_card_number":%q,"to_card_number":%q,"amount":`+stepAmount+`}`, from.number, to.number))
}

func (v *visitor) wireHistory(ctx context.Context) error {
	return v.wire.ask(ctx, "POST", "/card/history?limit=20", v.person.bank, v.format(`{"card_number":%q}`, v.card().number))
}

func (v *visitor) wireTopUp(ctx context.Context) error {
	c, h := v.card(), &v.person.more
	return v.post(ctx, "/savings/topUp", v.person.bank, c.place, h.saving.place, step,
		v.format(`{"amount":`+stepAmount+`,"saving_account_id":%d,"card_id":%d}`, h.saving.id, c.id))
}

func (v *visitor) wireDecrease(ctx context.Context) error {
	c, h := v.card(), &v.person.more
	return v.post(ctx, "/savings/decrease", v.person.bank, h.saving.place, c.place, step,
		v.format(`{"amount":`+stepAmount+`,"saving_account_id":%d,"card_id":%d}`, h.saving.id, c.id))
}

// billAmount is what each bill asks for, in minor units, and as the bank takes it.
const (
	billAmount     = 100
	billAmountText = "1.00"
)

func (v *visitor) wireMakeBill(ctx context.Context) error {
	if err := v.wire.ask(ctx, "POST", "/bills/create", v.person.bank, []byte(`{"name":"Electricity","amount":`+billAmountText+`,"due_date":"2030-01-01T00:00:00Z"}`)); err != nil {
		return err
	}
	var made struct{ ID int64 }
	if err := json.Unmarshal(v.body, &made); err != nil {
		return err
	}
	h := &v.person.more
	h.bills, h.unpaid = h.bills+1, append(h.unpaid, made.ID)
	return nil
}

func (v *visitor) wirePayBill(ctx context.Context) error {
	c, h := v.card(), &v.person.more
	bill := h.unpaid[0]
	h.unpaid = h.unpaid[1:]
	return v.post(ctx, "/bills/pay", v.person.bank, c.place, nobody, billAmount, v.format(`{"bill_id":%d,"card_number":%q}`, bill, c.number))
}

func (v *visitor) wireWalletTransfer(ctx context.Context) error {
	h, to := &v.person.more, &v.stranger().more
	h.walletBody = fmt.Appendf(h.walletBody[:0], `{"wallet_number":%q,"amount":"`+stepAmount+`"}`, to.wallet.number)
	return v.post(ctx, string(v.format("/users/wallets/%d/transfer/", h.wallet.id)), v.person.wallet, h.wallet.place, to.wallet.place, step, h.walletBody)
}

func (v *visitor) wireWalletHistory(ctx context.Context) error {
	return v.get(ctx, string(v.format("/users/wallets/%d/transactions/?limit=20", v.person.more.wallet.id)), v.person.wallet)
}

func (v *visitor) wireWallets(ctx context.Context) error {
	return v.get(ctx, "/users/wallets/", v.person.wallet)
}

func (v *visitor) wireRenew(ctx context.Context) error {
	h := &v.person.more
	var tokens struct{ Access, Refresh string }
	if err := v.tell(ctx, "/users/token/refresh/", v.format(`{"refresh":%q}`, h.refresh), &tokens); err != nil {
		return err
	}
	v.person.wallet, h.refresh, h.walletAt = bearer(tokens.Access), tokens.Refresh, time.Now()
	return nil
}

func (v *visitor) wireBotToken(ctx context.Context) error {
	var token struct {
		Access string `json:"access_token"`
	}
	if err := v.tell(ctx, "/api/v1/auth/token/get", v.format(`{"chat_id":%d}`, v.person.more.chat), &token); err != nil {
		return err
	}
	v.person.bot, v.person.more.botAt = bearer(token.Access), time.Now()
	return nil
}

func (v *visitor) wireBotAccounts(ctx context.Context) error {
	return v.get(ctx, "/api/v1/accounts", v.person.bot)
}

// giftAmount is the play money in a gift message.
const giftAmount = 100

func (v *visitor) wireGift(ctx context.Context) error {
	to := &v.stranger().more
	return v.post(ctx, string(v.format("/api/user/%d/messages", to.user)), v.person.gift, nobody, to.box, giftAmount,
		[]byte(`{"message":"Happy New Year","amount":100,"is_moneybag":false}`))
}

func (v *visitor) wireGifts(ctx context.Context) error {
	return v.get(ctx, string(v.format("/api/user/%d/messages", v.person.more.user)), v.person.gift)
}

func (v *visitor) wireGiftPerson(ctx context.Context) error {
	return v.get(ctx, string(v.format("/api/user/%d", v.stranger().more.user)), "")
}

func (v *visitor) wireProfile(ctx context.Context) error {
	return v.get(ctx, "/account/me", v.person.profile)
}

// wireSignIn signs in again, at one surface after the other.
func (v *visitor) wireSignIn(ctx context.Context) error {
	p, h := v.person, &v.person.more
	h.signIns++
	var tokens struct {
		Access      string `json:"access"`
		AccessToken string `json:"access_token"`
		Refresh     string `json:"refresh"`
	}
	proof := v.format(`{"email":%q,"password":%q}`, p.email, password)
	switch h.signIns % 3 {
	case 0:
		if err := v.tell(ctx, "/api/user/login", proof, &tokens); err != nil {
			return err
		}
		p.gift = bearer(tokens.AccessToken)
	case 1:
		if err := v.tell(ctx, "/api/v1/auth/login", proof, &tokens); err != nil {
			return err
		}
		p.bot, h.botAt = bearer(tokens.AccessToken), time.Now()
	case 2:
		if err := v.tell(ctx, "/users/token/create/", v.format(`{"phone_number":%q,"password":%q}`, p.phone, password), &tokens); err != nil {
			return err
		}
		p.wallet, h.refresh, h.walletAt = bearer(tokens.Access), tokens.Refresh, time.Now()
	}
	return nil
}
