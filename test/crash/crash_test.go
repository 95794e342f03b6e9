// Package crash kills the real program under load and looks at what is left.
package crash

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

const (
	rounds  = 10
	people  = 8
	callers = 32
)

// TestKilledUnderTransfersNothingAcknowledgedIsLost ends the program with
// kill -9 while many callers transfer, ten times over one database: every
// transfer that was answered is in the history, none is there twice, and the
// books verify.
func TestKilledUnderTransfersNothingAcknowledgedIsLost(t *testing.T) {
	for _, engine := range []struct {
		name     string
		database func(testing.TB) string
	}{
		{"sqlite", func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "purse.db") }},
		{"postgres", pgtest.Database},
	} {
		t.Run(engine.name, func(t *testing.T) { killAndLook(t, apptest.Development(engine.database(t))) })
	}
}

func killAndLook(t *testing.T, environment []string) {
	t.Helper()
	ctx := context.Background()
	purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
	crowd, err := apptest.NewCrowd(ctx, purse.Base, people)
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		before := crowd.Acknowledged()
		payUntilKilled(ctx, purse, crowd, before+40+20*round)
		if crowd.Acknowledged() == before {
			t.Fatalf("round %d: nothing was acknowledged, so nothing was tested", round)
		}
		if output, code := apptest.RunBinary(t, environment, "verify"); code != 0 {
			t.Fatalf("round %d: purse verify exits with %d:\n%s", round, code, output)
		}
		purse = apptest.Start(t, environment, "dev", "--listen", "{listen}")
		if err := crowd.Check(ctx, purse.Base); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	t.Logf("killed %d times, %d transfers acknowledged", rounds, crowd.Acknowledged())
}

// payUntilKilled has callers pay, kills the program when so many payments were
// acknowledged in all, and returns when all callers have noticed.
func payUntilKilled(ctx context.Context, purse *apptest.Process, crowd *apptest.Crowd, enough int) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	var kill sync.Once
	for caller := range callers {
		wait.Go(func() {
			for crowd.Pay(ctx, purse.Base, crowd.Draw(caller)) == nil { // until the program is gone
				if crowd.Acknowledged() >= enough {
					kill.Do(purse.Kill)
				}
			}
		})
	}
	wait.Wait()
	kill.Do(purse.Kill)
}
