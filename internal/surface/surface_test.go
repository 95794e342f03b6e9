package surface

import (
	"strings"
	"testing"
)

// FuzzParseID: an id is what the same digits print, without leading zeros, or none.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"1", "031", "0", "-1", "+1", "9007199254740991", "9007199254740992", "٣", "1e3", "", " 1", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := ParseID(text)
		if !ok {
			if id > 0 && id < 1<<53 && strings.Trim(text, "0123456789") == "" && len(text) < 17 {
				t.Errorf("%q is refused", text)
			}
			return
		}
		if id < 1 || id >= 1<<53 || strings.Trim(text, "0123456789") != "" {
			t.Errorf("%q is read as %d", text, id)
		}
	})
}
