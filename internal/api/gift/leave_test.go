package gift_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// tokensOf is every token that a person of all surfaces has, by the path that
// asks for it: the header Authorization, or a body.
type tokensOf struct {
	headers map[string][]string // path: values
	bodies  map[string]string   // path: body
}

// mustBeDead has every token refused.
func (o tokensOf) mustBeDead(c *canary) {
	c.t.Helper()
	for path, values := range o.headers {
		for _, value := range values {
			method := http.MethodGet
			if path == "/api/user/refresh" {
				method = http.MethodPost
			}
			answer, err := c.Call(c.t.Context(), method, path, nil, "Authorization", value)
			if want := http.StatusUnauthorized; err != nil || answer.Status != want && (path != "/account/me" || answer.Status != http.StatusForbidden) {
				c.t.Errorf("%s: %d %s, %v", path, answer.Status, answer.Body, err)
			}
		}
	}
	for path, body := range o.bodies {
		if answer, err := c.Call(c.t.Context(), "POST", path, body); err != nil || answer.Status != http.StatusUnauthorized {
			c.t.Errorf("%s: %d %s, %v", path, answer.Status, answer.Body, err)
		}
	}
}

// pair is the tokens of the surfaces, in all their spellings.
type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// as sends the canary's requests with another header Authorization.
func (c *canary) as(token string) *canary {
	other := *c
	other.access = token
	return &other
}

// code is the newest code that was sent to an address or a number.
func (c *canary) code(to string) string {
	c.t.Helper()
	var mails []apptest.Mail
	c.ask(200, "GET", "/dev/mail?to="+url.QueryEscape(to), nil, &mails)
	if len(mails) == 0 || len(mails[0].Codes) == 0 {
		c.t.Fatalf("no code was sent to %s", to)
	}
	return mails[0].Codes[0]
}

// link gives a person a Telegram chat, and returns the tokens of the bot surface.
func (c *canary) link(email, password string, chat int) (web pair, chatToken string) {
	c.t.Helper()
	c.as("").ask(200, "POST", "/api/v1/auth/login", map[string]string{"email": email, "password": password}, &web)
	var started struct{ Code string }
	c.as("").ask(200, "POST", "/api/v1/auth/telegram/start", fmt.Sprintf(`{"chat_id":%d}`, chat), &started)
	var linked struct {
		Token string `json:"jwt_token"`
	}
	c.as(web.Access).ask(200, "POST", "/api/v1/auth/telegram/confirm", map[string]any{"code": started.Code, "chat_id": chat, "username": "canaryTelegram"}, &linked)
	c.as("").ask(200, "POST", "/api/v1/auth/telegram/start", fmt.Sprintf(`{"chat_id":%d}`, chat), nil) // a code that nobody uses
	return web, linked.Token
}

// join makes a user of the wallet surface, who began twice, and signs them in.
func (c *canary) join(email, phone string) {
	c.t.Helper()
	var begun struct {
		Session string `json:"session_id"`
	}
	for range 2 {
		c.ask(201, "POST", "/users/create/", map[string]string{"email": email, "phone_number": phone, "password": apptest.Password}, &begun)
	}
	c.ask(201, "POST", "/users/verify/", map[string]string{"session_id": begun.Session, "code": c.code(phone)}, nil)
}

func (c *canary) signInByPhone(phone string) (tokens pair) {
	c.t.Helper()
	c.as("").ask(201, "POST", "/users/token/create/", map[string]string{"phone_number": phone, "password": apptest.Password}, &tokens)
	return tokens
}

func (c *canary) signInToGifts(email, password string) (tokens pair) {
	c.t.Helper()
	c.as("").ask(200, "POST", "/api/user/login", map[string]string{"email": email, "password": password}, &tokens)
	return tokens
}

// mustBeGone looks for words, and at the books.
func (c *canary) mustBeGone(databaseURL string, environment, words []string) {
	c.t.Helper()
	if found := find(c.t, databaseURL, words); len(found) > 0 {
		c.t.Errorf("still there: %q", found)
	}
	if output, code := apptest.RunBinary(c.t, environment, "verify"); code != 0 {
		c.t.Errorf("purse verify exits with %d:\n%s", code, output)
	}
}

func TestWhoJoinedByPhoneWithdrawsFromEverySurface(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		const email, phone, chat = "bluecanary.mail@example.com", "+77015559911", 9988776655
		words := []string{email, phone, "9988776655", "Bluebird", "Wharfinger", "https://canary.example/face.png", "Canary purse", "Canary dollars", "지저귐", "canaryAgent"}
		environment := append(apptest.Development(databaseURL), "PURSE_GIFT_FUNDING=wallet", "PURSE_SMS_URL=mailbox:", "PURSE_BASE_CURRENCY=KRW", "PURSE_CARD_GRANT=100000")
		purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
		c := &canary{Client: apptest.NewClient(purse.Base, 2), t: t}
		c.HTTP.Timeout *= 2
		giver := c.giver(purse.Base)
		c.join(email, phone)
		c.access = c.signInByPhone(phone).Access
		c.ask(200, "PATCH", "/users/update/", `{"first_name":"Bluebird","last_name":"Wharfinger","profile_image":"https://canary.example/face.png"}`, nil)
		c.ask(201, "POST", "/users/wallets/create/", `{"name":"Canary purse","amount_currency":"KZT"}`, nil)
		var dollars struct{ ID int64 }
		c.ask(201, "POST", "/users/wallets/create/", `{"amount_currency":"USD"}`, &dollars)
		c.ask(200, "PATCH", fmt.Sprintf("/users/wallets/%d/update/", dollars.ID), `{"name":"Canary dollars"}`, nil)
		var me struct {
			Wallets []walletShown
		}
		received := func(amount int) {
			t.Helper()
			giver.ask(201, "POST", "/api/user/2/messages", fmt.Sprintf(`{"message":"지저귐","amount":%d,"is_moneybag":true}`, amount), nil)
		}
		won := func(amount string, active bool) (w walletShown) {
			t.Helper()
			c.ask(200, "GET", "/users/", nil, &me)
			for _, w = range me.Wallets {
				if w.Currency == "KRW" {
					break
				}
			}
			if w.Currency != "KRW" || w.Amount != amount || w.Active != active {
				t.Fatalf("the wallets are %+v, want %s KRW, active %v", me.Wallets, amount, active)
			}
			return w
		}
		received(100) // opens the wallet
		won("100", true)

		c.as("").ask(200, "POST", "/dev/clock", `{"advance":"721h"}`, nil)
		c.access, giver.access = c.signInByPhone(phone).Access, giver.signInToGifts(giver.Email, apptest.Password).Access
		won("100", false)
		gifts := c.signInToGifts(email, apptest.Password)
		refused, err := c.Call(t.Context(), "POST", "/api/user/1/messages", `{"message":"지저귐","amount":100,"is_moneybag":false}`, "Authorization", "Bearer "+gifts.Access)
		if err != nil || refused.Status != 400 || string(bytes.TrimSpace(refused.Body)) != `{"error":"정지된 지갑에서는 돈을 보낼 수 없습니다."}` {
			t.Errorf("a blocked wallet gives: %d %s, %v", refused.Status, refused.Body, err)
		}
		received(10_000)
		c.ask(200, "GET", "/users/", nil, &me)
		var balance string
		for _, w := range me.Wallets {
			if w.Currency == "KRW" {
				if balance = w.Amount; !w.Active || len(balance) != len("9999") {
					t.Fatalf("the fee was not settled: %+v", w)
				}
			}
		}
		var total struct {
			User struct {
				Total int `json:"total_amount"`
			} `json:"user_info"`
		}
		c.ask(200, "GET", "/api/user/2", nil, &total)
		if total.User.Total != 10_100 {
			t.Errorf("the total is %d", total.User.Total)
		}
		c.as(gifts.Access).ask(200, "PUT", "/api/user/2", `{"username":"지저귐 하나"}`, nil)
		c.as(gifts.Access).ask(400, "DELETE", "/api/user/withdraw", `{"username":"지저귐 하나"}`, nil) // there is money
		c.as(gifts.Access).ask(201, "POST", "/api/user/1/messages", `{"message":"bye","amount":`+balance+`,"is_moneybag":true}`, nil)

		c.as("").ask(200, "POST", "/dev/clock", `{"advance":"721h"}`, nil)
		wallet := c.signInByPhone(phone)
		c.access = wallet.Access
		won("0", false)
		c.ask(201, "POST", "/users/password/update/", `{"password":"`+apptest.Password+`","new_password":"staple battery horse"}`, nil)
		web, chatToken := c.link(email, apptest.Password, chat)
		gifts = c.signInToGifts(email, apptest.Password)
		if found := find(t, databaseURL, words); len(found) < len(words) {
			t.Fatalf("only %q were written, so little is tested", found)
		}
		c.as(gifts.Access).ask(204, "DELETE", "/api/user/withdraw", `{"username":"지저귐 하나"}`, nil)
		c.mustBeGone(databaseURL, environment, words)
		tokensOf{
			headers: map[string][]string{
				"/users/": {"Bearer " + wallet.Access}, "/api/v1/accounts": {"Bearer " + web.Access, "Bearer " + chatToken},
				"/api/user/2/messages": {"Bearer " + gifts.Access}, "/api/user/refresh": {"Bearer " + gifts.Refresh},
			},
			bodies: map[string]string{"/users/token/refresh/": `{"refresh":"` + wallet.Refresh + `"}`, "/api/v1/auth/refresh": `{"refresh_token":"` + web.Refresh + `"}`},
		}.mustBeDead(c)
		c.access = ""
		c.ask(404, "POST", "/api/v1/auth/token/get", fmt.Sprintf(`{"chat_id":%d}`, chat), nil)
		c.ask(200, "POST", "/dev/clock", `{"advance":"721h"}`, nil) // the fees of closed wallets come due
		c.join(email, phone)
		c.ask(200, "POST", fmt.Sprintf("/api/v1/auth/telegram/register?chat_id=%d&username=&first_name=John", chat), nil, nil)
		if output, code := apptest.RunBinary(t, environment, "verify"); code != 0 {
			t.Errorf("purse verify exits with %d:\n%s", code, output)
		}
	})
}

type walletShown struct {
	Currency string `json:"amount_currency"`
	Amount   string
	Active   bool `json:"is_active"`
}

// giver is the first user, of the bank, with real won in a wallet.
func (c *canary) giver(base string) *canary {
	c.t.Helper()
	g := &canary{Client: apptest.NewClient(base, 1), t: c.t, agent: "giver/1"}
	if err := g.Register(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	card, err := g.OpenCard(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := g.Call(c.t.Context(), "POST", "/console/security/two-step", "required=no&password="+strings.ReplaceAll(apptest.Password, " ", "+"), "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || answer.Status != http.StatusSeeOther && answer.Status != http.StatusOK {
		c.t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
	}
	var web pair
	g.ask(200, "POST", "/api/v1/auth/login", map[string]string{"email": g.Email, "password": apptest.Password}, &web)
	var accounts []struct{ Kind, Number string }
	g.as(web.Access).ask(200, "GET", "/api/v1/accounts", nil, &accounts)
	for _, a := range accounts {
		if a.Kind == "wallet" {
			g.ask(200, "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":50000}`, card.Number, a.Number), nil)
		}
	}
	g.access = g.signInToGifts(g.Email, apptest.Password).Access
	return g
}

func TestWhoJoinedByLoginWithdrawsFromEverySurface(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		const email, password, chat = "redcanary.mail@example.com", "Voskresensk1", 8877665544
		words := []string{email, "8877665544", "redcanary_login", "Канарейка", "Перова", "Желтокрыловна", "words of the red canary", "#fedc01", "1987-03-09", "canaryTelegram", "canaryAgent"}
		environment := apptest.Development(databaseURL)
		purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
		c := &canary{Client: apptest.NewClient(purse.Base, 2), t: t}
		registered := map[string]string{"login": "redcanary_login", "password": password, "email": email, "first_name": "Канарейка", "last_name": "Перова", "patronymic": "Желтокрыловна"}
		var me struct {
			ID            int
			Token, Avatar string
		}
		register := func() {
			t.Helper()
			answer, err := c.Call(t.Context(), "POST", "/account/registration", registered, "browser", "canaryAgent 7")
			if err != nil || answer.Status != 200 {
				t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
			}
			if err := answer.Decode(&me); err != nil {
				t.Fatal(err)
			}
		}
		register()
		token := me.Token
		bare := func(path string, body any, kind string) (answer apptest.Answer) {
			t.Helper()
			answer, err := c.Call(t.Context(), "POST", path, body, "Authorization", token, "Content-Type", kind, "browser", "canaryAgent 7")
			if err != nil || answer.Status != 200 {
				t.Fatalf("%s: %d %s, %v", path, answer.Status, answer.Body, err)
			}
			return answer
		}
		bare("/account/edit/info", `{"description":"words of the red canary","background_color":"#fedc01","birthday":"1987-03-09"}`, "application/json")
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 64, 64))); err != nil {
			t.Fatal(err)
		}
		if err := bare("/account/avatar", picture.Bytes(), "image/png").Decode(&me); err != nil {
			t.Fatal(err)
		}
		avatar := strings.TrimPrefix(me.Avatar, purse.Base)
		c.ask(200, "GET", avatar, nil, nil)
		web, chatToken := c.link(email, password, chat)
		gifts := c.signInToGifts(email, password)
		if found := find(t, databaseURL, words); len(found) < len(words) {
			t.Fatalf("only %q were written, so little is tested", found)
		}
		c.as(gifts.Access).ask(204, "DELETE", "/api/user/withdraw", `{"username":"canaryTelegram"}`, nil)
		c.mustBeGone(databaseURL, environment, append(words, "PNG\r\n"))
		tokensOf{
			headers: map[string][]string{
				"/account/me": {token}, "/api/v1/accounts": {"Bearer " + web.Access, "Bearer " + chatToken},
				"/api/user/1/messages": {"Bearer " + gifts.Access}, "/api/user/refresh": {"Bearer " + gifts.Refresh},
			},
			bodies: map[string]string{"/api/v1/auth/refresh": `{"refresh_token":"` + web.Refresh + `"}`},
		}.mustBeDead(c)
		c.ask(404, "GET", avatar, nil, nil)
		c.ask(400, "GET", "/info/users/search-redcanary_login", nil, nil)
		c.ask(400, "GET", "/info/users/search-1", nil, nil)
		register()
		c.ask(200, "POST", fmt.Sprintf("/api/v1/auth/telegram/register?chat_id=%d&username=&first_name=John", chat), nil, nil)
	})
}
