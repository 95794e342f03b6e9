// Package storetest is the contract that every engine passes: what the domain
// packages rely on, row by row. Each file holds one domain's part. An engine's
// own tests call these functions; nothing here knows which engine it is.
package storetest

import (
	"testing"

	"purse/internal/clock"
	"purse/internal/store"
)

// Open opens an empty engine that asks the clock and ends with the test.
type Open func(t testing.TB, clock clock.Clock) store.Engine
