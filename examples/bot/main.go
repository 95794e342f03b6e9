// Command bot is a Telegram bot as Purse sees one: it signs what it asks for a
// chat, gets a token for it before each request, and links the chat to an account
// that its owner has made on the web. It needs nothing but Go's standard library.
//
// PURSE_URL is where Purse is, BOT_SECRET the bot's secret.
package main

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const clientID = "telegram_bot"

func main() {
	log.SetFlags(0)
	bot := bot{
		base:   cmp.Or(os.Getenv("PURSE_URL"), "http://127.0.0.1:8000"),
		secret: cmp.Or(os.Getenv("BOT_SECRET"), "a secret for the examples"),
		client: http.Client{Timeout: 30 * time.Second},
	}
	if err := bot.serve(time.Now().UnixMilli()); err != nil {
		log.Fatal(err)
	}
}

// serve does for a chat what its owner asks the bot for, one after another.
func (b *bot) serve(chat int64) error {
	var user struct {
		ID      int64 `json:"user_id"`
		Created bool
	}
	query := url.Values{"chat_id": {fmt.Sprint(chat)}, "username": {"john_doe"}, "first_name": {"John"}}
	if err := b.signed("POST", "/api/v1/auth/telegram/register?"+query.Encode(), nil, &user); err != nil {
		return err
	}
	fmt.Printf("/start: chat %d is user %d (new: %t)\n", chat, user.ID, user.Created)

	if err := b.accounts(chat); err != nil {
		return err
	}

	// John has an account on the web already. The bot shows him a code, and he
	// enters it where he is signed in; here the bot plays his browser too.
	var code struct{ Code string }
	if err := b.signed("POST", "/api/v1/auth/telegram/start", map[string]any{"chat_id": chat}, &code); err != nil {
		return err
	}
	fmt.Println("/link: enter the code on the website")
	web, err := b.registerOnTheWeb(fmt.Sprintf("john%d@example.com", chat))
	if err != nil {
		return err
	}
	var linked struct {
		UserID int64 `json:"user_id"`
	}
	if err := b.as(web, "POST", "/api/v1/auth/telegram/confirm", map[string]any{"code": code.Code, "chat_id": chat}, &linked); err != nil {
		return err
	}
	fmt.Printf("the chat belongs to user %d now\n", linked.UserID)

	if err := b.accounts(chat); err != nil {
		return err
	}
	impostor := *b
	impostor.secret = "a guess"
	err = impostor.signed("POST", "/api/v1/auth/token/get", map[string]any{"chat_id": chat}, nil)
	if err == nil {
		return errors.New("a wrong signature was accepted")
	}
	fmt.Println("with a wrong secret:", err)
	return nil
}

// accounts shows what the person of a chat has. A token costs little: the bot
// asks for one each time, and keeps none.
func (b *bot) accounts(chat int64) error {
	var token struct {
		Access string `json:"access_token"`
		UserID int64  `json:"user_id"`
	}
	if err := b.signed("POST", "/api/v1/auth/token/get", map[string]any{"chat_id": chat}, &token); err != nil {
		return err
	}
	var accounts []struct {
		Kind, Name, Currency string
		Balance              json.Number
	}
	if err := b.as(token.Access, "GET", "/api/v1/accounts", nil, &accounts); err != nil {
		return err
	}
	fmt.Printf("/accounts: user %d has %d\n", token.UserID, len(accounts))
	for _, a := range accounts {
		fmt.Printf("  %s %q: %s %s\n", a.Kind, a.Name, a.Balance, a.Currency)
	}
	return nil
}

func (b *bot) registerOnTheWeb(email string) (token string, err error) {
	var registered struct {
		Access string `json:"access_token"`
		UserID int64  `json:"user_id"`
	}
	err = b.as("", "POST", "/api/v1/auth/register", map[string]string{"email": email, "password": "correct horse battery", "first_name": "John", "last_name": "Doe"}, &registered)
	if err == nil {
		fmt.Printf("on the web, John is user %d\n", registered.UserID)
	}
	return registered.Access, err
}

// bot speaks for chats.
type bot struct {
	base, secret string
	client       http.Client
	asked        int // so many requests were signed
}

// signed asks for something in the bot's own name. Each signature counts once, and
// two alike requests within a second would have the same one: a number that Purse
// does not look at tells them apart.
func (b *bot) signed(method, target string, body, answer any) error {
	b.asked++
	separator := "?"
	if strings.Contains(target, separator) {
		separator = "&"
	}
	target = fmt.Sprint(target, separator, "nonce=", b.asked)
	return b.ask(method, target, body, answer, func(request *http.Request, raw []byte) {
		timestamp := fmt.Sprint(time.Now().Unix())
		mac := hmac.New(sha256.New, []byte(b.secret))
		fmt.Fprintf(mac, "%s\n%s\n%s\n%x", timestamp, method, target, sha256.Sum256(raw))
		request.Header.Set("X-Client-Id", clientID)
		request.Header.Set("X-Timestamp", timestamp)
		request.Header.Set("X-Signature", fmt.Sprintf("%x", mac.Sum(nil)))
	})
}

// as asks for something in the name of a token's owner.
func (b *bot) as(token, method, target string, body, answer any) error {
	return b.ask(method, target, body, answer, func(request *http.Request, _ []byte) {
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
	})
}

func (b *bot) ask(method, target string, body, answer any, authorize func(*http.Request, []byte)) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, b.base+target, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	authorize(request, raw)
	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}
