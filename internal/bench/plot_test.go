package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// wellFormed fails unless text is XML, and returns how often each element is in it.
func wellFormed(t *testing.T, text []byte) map[string]int {
	t.Helper()
	elements := map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(string(text)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
}

func TestAPlotHasAPanelForEachRunAndMoreForLongOnes(t *testing.T) {
	short := &line{Name: "a < b", Series: []point{{At: 1, Seconds: 1, P50: 1, P99: 10, Max: 20}, {At: 2, Seconds: 1, P50: 2, P99: 0}}}
	long := &line{Name: "long", Engine: "SQLite", Series: []point{{At: 60, Seconds: 60, Requests: 600, P99: 3, Resident: 1 << 27, Goroutines: 100, Handles: 70}}}
	empty := &line{Name: "empty"}
	r := report{Lines: []*line{short, long, empty}}
	text := r.plot()
	if got := wellFormed(t, text); got["g"] != 6 || got["polyline"] != 3+3+1+2+2+3 {
		t.Errorf("elements: %v", got)
	}
	if strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
		t.Errorf("the plot has numbers that are none:\n%s", text)
	}
}

func TestAScaleMapsItsEndsToItsLength(t *testing.T) {
	for _, s := range []scale{{0, 50, 100, false}, {0.1, 1000, 100, true}} {
		if low, high := s.at(s.low), s.at(s.high); math.Abs(low) > 1e-9 || math.Abs(high-100) > 1e-9 {
			t.Errorf("%+v maps its ends to %g and %g", s, low, high)
		}
		if below, above := s.at(0), s.at(1e9); below != 0 || above != 100 {
			t.Errorf("%+v maps what is beyond it to %g and %g", s, below, above)
		}
	}
	if got := (scale{0.1, 1000, 100, true}).at(10); math.Abs(got-50) > 1e-9 {
		t.Errorf("the middle of a logarithmic scale is at %g", got)
	}
}
