package bot_test

import (
	"net/http"
	"testing"

	"purse/internal/api/bot"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
	"purse/internal/surface/surfacetest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays testdata/*.txtar: see apptest.Golden.
func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "bot", nil, func(document *apidoctest.Validator) {
		surfacetest.Faults(t, document, bot.New(bot.Services{Unsigned: true}), faults)
	})
}

// faults are the answers that any route can have.
var faults = map[int]string{
	http.StatusTooManyRequests:     "Retry-After: 30\n" + `{"detail":"Too many requests, try again later"}`,
	http.StatusInternalServerError: "X-Request-Id: <id>\n" + `{"detail":"Internal server error","request_id":"<id>"}`,
	http.StatusServiceUnavailable:  "Retry-After: 1\nX-Request-Id: <id>\n" + `{"detail":"Service temporarily unavailable","request_id":"<id>"}`,
}
