package bind_test

import (
	"strings"
	"testing"

	"purse/internal/httpkit/bind"
)

func TestSecurity16DecimalsAreExactAndNothingElse(t *testing.T) {
	good := map[string]string{
		`1`: "1", `0.1`: "0.1", `12.50`: "12.5", `1e3`: "1000", `1.5E-3`: "0.0015", `1E+2`: "100", `9007199254740993`: "9007199254740993",
		`92233720368547758.07`: "92233720368547758.07", `"12.5"`: "12.5", `" 12.5\n"`: "12.5", `"1_000.5_0"`: "1000.5", `"+.5"`: "0.5", `"5."`: "5", `"1e2"`: "100",
		`0.30000000000000004`: "0.30000000000000004", `0.0000000000000000000000000000000`: "0", `-0.0`: "0", `-3`: "-3",
	}
	for text, want := range good {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		if got := in.Decimal("v"); in.Err() != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, in.Err(), want)
		}
	}
	bad := []struct {
		text string
		kind bind.Kind
	}{
		{`null`, bind.NotNumber},
		{`true`, bind.NotNumber},
		{`false`, bind.NotNumber},
		{`[]`, bind.NotNumber},
		{`{}`, bind.NotNumber},
		{`""`, bind.NumberText},
		{`"abc"`, bind.NumberText},
		{`"12,5"`, bind.NumberText},
		{`"1 2"`, bind.NumberText},
		{`"_1"`, bind.NumberText},
		{`"1_"`, bind.NumberText},
		{`"1__0"`, bind.NumberText},
		{`"1_.5"`, bind.NumberText},
		{`"0x10"`, bind.NumberText},
		{`"१२"`, bind.NumberText},
		{`"--1"`, bind.NumberText},
		{`"NaN"`, bind.OutOfRange},
		{`"nan"`, bind.OutOfRange},
		{`"Infinity"`, bind.OutOfRange},
		{`"-inf"`, bind.OutOfRange},
		{`"+Infinity"`, bind.OutOfRange},
		{`1e400`, bind.OutOfRange},
		{`-1e400`, bind.OutOfRange},
		{`1e-400`, bind.OutOfRange},
		{`"1e400"`, bind.OutOfRange},
		{`1e99999999999999999999`, bind.OutOfRange},
		{strings.Repeat("9", 200), bind.OutOfRange},
		{`"` + strings.Repeat("9", 200) + `"`, bind.OutOfRange},
		{`0.` + strings.Repeat("3", 200), bind.OutOfRange},
		{`0`, bind.NotPositive},
		{`-0`, bind.NotPositive},
		{`0e5`, bind.NotPositive},
		{`0.000`, bind.NotPositive},
		{`-0.01`, bind.NotPositive},
		{`"-5"`, bind.NotPositive},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.Decimal("v", bind.Positive) }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || string(got.Input) != c.text {
			t.Errorf("%.40s: got %s of %.40s, want %s", c.text, got.Kind, got.Input, c.kind)
		}
	}
	if got := only(t, func(in *bind.Input) { in.Decimal("v") }, `{}`); got.Kind != bind.Missing {
		t.Errorf("missing: %s", got.Kind)
	}
}

func TestIntegersAreWholeAndBelowTwoToThe53(t *testing.T) {
	good := map[string]int64{
		`7`: 7, `-7`: -7, `0`: 0, `-0`: 0, `3.0`: 3, `3e2`: 300, `30e-1`: 3, `"3"`: 3, `" 3 "`: 3, `"3.00"`: 3, `"+3"`: 3, `"1_000"`: 1000, `"007"`: 7, `"3."`: 3,
		`9007199254740991`: 1<<53 - 1, `-9007199254740991`: -(1<<53 - 1),
	}
	for text, want := range good {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		if got := in.Int("v"); in.Err() != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, in.Err(), want)
		}
	}
	bad := []struct {
		text string
		kind bind.Kind
	}{
		{`null`, bind.NotInteger},
		{`true`, bind.NotInteger},
		{`[1]`, bind.NotInteger},
		{`{}`, bind.NotInteger},
		{`3.5`, bind.Fractional},
		{`1e-1`, bind.Fractional},
		{`"3.5"`, bind.IntegerText},
		{`"1e2"`, bind.IntegerText},
		{`"x"`, bind.IntegerText},
		{`""`, bind.IntegerText},
		{`"."`, bind.IntegerText},
		{`"1-2"`, bind.IntegerText},
		{`"NaN"`, bind.IntegerText},
		{`9007199254740992`, bind.IntegerTooBig},
		{`-9007199254740992`, bind.IntegerTooBig},
		{`"9007199254740992"`, bind.IntegerTooBig},
		{`9223372036854775808`, bind.IntegerTooBig},
		{`1e18`, bind.IntegerTooBig},
		{strings.Repeat("9", 200), bind.IntegerTooBig},
		{`1e400`, bind.OutOfRange},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.Int("v") }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind {
			t.Errorf("%.40s: got %s, want %s", c.text, got.Kind, c.kind)
		}
	}
	for _, text := range []string{`0`, `-1`, `"-1"`} {
		if got := only(t, func(in *bind.Input) { in.Int("v", bind.Positive) }, `{"v":`+text+`}`); got.Kind != bind.NotPositive {
			t.Errorf("%s: got %s", text, got.Kind)
		}
	}
	in := bind.Parse([]byte(`{"v":null}`), "")
	if n, given := in.OptionalInt("v"); n != 0 || given || in.Err() != nil {
		t.Errorf("optional null: %d, %t, %v", n, given, in.Err())
	}
}

func TestTruthValues(t *testing.T) {
	for text, want := range map[string]bool{`true`: true, `false`: false, `1`: true, `0`: false, `1.0`: true, `"YES"`: true, `"off"`: false, `"0"`: false} {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		if got := in.Bool("v"); got != want || in.Err() != nil {
			t.Errorf("%s: %t, %v", text, got, in.Err())
		}
	}
	for text, want := range map[string]bind.Kind{`null`: bind.NotBoolean, `[]`: bind.NotBoolean, `2`: bind.BooleanText, `0.5`: bind.BooleanText, `"maybe"`: bind.BooleanText, `""`: bind.BooleanText} {
		if got := only(t, func(in *bind.Input) { in.Bool("v") }, `{"v":`+text+`}`); got.Kind != want {
			t.Errorf("%s: %s, want %s", text, got.Kind, want)
		}
	}
}
