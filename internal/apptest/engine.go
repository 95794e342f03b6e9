package apptest

import (
	"os"
	"testing"

	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
)

// RootKey is the root key of tests, and SecretKey the setting of it, for an
// environment.
const (
	RootKey   = "dDelSw/Flf9IcqNSqIw/74GvDKB7gk0m3z1wPbHCR00="
	SecretKey = "PURSE_SECRET_KEY=" + RootKey
)

// Main runs the tests of a package that runs the real program, then removes
// and stops what they have made. Such a package calls it in its TestMain.
func Main(m *testing.M) {
	code := pgtest.Run(m)
	RemoveBinary()
	os.Exit(code)
}

// EachEngine runs a test once on each engine, with the address of an empty
// database for PURSE_DATABASE_URL.
func EachEngine(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) { test(t, e.URL(t)) })
}
