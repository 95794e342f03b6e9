package notify_test

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/internal/notify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var ann = notify.Recipient{Address: "ann@example.com", Name: "Ann"}

func rendered() map[string]notify.Message {
	return map[string]notify.Message{
		"registration_code": notify.RegistrationCode(notify.Recipient{Address: "ann@example.com", Name: "unseen"}, "K7QW2M9P", 10*time.Minute),
		"sign_in_code":      notify.SignInCode(ann, "483920", 10*time.Minute),
		"reset_link":        notify.ResetLink(ann, "https://purse.example/reset?token=a-b_c&lang=en", time.Hour),
		"password_code":     notify.PasswordCode(ann, "483920", 5*time.Minute),
		"registered":        notify.Registered(notify.Recipient{Address: "ann@example.com"}),
		"password_changed":  notify.PasswordChanged(ann, time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))),
	}
}

func TestMailsReadAsTheyDid(t *testing.T) {
	for name, m := range rendered() {
		for suffix, got := range map[string]string{".txt": "Subject: " + m.Subject + "\n\n" + m.Text, ".html": m.HTML} {
			path := filepath.Join("testdata", name+suffix)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: got\n%s", path, got)
			}
		}
	}
}

func TestCodesAndLinksAreThoseInTheText(t *testing.T) {
	for name, m := range rendered() {
		for _, secret := range append(append([]string{}, m.Codes...), m.Links...) {
			if !strings.Contains(m.Text, secret) || !strings.Contains(m.HTML, html.EscapeString(secret)) {
				t.Errorf("%s does not show %q in both forms", name, secret)
			}
			if strings.Contains(m.Subject, secret) {
				t.Errorf("%s shows %q in its subject, which lock screens show", name, secret)
			}
		}
		if found := regexp.MustCompile(`https?://\S+`).FindAllString(m.Text, -1); len(found) != len(m.Links) {
			t.Errorf("%s: %d links in the text, %d listed", name, len(found), len(m.Links))
		}
	}
}

func TestATextMessageFitsIntoOneAndShowsItsCode(t *testing.T) {
	for _, m := range []notify.Message{notify.RegistrationSMS("+77011234567", "483920", 5*time.Minute), notify.PasswordSMS("+77011234567", "483920", 5*time.Minute)} {
		if m.Channel != notify.SMS || m.To != "+77011234567" || len(m.Text) > 160 || !strings.HasPrefix(m.Text, "483920 ") || !strings.Contains(m.Text, "5 minutes") ||
			m.Subject != "" || m.HTML != "" || len(m.Codes) != 1 || m.Codes[0] != "483920" {
			t.Errorf("%s: %q", m.Channel, m.Text)
		}
	}
}

func TestMailsLoadNothing(t *testing.T) {
	for name, m := range rendered() {
		for _, loading := range []string{"<img", "<script", "<link", "<style", "url(", "src="} {
			if strings.Contains(m.HTML, loading) {
				t.Errorf("%s has %s", name, loading)
			}
		}
		if !strings.Contains(m.HTML, `<html lang="en">`) || strings.Count(m.HTML, "<h1") != 1 {
			t.Errorf("%s lacks a language or one heading", name)
		}
	}
}

func TestNamesAndLinksAreNotMarkup(t *testing.T) {
	m := notify.ResetLink(notify.Recipient{Address: "ann@example.com", Name: "<script>n</script>"}, `https://purse.example/reset?token="><script>x</script>`, time.Hour)
	if strings.Contains(m.HTML, "<script") {
		t.Fatal(m.HTML)
	}
}

func TestARecipientWithoutANameIsNotGreeted(t *testing.T) {
	m := notify.SignInCode(notify.Recipient{Address: "ann@example.com"}, "1", time.Minute)
	if strings.Contains(m.Text, "Hello") || strings.Contains(m.HTML, "Hello") || !strings.HasPrefix(m.Text, "Enter") {
		t.Fatal(m.Text)
	}
}
