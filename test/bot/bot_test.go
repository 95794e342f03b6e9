// Package bot runs bots against the real program: those that a reader of the
// API's document would write, in Python and in Node, and the examples of
// docs/bots.md as they are printed.
package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/notify/smtptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// run runs a command and returns what it prints.
func run(t *testing.T, environment []string, name string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Env = append(os.Environ(), environment...)
	var failed bytes.Buffer
	command.Stderr = &failed
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", name, err, output, failed.String())
	}
	return string(output)
}

func TestBotsOfTheDocumentRunOnDevelopment(t *testing.T) {
	for name, command := range map[string][]string{"python": {"python3", "testdata/bot.py"}, "node": {"node", "testdata/bot.mjs"}} {
		t.Run(name, func(t *testing.T) {
			apptest.Need(t, command[0])
			purse := apptest.Start(t, nil, "dev", "--ephemeral", "--listen", "{listen}")
			output := run(t, nil, command[0], command[1], purse.Base, "556399210")
			var got, want any
			if err := json.Unmarshal([]byte(output), &got); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			// The token that was signed out is refused once; five tokens are asked for in all.
			err := json.Unmarshal([]byte(`{"unknown":"User not found for this Telegram ID","first":true,"second":false,"accounts":[200,[]],
				"logout":[200,{"message":"Logged out successfully"}],"again":[200,[]],"asked":5}`), &want)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("it reports %s", output)
			}
		})
	}
}

// production is the environment of a Purse for real people.
func production(t *testing.T, databaseURL string) []string {
	return []string{
		apptest.SecretKey, "PURSE_PUBLIC_URL=https://bank.example.com", "PURSE_SMTP_URL=" + smtptest.New(t, smtptest.Options{}).URL(),
		"PURSE_DATABASE_URL=" + databaseURL, "PURSE_RATE_LIMITS=off",
	}
}

// bot signs what it asks for.
type bot struct {
	*apptest.Client
	apptest.Bot
}

func newBot(base, secret string) *bot {
	return &bot{Client: apptest.NewClient(base, 1), Bot: apptest.Bot{Secret: secret}}
}

func (b *bot) call(t *testing.T, method, target, body string) apptest.Answer {
	t.Helper()
	answer, err := b.Call(t.Context(), method, target, body, b.Sign(method, target, body)...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

const (
	register = "/api/v1/auth/telegram/register?chat_id=556399210&username=john_doe&first_name=John"
	getToken = "/api/v1/auth/token/get"
	chatBody = `{"chat_id": 556399210}`
)

func TestSecurity12ServeGivesNothingToWhoDoesNotSign(t *testing.T) {
	environment := append(production(t, "sqlite:"+filepath.Join(t.TempDir(), "purse.db")), "PURSE_BOT_CLIENTS=telegram_bot:the secret of the settings, telegram_bot:another secret")
	purse := apptest.Start(t, environment, "serve", "--listen", "{listen}")
	stranger := apptest.NewClient(purse.Base, 1)
	for _, r := range [][2]string{{register, ""}, {getToken, chatBody}, {"/api/v1/auth/token/refresh-telegram?chat_id=556399210", ""}, {"/api/v1/auth/telegram/start", chatBody}} {
		answer, err := stranger.Call(t.Context(), "POST", r[0], r[1])
		if err != nil || answer.Status != http.StatusUnauthorized || string(answer.Body) != `{"detail":"A signature is required"}` {
			t.Errorf("%s: %d %s, %v", r[0], answer.Status, answer.Body, err)
		}
	}
	for _, key := range []string{"the secret of the settings", "another secret"} {
		if answer := newBot(purse.Base, key).call(t, "POST", register, ""); answer.Status != http.StatusOK {
			t.Errorf("signed: %d %s", answer.Status, answer.Body)
		}
	}
	if answer := newBot(purse.Base, "a third secret").call(t, "POST", register, ""); answer.Status != http.StatusUnauthorized {
		t.Errorf("signed with another secret: %d %s", answer.Status, answer.Body)
	}
	for setting, want := range map[string]string{"telegram_bot": "PURSE_BOT_CLIENTS: write id:secret", "telegram_bot:short": "PURSE_BOT_CLIENTS: the secret of telegram_bot has fewer than 8"} {
		output, code := apptest.RunBinary(t, append(environment, "PURSE_BOT_CLIENTS="+setting), "serve", "--listen", "127.0.0.1:0")
		if code != 2 || !strings.Contains(output, want) {
			t.Errorf("PURSE_BOT_CLIENTS=%s: exit code %d: %s", setting, code, output)
		}
	}
}

func TestSecurity12SecretsAreChangedWhilePurseServes(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := production(t, databaseURL)
		purse := apptest.Start(t, environment, "serve", "--listen", "{listen}")
		admin := func(words ...string) string {
			return apptest.Admin(t, environment, append([]string{"bot-client"}, words...)...)
		}
		lastLine := func(output string) string {
			lines := strings.Split(strings.TrimSpace(output), "\n")
			return lines[len(lines)-1]
		}
		older := newBot(purse.Base, lastLine(admin("add", "telegram_bot")))
		settles(t, "the first secret counts", func() bool { return older.call(t, "POST", register, "").Status == http.StatusOK })
		newer := newBot(purse.Base, lastLine(admin("add", "telegram_bot")))
		settles(t, "the second secret counts", func() bool { return newer.call(t, "POST", getToken, chatBody).Status == http.StatusOK })
		if answer := older.call(t, "POST", getToken, chatBody); answer.Status != http.StatusOK {
			t.Errorf("both at a time: %d %s", answer.Status, answer.Body)
		}
		if list := admin("list"); strings.Count(list, "telegram_bot") != 2 || strings.Contains(list, newer.Secret) {
			t.Errorf("the list: %s", list)
		}
		admin("remove", "telegram_bot", "--secret", "1")
		settles(t, "the first secret is refused", func() bool { return older.call(t, "POST", getToken, chatBody).Status == http.StatusUnauthorized })
		if answer := newer.call(t, "POST", getToken, chatBody); answer.Status != http.StatusOK {
			t.Errorf("the second: %d %s", answer.Status, answer.Body)
		}
		admin("remove", "telegram_bot")
		settles(t, "the second secret is refused", func() bool { return newer.call(t, "POST", getToken, chatBody).Status == http.StatusUnauthorized })
		if output, code := apptest.RunBinary(t, environment, "admin", "bot-client", "remove", "telegram_bot"); code != 1 || !strings.Contains(output, "there is no such secret") {
			t.Errorf("removed again: exit code %d: %s", code, output)
		}
	})
}

// settles waits until something holds that another process has brought about.
func settles(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 40 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond) // between looks; nothing is asserted on it
	}
	t.Errorf("%s: not within two seconds", what)
}

func TestSecurity24TheSecretsOfBotsReachNoLog(t *testing.T) {
	const botToken = "123456:the-token-of-the-bot"
	environment := append(production(t, "sqlite:"+filepath.Join(t.TempDir(), "purse.db")), "PURSE_BOT_CLIENTS=telegram_bot:the secret of the settings", "PURSE_TELEGRAM_BOT_TOKEN="+botToken)
	purse := apptest.Start(t, environment, "serve", "--listen", "{listen}")
	b := newBot(purse.Base, "the secret of the settings")
	var made struct {
		JWT string `json:"jwt_token"`
	}
	if err := b.call(t, "POST", register, "").Decode(&made); err != nil || made.JWT == "" {
		t.Fatal(err)
	}
	var link struct{ Code string }
	if err := b.call(t, "POST", "/api/v1/auth/telegram/start", chatBody).Decode(&link); err != nil || link.Code == "" {
		t.Fatal(err)
	}
	secrets := []string{b.Secret, botToken, made.JWT, link.Code, "hash%3Dinit"}
	for _, secret := range secrets {
		for _, r := range [][2]string{{register + "&x=" + secret[:4], secret}, {"/api/v1/auth/telegram/confirm", fmt.Sprintf(`{"code":%q,"chat_id":5}`, secret)}, {"/api/v1/auth/refresh", fmt.Sprintf(`{"refresh_token":%q}`, secret)}, {getToken, fmt.Sprintf(`{"init_data":%q}`, "hash%3Dinit"+secret)}} {
			if _, err := b.Call(t.Context(), "POST", r[0], r[1], "Authorization", "Bearer "+secret, "X-Client-Id", secret[:3], "X-Signature", secret); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := purse.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(purse.Output(), "/api/v1/auth/telegram/confirm") {
		t.Errorf("the log has no access line, so nothing was tested:\n%s", purse.Output())
	}
	for _, secret := range secrets {
		if strings.Contains(purse.Output(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
