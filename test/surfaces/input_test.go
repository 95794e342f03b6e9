package surfaces

import (
	"fmt"
	"strings"
	"testing"

	"purse/internal/apptest"
	"purse/internal/httpkit"
)

// malformed is how the surfaces say that a body is no JSON that they read.
var malformed = map[string]string{
	"bank": `"type":"json_invalid"`, "bot": `"type":"json_invalid"`, "wallet": "JSON parse error - ",
	"profile": "Тело запроса не является корректным JSON", "gift": "올바른 JSON 형식이 아닙니다.",
}

// hostileBodies are bodies that other readers take, or that break them, with a
// field of the route.
func hostileBodies(field string) map[string]string {
	return map[string]string{
		"a key that comes twice":        fmt.Sprintf(`{%q:"a",%q:"b"}`, field, field),
		"a key that differs by case":    fmt.Sprintf(`{%q:"a",%q:"b"}`, field, strings.ToUpper(field)),
		"a key that is escaped":         fmt.Sprintf(`{%q:"a","\u%04x%s":"b"}`, field, field[0], field[1:]),
		"33 levels":                     fmt.Sprintf(`{%q:%s1%s}`, field, strings.Repeat("[", 32), strings.Repeat("]", 32)),
		"text that is no UTF-8":         fmt.Sprintf("{%q:\"\xff\"}", field),
		"another document after itself": `{}{}`,
	}
}

func TestSecurity15EveryRouteThatReadsJSONRefusesWhatCanBeReadInTwoWays(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/purse.db", "PURSE_CARD_GRANT=1000")
	mine, _, my, _ := two(w)
	documents, routes := documents(t), 0
	for _, m := range mounted(t) {
		operation, found := documents[m.Surface][m.Pattern]
		body, reads := operation.RequestBody.Content["application/json"]
		if !found || !reads {
			continue
		}
		routes++
		path := strings.NewReplacer("{id}", map[string]string{"wallet": my["wallet"], "gift": mine.id}[m.Surface]).Replace(m.Path)
		header := mine.headers[m.Surface]
		ask := func(text string) apptest.Answer {
			return w.call(m.Method, path, text, header[0], header[1], "browser", "Chrome 122.0")
		}
		for field := range body.Schema.Properties {
			for name, text := range hostileBodies(field) {
				if answer := ask(text); answer.Status < 400 || answer.Status >= 500 || !strings.Contains(string(answer.Body), malformed[m.Surface]) {
					t.Errorf("%s, %s: %s", m.Pattern, name, told(answer))
				}
			}
		}
		large := ask(`{"x":"` + strings.Repeat("x", httpkit.MaxBody) + `"}`)
		if large.Status < 400 || large.Status >= 500 {
			t.Errorf("%s, a body over 1 MiB: %s", m.Pattern, told(large))
		}
	}
	if routes < 30 {
		t.Errorf("only %d routes read JSON", routes)
	}
}

// amounts are the bodies of the routes that take an amount, as it is written in JSON.
var amounts = map[string]string{
	"POST /card/transfer":                 `{"from_card_number":"{my card}","to_card_number":"{card}","amount":AMOUNT}`,
	"POST /transfers/batch":               `{"atomic":false,"transfers":[{"from_card_number":"{my card}","to_card_number":"{card}","amount":AMOUNT}]}`,
	"POST /savings/create":                `{"name":"Boat","goal":AMOUNT}`,
	"POST /savings/topUp":                 `{"amount":AMOUNT,"saving_account_id":{my goal},"card_id":{my cardID}}`,
	"POST /savings/decrease":              `{"amount":AMOUNT,"saving_account_id":{my goal},"card_id":{my cardID}}`,
	"POST /bills/create":                  `{"name":"Power","amount":AMOUNT,"due_date":"2099-04-01T10:00:00Z"}`,
	"POST /users/wallets/{id}/deposit/":   `{"amount":AMOUNT}`,
	"POST /users/wallets/{id}/withdraw/":  `{"amount":AMOUNT}`,
	"POST /users/wallets/{id}/transfer/":  `{"wallet_number":"{number}","amount":AMOUNT}`,
	"POST /api/user/{id}/messages":        `{"message":"Happy New Year","amount":AMOUNT,"is_moneybag":false}`,
	"POST /card/transfer to itself":       `{"from_card_number":"{my card}","to_card_number":"{my card}","amount":1}`,
	"POST /users/wallets/{id}/transfer/ ": `{"wallet_number":"{my number}","amount":1}`,
}

// noAmounts are no sums of money that could move: not above zero, finer than a
// cent, larger than any account, or no decimal number.
var noAmounts = []string{
	`0`, `-1`, `-0`, `0.001`, `1e-3`, `1e400`, `1e30`, `92233720368547758.08`, `99999999999999999999`, `"NaN"`, `"Infinity"`, `"0x10"`, `"1,000"`, `"１"`, `"1__0"`,
	`""`, `" "`, `null`, `true`, `[1]`, `{"a":1}`, strings.Repeat("9", 200), `0.` + strings.Repeat("0", 200) + `1`,
}

func TestSecurity16NoRouteTakesAnAmountThatIsNone(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "PURSE_CARD_GRANT=1000")
		mine, theirs, my, their := two(w)
		before := mine.book(my) + theirs.book(their)
		for name, body := range amounts {
			surface := "bank"
			switch {
			case strings.Contains(name, "wallets"):
				surface = "wallet"
			case strings.Contains(name, "api"):
				surface = "gift"
			}
			words := strings.Fields(name)
			for _, amount := range noAmounts {
				a := attempt{surface: surface, route: words[0] + " " + words[1], body: strings.Replace(body, "AMOUNT", amount, 1)}
				a.path = strings.Replace(words[1], "{id}", map[string]string{"wallet": "{my wallet}", "gift": "{user}"}[surface], 1)
				if answer, _ := a.ask(w, my, their, mine.headers[surface]); answer[0] != '4' || strings.HasPrefix(answer, "401") || strings.HasPrefix(answer, "404") {
					t.Errorf("%s of %s: %s", name, amount, answer)
				}
				if !strings.Contains(body, "AMOUNT") {
					break
				}
			}
		}
		if after := mine.book(my) + theirs.book(their); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
		w.verify()
	})
}

func TestSecurity16EveryRouteThatTakesAnAmountIsTried(t *testing.T) {
	for surface, operations := range documents(t) {
		for pattern, operation := range operations {
			for kind, content := range operation.RequestBody.Content {
				_, amount := content.Schema.Properties["amount"]
				_, goal := content.Schema.Properties["goal"]
				if _, tried := amounts[pattern]; kind == "application/json" && (amount || goal) != tried {
					t.Errorf("%s of the %s: tried %t", pattern, surface, tried)
				}
			}
		}
	}
}
