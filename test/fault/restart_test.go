package fault

import (
	"testing"

	"purse/internal/store/postgres/pgtest"
)

// TestAServerThatEndsUnderLoadLosesNothingAcknowledged ends the database
// server again and again while callers transfer, the last time for longer than they
// are kept waiting. The node is not restarted: it finds the server again by
// itself.
func TestAServerThatEndsUnderLoadLosesNothingAcknowledged(t *testing.T) {
	const between = 500 // acknowledgements from one end to the next
	address, server := pgtest.Database(t), pgtest.Server(t)
	b := newBank(t, open(t, address))
	b.run()
	for range 2 {
		for _, end := range []struct {
			how string
			do  func() error
		}{
			{"in a crash", server.Kill},
			{"in an orderly way", server.Shutdown},
		} {
			enough := b.answered() + between
			await(t, "transfers before the server ends "+end.how, func() bool { return b.answered() > enough })
			if err := end.do(); err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "callers to be told that there is no server", func() bool { return b.unanswered() > 0 })
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	enough := b.answered() + between
	await(t, "transfers after the last start", func() bool { return b.answered() > enough })
	b.stop()
	b.check(t, open(t, address))
	t.Logf("5 ends of the server, %d transfers acknowledged, %d unknown", len(b.acknowledged), len(b.unknown))
}
