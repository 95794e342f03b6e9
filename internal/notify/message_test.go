package notify

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestAMessageDoesNotPrint(t *testing.T) {
	m := Message{To: "canary", Subject: "canary", Text: "canary", HTML: "canary", Codes: []string{"canary"}, Links: []string{"canary"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{m, &m, []Message{m}} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, "canary") {
				t.Errorf("%s of %T: %s", verb, value, got)
			}
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	for _, seed := range []string{"ann@example.com", "a@b\r\nBcc: c@d", "a@b> NOTIFY=NEVER", `"a b"@c`, "ünï@exämple.com", "a@[127.0.0.1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if CheckAddress(text) != nil {
			return
		}
		bad := func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(" <>,", r) }
		if !strings.Contains(text, "@") || strings.ContainsFunc(text, bad) {
			t.Fatalf("%q was taken for an address", text)
		}
	})
}
