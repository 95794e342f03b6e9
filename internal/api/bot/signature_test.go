package bot_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/store"
	"purse/internal/store/enginetest"
)

func TestSecurity12NobodyActsForAChatWithoutASignature(t *testing.T) {
	s := start(t, enginetest.SQLite, false)
	for _, r := range []request{
		registerChat(chat), getToken(chat), post("token/get", ""), post("token/get", `{"chat_id":"x"}`), post("token/refresh-telegram?chat_id=556399210", ""),
		post("telegram/register", ""), post("telegram/start", `{"chat_id":556399210}`), post("telegram/start", `[`),
	} {
		s.want(401, `{"detail":"A signature is required"}`, r)
		s.want(401, `{"detail":"A signature is required"}`, r.with("X-Client-Id", "", "X-Signature", "00"))
		s.want(401, `{"detail":"Invalid signature"}`, r.with("X-Client-Id", clientID))
		signed := s.signed(r)
		s.want(401, `{"detail":"Invalid signature"}`, request{r.method, r.target, r.body + " ", signed.headers})
		s.want(401, `{"detail":"Invalid signature"}`, request{r.method, extended(r.target), r.body, signed.headers})
	}
	err := s.engine.View(t.Context(), func(tx store.Tx) error {
		_, found, err := tx.FindClaim("telegram", strconv.FormatInt(chat, 10))
		if found {
			t.Error("the chat was registered")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.want(200, `"created":true`, s.signed(registerChat(chat)))
	once := s.signed(getToken(chat))
	s.want(200, `"success":true`, once)
	s.want(401, `{"detail":"Invalid signature"}`, once)
	s.want(401, `{"detail":"Could not validate credentials"}`, confirm(chat, "x"))
}

func extended(target string) string {
	if strings.Contains(target, "?") {
		return target + "&x=1"
	}
	return target + "?x=1"
}

func TestTheTargetOfASignatureIsThePathAsItWasSent(t *testing.T) {
	s := start(t, enginetest.SQLite, false)
	query := "telegram/register?chat_id=5&username=%6Aohn+d%C3%B6e&first_name=J&&last_name="
	s.want(200, `"created":true`, s.signed(post(query, "")))
	s.clock.Advance(time.Second)
	s.want(200, `"created":false`, s.signed(post(strings.Replace(query, "register?", "register/?", 1), "")))
	s.clock.Advance(time.Second)
	odd := s.signed(post("telegram/start", `{"chat_id":5}`))
	odd.target += "?" // no query
	s.want(200, `"code"`, odd)
}

func TestOneSignatureIsAcceptedOnceHoweverManyBringIt(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine, false)
		s.want(200, `"created":true`, s.signed(registerChat(chat)))
		r := s.signed(getToken(chat))
		if statuses, _ := s.together(callers, func(int) request { return r }); statuses[200] != 1 || statuses[401] != callers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
	})
}

func TestAMiniAppGetsTheTokenOfItsOwnUser(t *testing.T) {
	s := start(t, enginetest.SQLite, false)
	s.want(200, `"created":true`, s.signed(registerChat(chat)))
	data := initData(botToken, s.clock.Now(), chat)
	body := func(more string) request { return post("token/get", fmt.Sprintf(`{"init_data":%q%s}`, data, more)) }
	for range 2 { // it is no signature: a Mini App may send it again
		s.want(200, `"user_id":1`, body(""))
		s.want(200, `"user_id":1`, body(`,"chat_id":556399210`))
	}
	s.want(401, `{"detail":"Invalid init_data"}`, body(`,"chat_id":556399211`))
	s.want(401, `{"detail":"Invalid init_data"}`, s.signed(body(`,"chat_id":556399211`)))
	s.want(401, `{"detail":"Invalid signature"}`, body("").with("X-Client-Id", clientID))
	s.want(401, `{"detail":"Invalid init_data"}`, post("token/get", `{"init_data":"","chat_id":556399210}`))
	s.want(401, `{"detail":"A signature is required"}`, post("token/get", `{"init_data":null,"chat_id":556399210}`))
	s.want(404, "", post("token/get", fmt.Sprintf(`{"init_data":%q}`, initData(botToken, s.clock.Now(), 7))))
	for _, path := range []string{"telegram/start", "token/refresh-telegram?chat_id=556399210", "telegram/register?chat_id=556399210&username=x&first_name=x"} {
		s.want(401, `{"detail":"A signature is required"}`, post(path, fmt.Sprintf(`{"chat_id":556399210,"init_data":%q}`, data)))
	}
	s.clock.Advance(time.Hour + time.Second)
	s.want(401, `{"detail":"Invalid init_data"}`, body(""))
}

func initData(botToken string, at time.Time, chat int64) string {
	fields := url.Values{"auth_date": {strconv.FormatInt(at.Unix(), 10)}, "user": {fmt.Sprintf(`{"id":%d,"first_name":"John"}`, chat)}}
	key := hmac.New(sha256.New, []byte("WebAppData"))
	key.Write([]byte(botToken))
	mac := hmac.New(sha256.New, key.Sum(nil))
	fmt.Fprintf(mac, "auth_date=%s\nuser=%s", fields.Get("auth_date"), fields.Get("user"))
	fields.Set("hash", hex.EncodeToString(mac.Sum(nil)))
	return fields.Encode()
}
