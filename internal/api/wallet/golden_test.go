package wallet_test

import (
	"net/http"
	"testing"

	"purse/internal/api/wallet"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
	"purse/internal/surface/surfacetest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays testdata/*.txtar: see apptest.Golden. Codes go to
// phones, which the mailbox shows.
func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "wallet", []string{"PURSE_SMS_URL=mailbox:"}, func(document *apidoctest.Validator) {
		surfacetest.Faults(t, document, wallet.New(wallet.Services{}), faults)
	})
}

// faults are the answers that any route can have.
var faults = map[int]string{
	http.StatusForbidden:           `{"detail":"You do not have permission to perform this action."}`,
	http.StatusConflict:            `{"detail":"A request with this idempotency key is still being worked on."}`,
	http.StatusTooManyRequests:     "Retry-After: 30\n" + `{"detail":"Request was throttled. Expected available in 30 seconds."}`,
	http.StatusInternalServerError: "X-Request-Id: <id>\n" + `{"detail":"A server error occurred.","request_id":"<id>"}`,
	http.StatusServiceUnavailable:  "Retry-After: 1\nX-Request-Id: <id>\n" + `{"detail":"Service temporarily unavailable, try again later.","request_id":"<id>"}`,
}
