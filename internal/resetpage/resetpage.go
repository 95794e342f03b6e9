// Package resetpage is the page that the link in a reset mail opens: one form
// for a new password. It works without scripts, shows what happened in plain
// words, and lets the token go nowhere else: not to a log, a referrer, a cache
// or another origin. It decides nothing about tokens or passwords.
package resetpage

import (
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"mime"
	"net/http"

	"purse/internal/fault"
	"purse/internal/pagestyle"
)

//go:embed page.html
var pageText string

var page = template.Must(pagestyle.Template("page").Parse(pageText))

// Config says what the page works with.
type Config struct {
	// Usable tells whether a token would be accepted now; it uses nothing up.
	Usable func(ctx context.Context, token string) (bool, error)
	// Confirm sets the password. A weak password is fault.Invalid, a token that
	// is wrong, used or expired is fault.Unauthenticated.
	Confirm     func(ctx context.Context, token, newPassword string) error
	MinPassword int // characters, for the rules in words
	Log         *slog.Logger
}

// bodyLimit bounds a posted form, in bytes. A good one needs 2 KiB; the rest is
// room for somebody to learn that a password is too long.
const bodyLimit = 64 << 10

// Page serves /reset and its style sheet.
type Page struct{ served http.Handler }

// New returns the page.
func New(config Config) *Page {
	h := &handler{config}
	mux := http.NewServeMux()
	for _, path := range []string{"/reset", "/reset/{$}"} {
		mux.HandleFunc("GET "+path, h.show)
		mux.HandleFunc("POST "+path, h.confirm)
	}
	mux.HandleFunc("GET /reset/style.css", pagestyle.ServeBase)
	// The link's token proves the request; this only keeps other sites from
	// playing with the form.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(deny))
	return &Page{served: sealed(forgiving(guard.Handler(mux)))}
}

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.served.ServeHTTP(w, r) }

// Refuse says that there were too many requests, or that something is wrong here.
func (p *Page) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	told := broken
	if status == http.StatusTooManyRequests {
		told = tooMany
	}
	sealed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, status, told) })).ServeHTTP(w, r)
}

// sealed lets the form go to the page's own origin alone.
func sealed(next http.Handler) http.Handler { return pagestyle.Sealed("'self'", next) }

// forgiving lets our own form through where the browser cannot say that it is
// ours: a page with the referrer policy no-referrer posts with the origin
// "null", and over plain http outside loopback nothing says more. Such a post
// needs the token all the same.
func forgiving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
			r = r.Clone(r.Context())
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}

type handler struct{ config Config }

// view is what the page shows: a form, or text.
type view struct {
	Title       string
	Form        bool
	Token       string
	MinPassword int
	Problem     string // what is wrong with the password
	Good        bool
	Text        []string
}

var (
	done = view{Title: "Your password is changed", Good: true, Text: []string{
		"You have been signed out on all devices. Go back to the app and sign in with the new password.",
		"You can close this page."}}
	unusable = view{Title: "This link no longer works", Text: []string{
		"A link works once and for one hour, and a newer link ends the older ones.",
		"If you have just changed your password, sign in with the new one. Otherwise go back to the app and ask for a new link."}}
	incomplete = view{Title: "This link is incomplete", Text: []string{
		"Please open the link in the mail again. If it is broken over two lines, copy the whole of it."}}
	foreign = view{Title: "This did not come from our page", Text: []string{
		"Another site sent this form. Nothing was changed. Please open the link in the mail again."}}
	tooMany = view{Title: "Too many attempts", Text: []string{
		"Please wait a few minutes, then open the link in the mail again. Nothing was changed."}}
	broken = view{Title: "Something went wrong", Text: []string{
		"It is our fault, not yours. Please try again in a few minutes with the link in the mail."}}
)

func (h *handler) form(token, problem string) view {
	return view{Title: "Choose a new password", Form: true, Token: token, MinPassword: h.config.MinPassword, Problem: problem}
}

func (h *handler) show(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if token == "" {
		write(w, http.StatusBadRequest, incomplete)
		return
	}
	usable, err := h.config.Usable(r.Context(), token)
	switch {
	case err != nil:
		h.fail(w, r, err)
	case !usable:
		write(w, http.StatusGone, unusable)
	default:
		write(w, http.StatusOK, h.form(token, ""))
	}
}

func (h *handler) confirm(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		write(w, http.StatusUnsupportedMediaType, incomplete)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if r.ParseForm() != nil {
		write(w, http.StatusBadRequest, incomplete)
		return
	}
	token, password := r.PostForm.Get("token"), r.PostForm.Get("new_password")
	if token == "" {
		write(w, http.StatusBadRequest, incomplete)
		return
	}
	if password == "" {
		write(w, http.StatusUnprocessableEntity, h.form(token, "Enter a new password."))
		return
	}
	if err := h.config.Confirm(r.Context(), token, password); err != nil {
		h.refuse(w, r, token, err)
		return
	}
	write(w, http.StatusOK, done)
}

// refuse answers an error of Confirm.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, token string, err error) {
	switch f := fault.From(err); f.Kind {
	case fault.Invalid:
		write(w, http.StatusUnprocessableEntity, h.form(token, problem(f)))
	case fault.Unauthenticated:
		write(w, http.StatusGone, unusable)
	default:
		h.fail(w, r, err)
	}
}

// problem says what is wrong with a password, and what to do.
func problem(f *fault.Error) string {
	for _, field := range f.Fields {
		switch field.Reason {
		case "too_short":
			return "This password is too short. It needs at least " + field.Params["min"] + " characters."
		case "too_long":
			return "This password is too long. It may have at most " + field.Params["max"] + " characters."
		case "common":
			return "Too many people use this password. Choose one that is harder to guess."
		}
	}
	return "This password cannot be used. Choose another one."
}

func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	h.config.Log.ErrorContext(r.Context(), "reset page", "error", err)
	status := http.StatusInternalServerError
	if fault.KindOf(err) == fault.Unavailable {
		status = http.StatusServiceUnavailable
	}
	write(w, status, broken)
}

func deny(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusForbidden, foreign)
}

func write(w http.ResponseWriter, status int, v view) {
	pagestyle.Write(w, status, page, v)
}
