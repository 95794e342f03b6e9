package smtp

import (
	"net/mail"
	"testing"
)

func TestCredentialsCrossANetworkOnlyOverTLS(t *testing.T) {
	for text, want := range map[string]string{
		"smtp://u:p@mail.example.com": "TLSMandatory",
		"smtp://mail.example.com":     "TLSOpportunistic",
		"smtp://u:p@127.0.0.1":        "TLSOpportunistic",
	} {
		server, err := ParseServer(text)
		if err != nil {
			t.Fatal(err)
		}
		client, err := New(server, mail.Address{Address: "no-reply@purse.example"}).client(&line{})
		if err != nil {
			t.Fatal(err)
		}
		if got := client.TLSPolicy(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
