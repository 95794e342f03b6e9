package bench

import (
	"strings"
	"testing"
)

func TestARunIsFlatUnlessItsLastThirdIsAboveItsFirst(t *testing.T) {
	var series []point
	for i := range 9 {
		series = append(series, point{P99: 5, Goroutines: 100, Handles: 80, Resident: int64(100 + 20*(i/3))})
	}
	all := trends(series)
	if len(all) != 4 {
		t.Fatalf("%d trends", len(all))
	}
	for _, trend := range all {
		if want := trend.Name != "resident memory"; trend.Flat != want {
			t.Errorf("%+v", trend)
		}
	}
	if all[0].First != 100 || all[0].Last != 140 || all[0].Ratio != 1.4 {
		t.Errorf("%+v", all[0])
	}
	if text := describe(all); !strings.HasPrefix(text, "not all flat") || !strings.Contains(text, "resident memory ×1.40 NOT FLAT") || !strings.Contains(text, "p99 ×1.00 flat") {
		t.Error(text)
	}
	if text := describe(trends(series[:3])); !strings.HasPrefix(text, "too short") {
		t.Error(text)
	}
	if trends(series[:5]) != nil {
		t.Error("five points tell a trend")
	}
}

func TestTheWeightsOfTheDayAddUp(t *testing.T) {
	sum := 0
	for i, d := range deeds {
		if d.name == "" || d.weight <= 0 || d.wire == nil || (d.service == nil && i != walletRefresh) {
			t.Errorf("deed %d is not whole: %q", i, d.name)
		}
		sum += d.weight
	}
	if sum != weights {
		t.Errorf("the weights add up to %d, not %d", sum, weights)
	}
}

func TestAGoalIsReachedOnItsRightSide(t *testing.T) {
	s := newScore("SQLite", 20_000, 20_000, 0.89, 10, 0.3, 0.61, -1, 150)
	for i, want := range []bool{true, false, true, true, false, false, true} {
		if s.Figures[i].Reached != want {
			t.Errorf("%s: %+v", s.Figures[i].Name, s.Figures[i])
		}
	}
}
