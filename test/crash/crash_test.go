// Package crash kills the real program under load and looks at what is left.
package crash

import (
	"context"
	"sync"
	"testing"
	"time"

	"purse/internal/apptest"
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
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) { killAndLook(t, apptest.Development(databaseURL)) })
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
		apptest.Verify(t, environment)
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
