package gift_test

import (
	"testing"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays the conversations under each setting that changes
// this surface.
func TestGoldenExchanges(t *testing.T) {
	won := []string{"PURSE_GIFT_FUNDING=wallet", "PURSE_BASE_CURRENCY=KRW", "PURSE_CARD_GRANT=10000"}
	apptest.GoldenRuns(t, "gift", func(a apidoctest.Answer) bool {
		// 500 and 503 take a fault of ours, 429 and the 403 of a permission that was
		// taken away have tests of their own, and a key is never in flight: requests
		// with one key wait for each other.
		return a.Status >= 500 || a.Status == 429 || a.Status == 409 || a.Status == 403 && a.Operation == "POST /api/user/{id}/messages"
	}, apptest.Run{Directory: "testdata"}, apptest.Run{Directory: "testdata/wallet", Environment: won},
		apptest.Run{Directory: "testdata/verified", Environment: []string{"PURSE_REQUIRE_VERIFIED_EMAIL=on"}})
}
