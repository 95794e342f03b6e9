package gift_test

import (
	"net/http"
	"testing"

	"purse/internal/api/gift"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
	"purse/internal/surface/surfacetest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays the conversations under each setting that changes
// this surface.
func TestGoldenExchanges(t *testing.T) {
	won := []string{"PURSE_GIFT_FUNDING=wallet", "PURSE_BASE_CURRENCY=KRW", "PURSE_CARD_GRANT=10000"}
	apptest.GoldenRuns(t, "gift", func(document *apidoctest.Validator) {
		surfacetest.Faults(t, document, gift.New(gift.Services{}), faults)
	}, apptest.Run{Directory: "testdata"}, apptest.Run{Directory: "testdata/wallet", Environment: won},
		apptest.Run{Directory: "testdata/verified", Environment: []string{"PURSE_REQUIRE_VERIFIED_EMAIL=on"}})
}

// faults are the answers that any route can have.
var faults = map[int]string{
	http.StatusForbidden:           `{"error":"권한이 없습니다."}`,
	http.StatusConflict:            `{"error":"같은 Idempotency-Key 의 요청이 아직 처리 중입니다."}`,
	http.StatusTooManyRequests:     "Retry-After: 30\n" + `{"error":"요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."}`,
	http.StatusInternalServerError: "X-Request-Id: <id>\n" + `{"error":"서버에서 오류가 발생했습니다.","request_id":"<id>"}`,
	http.StatusServiceUnavailable:  "Retry-After: 1\nX-Request-Id: <id>\n" + `{"error":"일시적으로 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.","request_id":"<id>"}`,
}
