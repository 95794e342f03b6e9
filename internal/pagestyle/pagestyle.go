// Package pagestyle is the look that Purse's own pages share: colours for light
// and dark, type, panels, fields and buttons. A page links it from its own
// origin, with whatever it needs besides; and what holds for those that a mailed
// link opens. It holds no page and imports nothing of Purse.
package pagestyle

import (
	_ "embed"
	"net/http"
)

// Base is the style sheet. The caller must not change it.
//
//go:embed base.css
var Base []byte

// ServeBase answers with the style sheet.
func ServeBase(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(Base) // a browser that has left is no error of ours
}

// Sealed sets what holds for every answer of a page whose address holds a token: no
// script, no other origin, no referrer and no copy. forms says where its forms go:
// 'none' or 'self', with the quotes.
func Sealed(forms string, next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
