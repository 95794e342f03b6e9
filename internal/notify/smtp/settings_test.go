package smtp

import (
	"strings"
	"testing"
)

func TestServerURLs(t *testing.T) {
	for _, test := range []struct {
		text string
		want Server
	}{
		{"smtp://mail.example.com:25", Server{Host: "mail.example.com", Port: 25}},
		{"smtp://mail.example.com", Server{Host: "mail.example.com", Port: 587}},
		{"smtp://mail.example.com/", Server{Host: "mail.example.com", Port: 587}},
		{"smtps://mail.example.com", Server{Host: "mail.example.com", Port: 465, TLS: true}},
		{"smtps://ann%40example.com:p%3A%40ss@mail.example.com:465", Server{Host: "mail.example.com", Port: 465, TLS: true, User: "ann@example.com", Password: "p:@ss"}},
		{"smtp://[::1]:1025", Server{Host: "::1", Port: 1025}},
	} {
		got, err := ParseServer(test.text)
		if err != nil || got != test.want {
			t.Errorf("%s: got %+v, %v", test.text, got, err)
		}
	}
}

func TestServerURLsThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", "mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://:25", "smtp://host:0", "smtp://host:65536", "smtp://host:x",
		"smtp://host/path", "smtp://host?tls=1", "smtp://host#x", "smtp:host:25", "smtp://canary:@host", "smtp://:canary@host", "smtp://canary@host",
		"smtp://u:canary%0d%0a@host", "smtp://u:canary%@host", "smtp://ho st:25", "smtp://::", "smtp://a:b:25", "smtp://h%C3%B6st", "smtp://[fe80::1%25eth0]:25",
	} {
		got, err := ParseServer(text)
		if err == nil {
			t.Errorf("%q: got %+v", text, got)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error repeats it: %v", text, err)
		}
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	server := Server{Host: "h", Port: 25, User: "u", Password: "canary"}
	if got := server.String(); got != "smtp://h:25" {
		t.Fatalf("got %s", got)
	}
}

func TestLoopbackServers(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.0.0.1": false, "localhost.example.com": false, "127.0.0.1.example.com": false} {
		if got := (Server{Host: host}).loopback(); got != want {
			t.Errorf("%s: got %v", host, got)
		}
	}
}

func TestSenders(t *testing.T) {
	for _, text := range []string{"no-reply@example.com", "Purse <no-reply@example.com>", `"Purse, Inc." <no-reply@example.com>`} {
		if got, err := ParseSender(text); err != nil || got.Address != "no-reply@example.com" {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Purse", "a@b, c@d", "=?utf-8?q?a=0d=0ab?= <a@example.com>", "a@b\r\nBcc: c@d"} {
		if got, err := ParseSender(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func FuzzParseServer(f *testing.F) {
	for _, seed := range []string{"smtp://u:p@h:25", "smtps://h", "smtp://[::1]:25/", "smtp://%zz@h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		server, err := ParseServer(text)
		if err != nil {
			return
		}
		if server.Host == "" || server.Port < 1 || server.Port > 65535 || (server.User == "") != (server.Password == "") {
			t.Fatalf("%q: got %+v", text, server)
		}
		if again, err := ParseServer(server.String()); err != nil || again.Host != server.Host || again.Port != server.Port || again.TLS != server.TLS {
			t.Fatalf("%q prints as %s, which reads as %+v, %v", text, server, again, err)
		}
	})
}
