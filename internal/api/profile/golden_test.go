package profile_test

import (
	"testing"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "profile", nil, func(a apidoctest.Answer) bool {
		// 500 and 503 take a fault of ours; 429 and pictures, which are no text, have tests of their own.
		return a.Status >= 500 || a.Status == 429 || a == apidoctest.Answer{Operation: "POST /account/avatar", Status: 200}
	})
}
