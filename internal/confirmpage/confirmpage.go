// Package confirmpage is the page, in Korean, that the link in a mail of the
// gift surface opens: it uses the link up and says what became of it. It works
// without scripts, and lets the token go nowhere else: not to a log, a referrer,
// a cache or another origin. It decides nothing about links.
package confirmpage

import (
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"

	"purse/internal/fault"
	"purse/internal/pagestyle"
)

//go:embed page.html
var pageText string

var page = template.Must(pagestyle.Template("page").Parse(pageText))

// Path is where the page is; a link adds the user's id and the token to it.
const Path = "/api/confirm-user"

// Config says what the page works with.
type Config struct {
	// Confirm uses a link up; a link that is wrong, used or expired is fault.Refused.
	Confirm func(ctx context.Context, user int64, token string) error
	Log     *slog.Logger
}

// Page serves Path/{id}/{token}; the handler that it is mounted on gives the
// path's values.
type Page struct{ config Config }

// New returns the page.
func New(config Config) *Page { return &Page{config} }

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sealed(http.HandlerFunc(p.confirm)).ServeHTTP(w, r)
}

// Refuse says that there were too many requests, or that something is wrong here.
func (p *Page) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	told := broken
	if status == http.StatusTooManyRequests {
		told = tooMany
	}
	sealed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, status, told) })).ServeHTTP(w, r)
}

// Style serves Path/style.css.
func Style() http.Handler { return sealed(http.HandlerFunc(pagestyle.ServeBase)) }

// sealed lets no form go anywhere: the page has none.
func sealed(next http.Handler) http.Handler { return pagestyle.Sealed("'none'", next) }

// view is what the page shows.
type view struct {
	Title string
	Good  bool
	Text  []string
}

var (
	done = view{Title: "이메일 인증이 완료되었습니다", Good: true, Text: []string{
		"이제 로그인하실 수 있습니다. 이 페이지는 닫으셔도 됩니다."}}
	unusable = view{Title: "사용할 수 없는 링크입니다", Text: []string{
		"이미 사용되었거나 만료된 링크입니다. 링크는 한 번만, 3일 동안 사용할 수 있습니다.",
		"인증을 이미 마치셨다면 로그인해 주세요. 그렇지 않다면 메일에 있는 링크 전체를 다시 열어 주세요."}}
	method = view{Title: "잘못된 요청입니다", Text: []string{
		"메일에 있는 링크를 브라우저에서 다시 열어 주세요."}}
	tooMany = view{Title: "요청이 너무 많습니다", Text: []string{
		"몇 분 뒤에 메일에 있는 링크를 다시 열어 주세요. 링크는 아직 사용되지 않았습니다."}}
	broken = view{Title: "문제가 발생했습니다", Text: []string{
		"일시적인 오류입니다. 몇 분 뒤에 메일에 있는 링크를 다시 열어 주세요."}}
)

func (p *Page) confirm(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodHead: // a look, which uses nothing up
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		return
	default:
		w.Header().Set("Allow", "GET, HEAD")
		write(w, http.StatusMethodNotAllowed, method)
		return
	}
	user, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		write(w, http.StatusGone, unusable)
		return
	}
	err = p.config.Confirm(r.Context(), user, r.PathValue("token"))
	switch {
	case err == nil:
		write(w, http.StatusOK, done)
	case fault.KindOf(err) == fault.Refused:
		write(w, http.StatusGone, unusable)
	default:
		p.fail(w, r, err)
	}
}

func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	p.config.Log.ErrorContext(r.Context(), "confirm page", "error", err)
	status := http.StatusInternalServerError
	if fault.KindOf(err) == fault.Unavailable {
		status = http.StatusServiceUnavailable
	}
	write(w, status, broken)
}

func write(w http.ResponseWriter, status int, v view) {
	pagestyle.Write(w, status, page, v)
}
