// Package fault breaks what Purse stands on while Purse is under load:
// connections to PostgreSQL at the moment of a commit, and the server itself.
package fault

import (
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
	"purse/test/fault/cutproxy"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// patience bounds how long a test waits for what must happen.
const patience = time.Minute

// await waits until what must happen has happened.
func await(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
		time.Sleep(time.Millisecond) // between looks; nothing is asserted on it
	}
}

// TestACommitCutOffHappensOnceOrNotAtAll cuts connections at commits: the
// client cannot know what became of them, and must find out.
func TestACommitCutOffHappensOnceOrNotAtAll(t *testing.T) {
	const cuts = 60 // at each moment
	for _, moment := range []cutproxy.Moment{cutproxy.BeforeCommit, cutproxy.LateCommit, cutproxy.AfterCommit} {
		t.Run(moment.String(), func(t *testing.T) {
			address := pgtest.Database(t)
			proxy, through := cutproxy.Start(t, address)
			b := newBank(t, open(t, through))
			b.run()
			proxy.Cut(4, moment)
			await(t, "the cuts", func() bool { return proxy.Cuts(moment) >= cuts })
			proxy.Cut(0, moment)
			healed := b.answered() + callers
			await(t, "answers after the last cut", func() bool { return b.answered() > healed })
			b.stop()
			b.check(t, open(t, address))
			t.Logf("%d cuts, %d transfers acknowledged, %d unknown", proxy.Cuts(moment), len(b.acknowledged), len(b.unknown))
		})
	}
}

// TestALateCommitIsNotMadeTwiceWhereLocksAreNotWaitedFor is a database whose
// owner has bounded the wait for locks: the next try meets the transaction that
// is still open, and may not wait for its end.
func TestALateCommitIsNotMadeTwiceWhereLocksAreNotWaitedFor(t *testing.T) {
	address := pgtest.Database(t)
	proxy, through := cutproxy.Start(t, address+"&lock_timeout=2ms")
	b := newBank(t, open(t, through))
	b.run()
	proxy.Cut(4, cutproxy.LateCommit)
	await(t, "the cuts", func() bool { return proxy.Cuts(cutproxy.LateCommit) >= 30 })
	proxy.Cut(0, 0)
	b.stop()
	b.check(t, open(t, address))
	t.Logf("%d cuts, %d transfers acknowledged, %d unknown", proxy.Cuts(cutproxy.LateCommit), len(b.acknowledged), len(b.unknown))
}

// TestANodeThatFallsSilentDoesNotKeepOthersOut holds a node's COMMIT back for
// ever, while it has locks on every account: the server gives it up, and the
// other node goes on.
func TestANodeThatFallsSilentDoesNotKeepOthersOut(t *testing.T) {
	address := pgtest.Database(t)
	proxy, through := cutproxy.Start(t, address)
	b := newBank(t, open(t, through), open(t, address))
	b.run()
	await(t, "transfers", func() bool { return b.answered() > 10*callers })
	proxy.Cut(20, cutproxy.HeldCommit)
	await(t, "silence", func() bool { return proxy.Cuts(cutproxy.HeldCommit) > 0 })
	proxy.Cut(0, 0)
	fell, enough := time.Now(), b.answered()+20*callers
	await(t, "transfers at the other node", func() bool { return b.answered() > enough })
	t.Logf("the other node went on within %v", time.Since(fell))
	b.stop()
	b.check(t, open(t, address))
	t.Logf("%d commits held back, %d transfers acknowledged, %d unknown", proxy.Cuts(cutproxy.HeldCommit), len(b.acknowledged), len(b.unknown))
}
