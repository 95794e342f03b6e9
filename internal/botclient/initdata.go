package botclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"purse/internal/secret"
)

const (
	// initDataLifetime is how long after Telegram has signed them the data of a
	// Mini App are believed.
	initDataLifetime = time.Hour
	// MaxInitData is the longest text, in bytes, that is looked at.
	MaxInitData = 8 << 10
	// maxChat is the largest Telegram id: it is a number of a JSON answer.
	maxChat = 1<<53 - 1
)

// appKey is the key with which Telegram signs Mini App data for a bot (Telegram,
// "Validating data received via the Mini App").
func appKey(botToken string) []byte {
	mac := hmac.New(sha256.New, []byte("WebAppData"))
	mac.Write([]byte(botToken))
	return mac.Sum(nil)
}

// Chat is the Telegram id of the user for whom a Mini App was opened, from the
// data that it was opened with. ErrInitData when they are not signed by Telegram
// for this bot, older than an hour, or name no user.
func (s *Service) Chat(initData string) (int64, error) {
	if s.appKey == nil || len(initData) > MaxInitData {
		return 0, ErrInitData
	}
	fields, ok := readInitData(initData)
	if !ok {
		return 0, ErrInitData
	}
	got, whole := readSignature(fields["hash"])
	mac := hmac.New(sha256.New, s.appKey)
	mac.Write([]byte(checkString(fields)))
	signedAt, dated := readTimestamp(fields["auth_date"])
	age := s.age(signedAt)
	chat, named := userID(fields["user"])
	if !secret.Equal(got[:], mac.Sum(nil)) || !whole || !dated || age > initDataLifetime || age < -Skew || !named {
		return 0, ErrInitData
	}
	return chat, nil
}

// readInitData reads the fields, each of which is there once.
func readInitData(text string) (fields map[string]string, ok bool) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, false
	}
	fields = make(map[string]string, len(values))
	for name, list := range values {
		if len(list) != 1 {
			return nil, false
		}
		fields[name] = list[0]
	}
	return fields, true
}

// checkString is what Telegram signs: every field but the hash, by name, a line
// each.
func checkString(fields map[string]string) string {
	lines := make([]string, 0, len(fields))
	for name, value := range fields {
		if name != "hash" {
			lines = append(lines, name+"="+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// userID reads the id of the user from its JSON.
func userID(text string) (int64, bool) {
	var user struct {
		ID int64 `json:"id"`
	}
	if json.Unmarshal([]byte(text), &user) != nil {
		return 0, false
	}
	return user.ID, user.ID > 0 && user.ID <= maxChat
}
