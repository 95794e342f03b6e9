package bot_test

import (
	"testing"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// 500 and 503 take a fault of ours, and the limits of requests are off here.
func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "bot", nil, func(a apidoctest.Answer) bool { return a.Status >= 500 || a.Status == 429 })
}
