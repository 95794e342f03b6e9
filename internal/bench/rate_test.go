package bench

import (
	"math"
	"testing"
)

func TestRatesAreSharesOrNumbers(t *testing.T) {
	for _, test := range []struct {
		text string
		want Rate
	}{
		{"", Rate{}},
		{"80%", Rate{Share: 0.8}},
		{"400 %", Rate{Share: 4}},
		{"5000", Rate{PerSecond: 5000}},
		{"5000/s", Rate{PerSecond: 5000}},
		{"0.5", Rate{PerSecond: 0.5}},
	} {
		got, err := ParseRate(test.text)
		if err != nil || math.Abs(got.Share-test.want.Share) > 1e-9 || got.PerSecond != test.want.PerSecond {
			t.Errorf("%q is %+v, %v; want %+v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"0", "-1", "0%", "fast", "NaN", "Inf", "%", "/s", "80/s%", "1001%", "1000001", "1e400"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

func TestAShareIsOfWhatWasMeasured(t *testing.T) {
	if got := (Rate{Share: 0.8}).of(1000); got != 800 {
		t.Errorf("80 %% of 1000/s is %g", got)
	}
	if got := (Rate{PerSecond: 30}).of(1000); got != 30 {
		t.Errorf("30/s is %g", got)
	}
	if got := (Rate{}).of(1000); got != 0 {
		t.Errorf("no rate is %g", got)
	}
}

func FuzzParseRate(f *testing.F) {
	for _, text := range []string{"", "80%", "5000/s", "1e3", "-0%", "0x1p4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRate(text)
		if err != nil {
			return
		}
		if r.PerSecond != 0 && r.Share != 0 || !(r.PerSecond >= 0 && r.PerSecond <= mostRate) || !(r.Share >= 0 && r.Share <= mostShare) {
			t.Errorf("%q is %+v", text, r)
		}
	})
}
