package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"net/url"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/pagestyle"
	"purse/internal/surface"
)

//go:embed page/*.html
var pageFiles embed.FS

//go:embed page/console.css
var ownStyle []byte

//go:embed page/icon.svg
var icon []byte

var style = append(append([]byte{}, pagestyle.Base...), ownStyle...)

// styleVersion changes with the style sheet, which browsers may keep.
var styleVersion = func() string {
	sum := sha256.Sum256(style)
	return hex.EncodeToString(sum[:6])
}()

// policy allows the pages nothing but their own style, picture and forms.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page is what every page shows around its own part.
type page struct {
	Title   string
	Section string // of the navigation; "" on pages for nobody in particular, which have none
	Notice  string // what has just been done; set by show
	Problem bool   // something in the page's form has to be put right
	Body    any

	StyleVersion string // set by show
	Administers  bool   // the person may manage people; set by show
}

var pages = parsePages("sign-in", "code", "overview", "card", "security", "people", "person", "error")

func parsePages(names ...string) map[string]*template.Template {
	layout := template.Must(pagestyle.Template("layout.html").Funcs(template.FuncMap{
		"digits": digits, "currency": currency, "lastFour": lastFour, "grouped": grouped, "shortNumber": shortNumber,
		"browser": browser, "surface": surfaceName, "typeName": typeName, "stamp": stamp, "moment": moment, "day": day,
	}).ParseFS(pageFiles, "page/layout.html"))
	parsed := map[string]*template.Template{}
	for _, name := range names {
		parsed[name] = template.Must(template.Must(layout.Clone()).ParseFS(pageFiles, "page/"+name+".html"))
	}
	return parsed
}

// show answers with a page.
func (k *console) show(c *httpkit.Call, status int, name string, p page) error {
	p.StyleVersion = styleVersion
	p.Notice = k.takeNotice(c)
	if p.Section != "" {
		var err error
		if p.Administers, err = k.People.HasPermission(c.Context(), surface.User(c), identity.Everything); err != nil {
			return err
		}
	}
	var body bytes.Buffer
	if err := pages[name].ExecuteTemplate(&body, "layout.html", p); err != nil {
		return fault.ErrInternal.Because(err)
	}
	header := c.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	// Without its origin a browser's form could not be told from a stranger's.
	header.Set("Referrer-Policy", "same-origin")
	c.Response().WriteHeader(status)
	_, _ = c.Response().Write(body.Bytes()) // a browser that has left is no error of ours
	return nil
}

func serveStyle(c *httpkit.Call) error { return serveFile(c, "text/css; charset=utf-8", style) }

func serveIcon(c *httpkit.Call) error { return serveFile(c, "image/svg+xml", icon) }

func serveFile(c *httpkit.Call, contentType string, text []byte) error {
	c.Header().Set("Content-Type", contentType)
	c.Header().Set("Cache-Control", "public, max-age=86400")
	c.Response().WriteHeader(http.StatusOK)
	_, _ = c.Response().Write(text)
	return nil
}

// errForm is a form that the console's pages do not send.
var errForm = fault.Define(fault.Invalid, "console.form", "the form is not one of the console's")

// readForm reads what a form sends.
func readForm(c *httpkit.Call) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(c.ContentType())
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errForm
	}
	form, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return nil, errForm.Because(err)
	}
	return form, nil
}

// errorView is a page that says what went wrong and what to do.
type errorView struct {
	Text      string
	RequestID string // where somebody could look it up
}

// writeError answers an error: on the sign-in page for those who are not signed
// in, with a page of its own for the rest.
func (k *console) writeError(c *httpkit.Call, err error) {
	f := fault.From(err)
	if f.Kind == fault.Unauthenticated {
		n := signInFirst
		if errors.Is(err, identity.ErrTwoFactorRequired) {
			n = twoStepNeeded
		}
		_ = k.redirectWith(c, overviewPath, n) // it has no error
		return
	}
	status, title, v := http.StatusInternalServerError, "Something went wrong", errorView{}
	switch {
	case errors.Is(f, httpkit.ErrMethodNotAllowed):
		status, title, v.Text = http.StatusMethodNotAllowed, "This does not work here", "The page cannot be used in this way. Nothing was changed."
	case errors.Is(f, httpkit.ErrBodyTooLarge):
		status, title, v.Text = http.StatusRequestEntityTooLarge, "That is too much", "The form was larger than the console takes. Nothing was changed."
	case f.Kind == fault.NotFound:
		status, title, v.Text = http.StatusNotFound, "Nothing is here", "This page does not exist, or is not yours to see."
	case errors.Is(f, identity.ErrNoPermission):
		status, title, v.Text = http.StatusForbidden, "This is for administrators", "Your account may not manage people. Nothing was changed."
	case f.Kind == fault.Forbidden:
		status, title, v.Text = http.StatusForbidden, "This did not come from the console", "Another site sent this form. Nothing was changed."
	case f.Kind == fault.TooMany:
		status, title, v.Text = http.StatusTooManyRequests, "Too many tries", "Please try again in "+waitText(f.RetryAfter)+". Nothing was changed."
	case f.Kind == fault.Invalid:
		status, title, v.Text = http.StatusBadRequest, "That was not understood", "The address or the form is not one of the console's. Nothing was changed."
	case f.Kind == fault.Unavailable:
		status, title, v.Text = http.StatusServiceUnavailable, "Purse is busy", "It cannot answer just now. Please try again in a minute."
	default:
		v.Text, v.RequestID = "It is our fault, not yours. Please try again in a few minutes.", c.RequestID()
	}
	if err := k.show(c, status, "error", page{Title: title, Body: v}); err != nil {
		panic(err) // the template does not fit its view, which the tests show for every error
	}
}
