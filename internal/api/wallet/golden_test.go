package wallet_test

import (
	"net/http"
	"testing"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays testdata/*.txtar: see apptest.Golden. Codes go to
// phones, which the mailbox shows.
func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "wallet", []string{"PURSE_SMS_URL=mailbox:"}, func(a apidoctest.Answer) bool {
		// 500 takes a fault of ours, as most of 503 does; limits and permissions have tests of
		// their own.
		return a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests || a.Status == http.StatusForbidden
	})
}
