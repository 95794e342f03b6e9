package surfaces

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// TestMoneyCrossesTheSurfaces lets two people move money from card to wallet, back,
// and with a message, through three currencies, and reads what each surface says
// of it.
func TestMoneyCrossesTheSurfaces(t *testing.T) {
	apptest.EachEngine(t, crossSurfaces)
}

// holder is somebody with a session on every surface.
type holder struct {
	*world
	*person
	id      string
	headers map[string][2]string
}

func (w *world) holder(p *person) *holder {
	w.Helper()
	h := &holder{w, p, w.id(p), map[string][2]string{}}
	for _, s := range all {
		_, token := w.enter(s, p)
		h.headers[s.name] = s.credential(token)
	}
	return h
}

// do is a request of theirs on a surface, with its answer read into out.
func (h *holder) do(surface, method, path string, body, out any) {
	h.Helper()
	h.must(method, path, body, out, h.headers[surface][0], h.headers[surface][1])
}

// says compares an answer of a surface with what it should be; <…> stands for
// anything that is no punctuation.
func (h *holder) says(surface, method, path, body, want string) {
	h.Helper()
	var sent any
	if body != "" {
		sent = body
	}
	answer := h.call(method, path, sent, h.headers[surface][0], h.headers[surface][1])
	pattern := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(regexp.QuoteMeta(want), `[^",]*`)
	if got := told(answer); !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		h.Errorf("%s %s of the %s says\n%s\nwant\n%s", method, path, surface, got, want)
	}
}

// walletIn is the person's wallet in a currency.
func (h *holder) walletIn(currency string) (wallet struct {
	ID     int64
	Number string `json:"wallet_number"`
}) {
	h.Helper()
	var list []json.RawMessage
	h.do("wallet", "GET", "/users/wallets/", nil, &list)
	for _, one := range list {
		if strings.Contains(string(one), `"amount_currency":"`+currency+`"`) {
			if err := json.Unmarshal(one, &wallet); err != nil {
				h.Fatal(err)
			}
			return wallet
		}
	}
	h.Fatalf("no wallet in %s among %s", currency, list)
	return wallet
}

func crossSurfaces(t *testing.T, databaseURL string) {
	w := newWorld(t, databaseURL, "PURSE_BASE_CURRENCY=KRW", "PURSE_CARD_GRANT=100000", "PURSE_GIFT_FUNDING=wallet")
	w.must("POST", "/dev/rates", `{"base":"USD","rates":{"KZT":"500","KRW":"1000","EUR":"0.9"}}`, nil)
	first := w.join(all[0])
	w.askForOneStep(first)
	second := w.join(all[2])
	ada, min := w.holder(first), w.holder(second)

	var card struct{ Number string }
	ada.do("bank", "POST", "/card/create", nil, &card)
	min.do("wallet", "POST", "/users/wallets/create/", `{"name":"Tenge"}`, nil)
	tenge, won := min.walletIn("KZT"), ada.walletIn("KRW")

	// From a card in won to a wallet in tenge, and from there to the card.
	ada.says("bank", "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":10000}`, card.Number, tenge.Number),
		`200 {"message":"Transferred 10000","amount":10000,"transfer_id":"<id>","remaining_card_balance":90000}`)
	min.says("wallet", "POST", fmt.Sprintf("/users/wallets/%d/transfer/", tenge.ID), fmt.Sprintf(`{"wallet_number":%q,"amount":"1000"}`, card.Number),
		`201 {"wallet_number":"`+card.Number+`","amount":"1000.00","amount_currency":"KZT","received_amount":"2000","received_currency":"KRW","rate":"2","transaction_id":"<id>","balance":"4000.00"}`)

	// With a message, into a wallet that is opened for it, and spent from there.
	ada.do("bank", "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":7000}`, card.Number, won.Number), nil)
	ada.do("gift", "POST", "/api/user/"+min.id+"/messages", `{"message":"새해 복 많이 받으세요","amount":5000,"is_moneybag":false}`, nil)
	given := min.walletIn("KRW")
	min.do("wallet", "POST", fmt.Sprintf("/users/wallets/%d/transfer/", given.ID), fmt.Sprintf(`{"wallet_number":%q,"amount":"3000"}`, card.Number), nil)
	min.do("wallet", "POST", fmt.Sprintf("/users/wallets/%d/transfer/", given.ID), fmt.Sprintf(`{"wallet_number":%q,"amount":1500}`, tenge.Number), nil)

	// What each side says of it, with the numbers of others masked where they are cards.
	masked, hidden := strings.Repeat("*", 12)+card.Number[12:], func(wallet string) string { return strings.Repeat("*", 6) + wallet[6:] }
	ada.says("bank", "GET", "/auth/me", "",
		`200 {"name":"Ada","surname":"Lovelace","balance":90000,"currency":"KRW","wallet_number":"`+won.Number+`","cards":[{"balance":88000,"last4":"`+card.Number[12:]+`"}]}`)
	onCard := func(direction, from, fromNumber, to, toNumber, kind, amount string) string {
		return fmt.Sprintf(`{"id":"<id>","direction":%q,"from":%q,"from_card_number":%s,"to":%q,"to_card_number":%q,"transfer_type":%q,"amount":%s,"time":"<time>"}`,
			direction, from, fromNumber, to, toNumber, kind, amount)
	}
	ada.says("bank", "POST", "/card/history", fmt.Sprintf(`{"card_number":%q}`, card.Number), `200 {"history":[`+strings.Join([]string{
		onCard("in", "", `"`+hidden(given.Number)+`"`, "Ada Lovelace", card.Number, "TRANSFER", "3000"),
		onCard("out", "Ada Lovelace", `"`+card.Number+`"`, "Ada Lovelace", won.Number, "TRANSFER", "7000"),
		onCard("in", "", `"`+hidden(tenge.Number)+`"`, "Ada Lovelace", card.Number, "TRANSFER", "2000"),
		onCard("out", "Ada Lovelace", `"`+card.Number+`"`, "", hidden(tenge.Number), "TRANSFER", "10000"),
		onCard("in", "Promotions", "null", "Ada Lovelace", card.Number, "INCOME", "100000"),
	}, ",")+`]}`)
	onWallet := func(amount, currency, sender, receiver string) string {
		return fmt.Sprintf(`{"id":"<id>","amount":%q,"amount_currency":%q,"operation_type":"TRANSFER","sender":{"wallet_number":%q},"receiver":{"wallet_number":%q},"created_at":"<time>"}`,
			amount, currency, sender, receiver)
	}
	for _, history := range []struct {
		whose *holder
		id    int64
		lines []string
	}{
		{ada, won.ID, []string{onWallet("5000", "KRW", won.Number, given.Number), onWallet("7000", "KRW", masked, won.Number)}},
		{min, tenge.ID, []string{
			onWallet("750.00", "KZT", given.Number, tenge.Number), onWallet("1000.00", "KZT", tenge.Number, masked), onWallet("5000.00", "KZT", masked, tenge.Number),
		}},
		{min, given.ID, []string{
			onWallet("1500", "KRW", given.Number, tenge.Number), onWallet("3000", "KRW", given.Number, masked), onWallet("5000", "KRW", won.Number, given.Number),
		}},
	} {
		history.whose.says("wallet", "GET", fmt.Sprintf("/users/wallets/%d/transactions/", history.id), "", "200 ["+strings.Join(history.lines, ",")+"]")
	}
	min.says("gift", "GET", "/api/user/"+min.id+"/messages", "", `200 {"user_info":{"username":"<name>","email":"`+min.email+`","total_amount":5000},"message_set_count":1,"next":null,"prev":null,`+
		`"messages":[{"id":1,"message":"새해 복 많이 받으세요","amount":5000,"is_moneybag":false,"image_name":"Money_5000.png","author_name":"Ada"}]}`)
	account := func(kind, number, name, currency, balance string) string {
		return fmt.Sprintf(`{"id":<id>,"kind":%q,"number":%q,"name":%q,"currency":%q,"balance":%s,"is_active":true,"created_at":"<time>"}`, kind, number, name, currency, balance)
	}
	ada.says("bot", "GET", "/api/v1/accounts", "", "200 ["+account("wallet", won.Number, "My wallet", "KRW", "2000")+","+account("card", masked, "Card", "KRW", "88000")+"]")
	min.says("bot", "GET", "/api/v1/accounts", "", "200 ["+account("wallet", tenge.Number, "Tenge", "KZT", "4750.00")+","+account("wallet", given.Number, "My wallet", "KRW", "500")+"]")
	w.verify()
}
