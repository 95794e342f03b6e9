package sms_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/internal/id"
	"purse/internal/notify"
	"purse/internal/notify/sms"
)

func TestAMessageIsPostedOnceAsJSON(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		got = append(got, fmt.Sprint(r.Method, " ", r.URL.RequestURI(), " ", r.Header.Get("Content-Type"), " ", r.Header.Get("Idempotency-Key"), " ", string(body), " ", err))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	webhook, err := sms.New(server.URL + "/send?key=k")
	if err != nil {
		t.Fatal(err)
	}
	m := notify.Message{ID: id.UUID{1}, Channel: notify.SMS, To: "+77011234567", Text: "123456 is your code."}
	if err := webhook.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := `POST /send?key=k application/json 01000000-0000-0000-0000-000000000000 {"to":"+77011234567","text":"123456 is your code."} <nil>`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatTheWebhookDoesNotTakeIsAnErrorThatShowsNothing(t *testing.T) {
	elsewhere := 0
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, server.URL+"/elsewhere", http.StatusTemporaryRedirect)
		case "/elsewhere":
			elsewhere++
		default:
			http.Error(w, "no credit for canary", http.StatusPaymentRequired)
		}
	}))
	dead := httptest.NewServer(nil)
	dead.Close()
	defer server.Close()
	for _, address := range []string{server.URL + "/moved?key=canary", server.URL + "/refused?key=canary", dead.URL + "/?key=canary"} {
		webhook, err := sms.New(address)
		if err != nil {
			t.Fatal(err)
		}
		err = webhook.Send(t.Context(), notify.Message{Channel: notify.SMS, To: "+77010000000", Text: "canary"})
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "7701") {
			t.Errorf("%v", err)
		}
	}
	if elsewhere != 0 {
		t.Error("the message followed a redirect")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	webhook, err := sms.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := webhook.Send(over, notify.Message{}); err == nil {
		t.Error("sent although the time was over")
	}
}

func TestOnlyWebAddressesAreWebhooks(t *testing.T) {
	for _, address := range []string{"", "mailbox:", "sms.example.com", "ftp://example.com", "https://", "http:/x", "%"} {
		if _, err := sms.New(address); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}
