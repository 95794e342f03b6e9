package apptest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Bot signs requests as a Telegram bot does. It is the bot client telegram_bot.
type Bot struct {
	Secret string
	signed int64 // Unix time of the last signature: two alike within a second would be one
}

// Sign makes the headers that a bot sends with a request, as Client.Call takes them.
func (b *Bot) Sign(method, target, body string) (headers []string) {
	b.signed = max(b.signed+1, time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(b.Secret))
	fmt.Fprintf(mac, "%d\n%s\n%s\n%x", b.signed, method, target, sha256.Sum256([]byte(body)))
	return []string{"X-Client-Id", "telegram_bot", "X-Timestamp", fmt.Sprint(b.signed), "X-Signature", hex.EncodeToString(mac.Sum(nil))}
}
