package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"purse/internal/apptest"
)

func TestGiftsOfAChatAreReadUnderThePersonWhoLinksIt(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		purse := apptest.Start(t, []string{apptest.SecretKey, "PURSE_DATABASE_URL=" + databaseURL, "PURSE_RATE_LIMITS=off"}, "dev", "--listen", "{listen}")
		client := apptest.NewClient(purse.Base, 1)
		ask := func(status int, token, method, target, body string) (answer struct {
			User    int64  `json:"user_id"`
			Access  string `json:"access_token"`
			Chat    string `json:"jwt_token"`
			Code    string
			Count   int `json:"message_set_count"`
			Message []struct {
				Amount int    `json:"amount"`
				Author string `json:"author_name"`
			} `json:"messages"`
			Info struct {
				Total int `json:"total_amount"`
			} `json:"user_info"`
		}, text string) {
			t.Helper()
			var headers []string
			if token != "" {
				headers = []string{"Authorization", "Bearer " + token}
			}
			got, err := client.Call(t.Context(), method, target, body, headers...)
			if err != nil || got.Status != status {
				t.Fatalf("%s %s: %d %s, %v", method, target, got.Status, got.Body, err)
			}
			_ = json.Unmarshal(got.Body, &answer) // a list is none
			return answer, string(got.Body)
		}
		const password = `"correct horse battery"`
		ask(201, "", "POST", "/api/user/register", `{"email":"gina@example.com","username":"gina","password":`+password+`}`)
		gina, _ := ask(200, "", "POST", "/api/user/login", `{"email":"gina@example.com","password":`+password+`}`)
		chat, _ := ask(200, "", "POST", register, "")
		ann, _ := ask(200, "", "POST", "/api/v1/auth/register", `{"email":"ann@example.com","first_name":"Ann","password":`+password+`}`)
		for user, amounts := range map[int64][]int{chat.User: {100, 500}, ann.User: {1000}} {
			for _, amount := range amounts {
				ask(201, gina.Access, "POST", fmt.Sprintf("/api/user/%d/messages", user), fmt.Sprintf(`{"message":"good luck","amount":%d,"is_moneybag":false}`, amount))
			}
		}
		code, _ := ask(200, "", "POST", "/api/v1/auth/telegram/start", chatBody)
		linked, _ := ask(200, ann.Access, "POST", "/api/v1/auth/telegram/confirm", fmt.Sprintf(`{"chat_id":556399210,"code":%q}`, code.Code))
		if linked.User != ann.User {
			t.Errorf("linked to %d, want %d", linked.User, ann.User)
		}

		gifts, _ := ask(200, "", "POST", "/api/user/login", `{"email":"ann@example.com","password":`+password+`}`)
		read, text := ask(200, gifts.Access, "GET", fmt.Sprintf("/api/user/%d/messages", ann.User), "")
		sum := 0
		for _, message := range read.Message {
			sum += message.Amount
			if message.Author != "gina" {
				t.Errorf("written by %q", message.Author)
			}
		}
		if read.Count != 3 || read.Info.Total != 1600 || sum != 1600 {
			t.Errorf("the person's messages: %s", text)
		}
		if shown, text := ask(200, "", "GET", fmt.Sprintf("/api/user/%d", ann.User), ""); shown.Info.Total != 1600 {
			t.Errorf("the person: %s", text)
		}
		if _, text := ask(200, linked.Chat, "GET", "/api/v1/accounts", ""); strings.Count(text, `"kind":`) != 1 || !strings.Contains(text, `"balance":1600,`) {
			t.Errorf("the accounts: %s", text)
		}
		ask(401, chat.Chat, "GET", "/api/v1/accounts", "")
		ask(404, "", "GET", fmt.Sprintf("/api/user/%d", chat.User), "")
		ask(404, gina.Access, "POST", fmt.Sprintf("/api/user/%d/messages", chat.User), `{"message":"late","amount":100,"is_moneybag":false}`)
	})
}
