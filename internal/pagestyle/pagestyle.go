// Package pagestyle is the look that Purse's own pages share: colours for light
// and dark, type, panels, fields and buttons, which a page links from its own
// origin, with whatever it needs besides; and the mark at their head. It is also
// what holds for the pages that a mailed link opens. It holds no page and imports
// nothing of Purse.
package pagestyle

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed mark.html
var mark string

// Template is an empty template that has Purse's mark, {{template "mark"}}.
func Template(name string) *template.Template {
	return template.Must(template.New(name).Parse(mark))
}

// Write answers with a page: its template, filled with view. It panics when they do
// not fit, which is for the page's tests to find.
func Write(w http.ResponseWriter, status int, page *template.Template, view any) {
	var body bytes.Buffer
	if err := page.Execute(&body, view); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a browser that has left is no error of ours
}

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
