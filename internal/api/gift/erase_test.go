package gift_test

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// canary is somebody whose every word can be found again.
type canary struct {
	*apptest.Client
	t      *testing.T
	agent  string // "canaryAgent/7" when empty
	access string
}

// ask sends a request that must be answered with a status, and reads the answer.
func (c *canary) ask(status int, method, path string, body, out any) {
	c.t.Helper()
	headers := []string{"User-Agent", cmp.Or(c.agent, "canaryAgent/7")}
	if c.access != "" {
		headers = append(headers, "Authorization", "Bearer "+c.access)
	}
	answer, err := c.Call(c.t.Context(), method, path, body, headers...)
	if err != nil || answer.Status != status {
		c.t.Fatalf("%s %s: %d %s, %v", method, path, answer.Status, answer.Body, err)
	}
	if out != nil {
		if err := answer.Decode(out); err != nil {
			c.t.Fatal(err)
		}
	}
}

// words are what a canary has said, or was called, anywhere.
var words = []string{
	"canary.mail@example.com", "+15559990000", "912-77-8855", "912778855", "Canaria", "Finchley", "9 Canary Wharf", "Canaryville",
	"Canary trip", "Canary rent", "words for the canary", "카나리아", "canaryAgent",
}

func TestWhoWithdrawsIsInNoRowOrFile(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := append(apptest.Development(databaseURL), "PURSE_BASE_CURRENCY=KRW", "PURSE_CARD_GRANT=1000")
		purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
		other := apptest.NewClient(purse.Base, 1)
		if err := other.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		theirs, err := other.OpenCard(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := &canary{Client: apptest.NewClient(purse.Base, 2), t: t}
		c.Email, c.Phone, c.SSN = words[0], words[1], words[2]
		c.fill(theirs.Number)
		if found := find(t, databaseURL, words); len(found) < len(words)-3 { // a number is sealed, in either spelling, and a renamed user is called something else
			t.Fatalf("only %q were written, so little is tested", found)
		}
		c.ask(http.StatusNoContent, "DELETE", "/api/user/withdraw", `{"username":"카나리아 둘"}`, nil)
		if found := find(t, databaseURL, words); len(found) > 0 {
			t.Errorf("still there: %q", found)
		}
		if output, code := apptest.RunBinary(t, environment, "verify"); code != 0 {
			t.Errorf("purse verify exits with %d:\n%s", code, output)
		}
		history, err := other.Call(t.Context(), "POST", "/card/history", fmt.Sprintf(`{"card_number":%q}`, theirs.Number))
		if err != nil || history.Status != http.StatusOK || !strings.Contains(string(history.Body), `"from":"","from_card_number":"************`) {
			t.Errorf("the other's history: %d %s, %v", history.Status, history.Body, err)
		}
		c.Cookie, c.access = "", ""
		c.ask(http.StatusCreated, "POST", "/api/user/register", map[string]string{"username": "again", "email": c.Email, "password": apptest.Password}, nil)
		if err := c.Client.Must(t.Context(), "POST", "/auth/register", map[string]string{"email": "new@example.com", "phone_number": c.Phone, "social_security": c.SSN}, nil); err != nil {
			t.Errorf("phone and number are not free: %v", err)
		}
	})
}

// fill leaves the canary's words wherever Purse takes some, and no money.
func (c *canary) fill(to string) {
	c.t.Helper()
	three := map[string]string{"email": c.Email, "phone_number": c.Phone, "social_security": c.SSN}
	c.ask(200, "POST", "/auth/register", three, nil)
	code, err := c.Code(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	c.ask(200, "POST", "/auth/verify-email", map[string]string{
		"email": c.Email, "phone_number": c.Phone, "social_security": c.SSN, "first_name": "Canaria", "last_name": "Finchley", "date_of_birth": "1990-12-10",
		"address": "9 Canary Wharf", "city": "Canaryville", "state": "", "post_code": "", "password": apptest.Password, "verification_code": code,
	}, nil)
	var card struct {
		ID     int64 `json:"card_id"`
		Number string
	}
	var goal, bill struct{ ID int64 }
	c.ask(200, "POST", "/card/create", nil, &card)
	c.ask(200, "POST", "/savings/create", `{"name":"Canary trip","goal":500}`, &goal)
	c.ask(200, "POST", "/savings/topUp", fmt.Sprintf(`{"amount":300,"saving_account_id":%d,"card_id":%d}`, goal.ID, card.ID), nil)
	c.ask(200, "POST", "/savings/decrease", fmt.Sprintf(`{"amount":300,"saving_account_id":%d,"card_id":%d}`, goal.ID, card.ID), nil)
	c.ask(200, "POST", "/bills/create", `{"name":"Canary rent","amount":100,"due_date":"2030-01-01T00:00:00Z"}`, &bill)
	c.ask(200, "POST", "/bills/pay", fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, bill.ID, card.Number), nil)
	c.ask(200, "POST", "/bills/create", `{"name":"Canary rent","amount":200,"due_date":"2030-02-01T00:00:00Z"}`, nil)
	c.ask(200, "POST", "/auth/reset", three, nil)

	answer, err := c.Call(c.t.Context(), "POST", "/console/security/two-step", "required=no&password="+strings.ReplaceAll(apptest.Password, " ", "+"), "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || answer.Status != http.StatusSeeOther && answer.Status != http.StatusOK {
		c.t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
	}
	var pair struct {
		Access string `json:"access_token"`
	}
	c.ask(200, "POST", "/api/user/login", map[string]string{"email": c.Email, "password": apptest.Password}, &pair)
	c.access = pair.Access
	c.ask(200, "PUT", "/api/user/2", `{"username":"카나리아 하나"}`, nil)
	c.ask(200, "PUT", "/api/user/2", `{"username":"카나리아 둘"}`, nil)
	c.ask(201, "POST", "/api/user/2/messages", `{"message":"words for the canary","amount":100,"is_moneybag":false}`, nil)
	c.ask(201, "POST", "/api/user/1/messages", `{"message":"a gift","amount":100,"is_moneybag":false}`, nil)
	c.ask(400, "DELETE", "/api/user/withdraw", `{"username":"카나리아 둘"}`, nil) // there is money
	c.ask(200, "POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":900}`, card.Number, to), nil)
}

// find lists those of the words that the database holds.
func find(t *testing.T, databaseURL string, words []string) (found []string) {
	t.Helper()
	var all strings.Builder
	if path, embedded := strings.CutPrefix(databaseURL, "sqlite:"); embedded {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil || len(files) < 3 {
			t.Fatalf("the files: %v, %v", files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	} else {
		for _, rows := range apptest.Rows(t, databaseURL) {
			all.WriteString(rows)
		}
	}
	for _, word := range words {
		if strings.Contains(all.String(), word) || strings.Contains(all.String(), hex.EncodeToString([]byte(word))) {
			found = append(found, word)
		}
	}
	return found
}

// TestAMailedLinkOpensAPageOnTheRealServer follows the link as a browser would.
func TestAMailedLinkOpensAPageOnTheRealServer(t *testing.T) {
	purse := apptest.Start(t, nil, "dev", "--ephemeral", "--listen", "{listen}")
	c := apptest.NewClient(purse.Base, 1)
	answer, err := c.Call(t.Context(), "POST", "/api/user/register", map[string]string{"username": "jae", "email": c.Email, "password": apptest.Password})
	if err != nil || answer.Status != http.StatusCreated {
		t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
	}
	mails, err := c.Mails(t.Context())
	if err != nil || len(mails) != 1 || len(mails[0].Links) != 1 || mails[0].Subject != "이메일 주소를 인증해 주세요" {
		t.Fatalf("%+v, %v", mails, err)
	}
	link := strings.TrimPrefix(mails[0].Links[0], purse.Base)
	if token := link[strings.LastIndexByte(link, '/')+1:]; !strings.HasPrefix(link, "/api/confirm-user/1/") || len(token) < 22 {
		t.Errorf("the link %s", link)
	}
	for i, want := range []struct {
		method, path, words string
		status              int
	}{
		{"HEAD", link, "", 200}, {"GET", link[:len(link)-1], "사용할 수 없는 링크입니다", 410}, {"GET", strings.Replace(link, "/1/", "/2/", 1), "사용할 수 없는 링크입니다", 410},
		{"POST", link, "잘못된 요청입니다", 405}, {"GET", link + "/", "이메일 인증이 완료되었습니다", 200}, {"GET", link, "사용할 수 없는 링크입니다", 410},
		{"GET", "/api/confirm-user/style.css", "word-break: keep-all", 200},
	} {
		answer, err := c.Call(t.Context(), want.method, want.path, nil)
		csp := answer.Header.Get("Content-Security-Policy")
		if err != nil || answer.Status != want.status || !strings.Contains(string(answer.Body), want.words) || !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'") {
			t.Errorf("%d: %s: %d %.300s, %s, %v", i, want.path, answer.Status, answer.Body, csp, err)
		}
	}
	if strings.Contains(purse.Output(), link[len("/api/confirm-user/1/"):]) {
		t.Error("the log has the token")
	}
	var info struct {
		User struct{ Username string } `json:"user_info"`
	}
	if answer, err = c.Call(t.Context(), "GET", "/api/user/1", nil); err != nil || json.Unmarshal(answer.Body, &info) != nil || info.User.Username != "jae" {
		t.Errorf("%s, %v", answer.Body, err)
	}
}
