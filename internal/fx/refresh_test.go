package fx_test

import (
	"context"
	"testing"
	"time"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/store"
)

// scripted is a source that gives what it is told.
type scripted struct {
	table fx.Table
	next  time.Time
	err   error
	asked int
}

func (s *scripted) Fetch(context.Context) (fx.Table, time.Time, error) {
	s.asked++
	return s.table, s.next, s.err
}

func TestRefreshComesAgainWhenTheNextTableIsOut(t *testing.T) {
	s, c, _ := open(t)
	table, err := fx.NewTable("USD", map[string]string{"KZT": "500"}, start.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	busy := fault.Define(fault.TooMany, "fx_test.busy", "")
	source := &scripted{}
	for _, test := range []struct {
		name            string
		next            time.Duration // from now, as the service says; 0 when it does not
		err             error
		earliest, until time.Duration // when it asks again
	}{
		{"when the service says", 7 * time.Hour, nil, 7*time.Hour + 30*time.Second, 7*time.Hour + 5*time.Minute},
		{"not at once when it says nothing", 0, nil, 15*time.Minute + 30*time.Second, 20 * time.Minute},
		{"not at once when it names the past", -time.Hour, nil, 15*time.Minute + 30*time.Second, 20 * time.Minute},
		{"within a day whatever it says", 1000 * time.Hour, nil, 24*time.Hour + 30*time.Second, 24*time.Hour + 5*time.Minute},
		{"a minute after the first failure", 0, fault.ErrUnavailable, time.Minute, time.Minute},
		{"two after the second", 0, fault.ErrUnavailable, 2 * time.Minute, 2 * time.Minute},
		{"four after the third", 0, fault.ErrUnavailable, 4 * time.Minute, 4 * time.Minute},
		{"patiently when it is asked to be", 0, busy.After(2 * time.Hour), 2 * time.Hour, 2 * time.Hour},
		{"patiently when it is not told how long", 0, busy, 20 * time.Minute, 20 * time.Minute},
		{"no failures are counted after a success", 24 * time.Hour, nil, 24 * time.Hour, 24*time.Hour + 5*time.Minute},
		{"so the next failure is a first one", 0, fault.ErrUnavailable, time.Minute, time.Minute},
	} {
		source.table, source.next, source.err = table, time.Time{}, test.err
		if test.next != 0 {
			source.next = c.Now().Add(test.next)
		}
		run := func() bool {
			asked := source.asked
			err := fx.NewRefresher(store.Narrow[fx.Tx](s), source).Run(t.Context()) // made anew: the plan outlives a restart
			if asked != source.asked && (err != nil) != (test.err != nil) {
				t.Fatalf("%s: %v", test.name, err)
			}
			return asked != source.asked
		}
		if !run() {
			t.Fatalf("%s: it did not ask when it was time", test.name)
		}
		if test.name == "a minute after the first failure" {
			if err := s.View(t.Context(), func(tx store.Tx) error {
				if _, found, err := tx.RateTable(); !found || err != nil {
					t.Errorf("the table in force is gone: %v", err)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		now := c.Now()
		c.Set(now.Add(test.earliest - time.Second))
		if run() {
			t.Errorf("%s: it asked too early", test.name)
		}
		c.Set(now.Add(test.until))
	}
}

func TestRefreshNeverGoesBackToAnOlderTable(t *testing.T) {
	s, c, x := open(t)
	replace(t, x, map[string]string{"KZT": "480"})
	for _, test := range []struct {
		name string
		at   time.Duration
		want string
		when time.Duration
	}{
		{"older", -time.Second, "480", 0},
		{"newer, from a clock that is ahead of ours", 72 * time.Hour, "500", 25 * time.Hour},
	} {
		c.Set(start.Add(test.when))
		table, err := fx.NewTable("USD", map[string]string{"KZT": "500"}, start.Add(test.at))
		if err != nil {
			t.Fatal(err)
		}
		if err := fx.NewRefresher(store.Narrow[fx.Tx](s), &scripted{table: table}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), func(tx store.Tx) error {
			got, _, err := tx.RateTable()
			for currency, rate := range got.Rates {
				if currency.Code() == "KZT" && rate.String() != test.want {
					t.Errorf("%s: the rate is %v, want %v", test.name, rate, test.want)
				}
			}
			if got.At.After(tx.Now()) {
				t.Errorf("%s: the table is of %v, which is to come", test.name, got.At)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
