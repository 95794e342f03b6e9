package bind_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/money"
)

func nfc(s string) string { return norm.NFC.String(s) }

// only reads body and returns the one violation that ask finds.
func only(t *testing.T, ask func(*bind.Input), body string) bind.Violation {
	t.Helper()
	in := bind.Parse([]byte(body), "application/json")
	ask(in)
	violations, ok := bind.Of(in.Err())
	if !ok || len(violations) != 1 {
		t.Fatalf("%.80q: want one violation, got %v", body, in.Err())
	}
	return violations[0]
}

func TestTextIsTrimmedAndNormalised(t *testing.T) {
	cases := []struct {
		name, body, want string
		rules            []bind.Rule
	}{
		{"plain", `{"v":"abc"}`, "abc", nil},
		{"white space around it goes", `{"v":" \u00a0\n abc d\t "}`, "abc d", nil},
		{"decomposed becomes composed", `{"v":"e\u0301"}`, "\u00e9", nil},
		{"escapes are read", `{"v":"\u0416\/\\\"\ud83d\ude00"}`, "Ж/\\\"😀", nil},
		{"line breaks where allowed", `{"v":"a\r\n\tb"}`, "a\r\n\tb", []bind.Rule{bind.Multiline}},
		{"empty where allowed", `{"v":"  "}`, "", []bind.Rule{bind.AllowEmpty}},
		{"as long as allowed, in characters", `{"v":"жжж"}`, "жжж", []bind.Rule{bind.Max(3)}},
		{"as long as allowed, once normalised", `{"v":"e\u0301e\u0301"}`, "éé", []bind.Rule{bind.Max(2)}},
		{"white space around it does not count", `{"v":"  abc  "}`, "abc", []bind.Rule{bind.Max(3)}},
		{"a pattern that matches", `{"v":"0443"}`, "0443", []bind.Rule{bind.Match(fourDigits)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := bind.Parse([]byte(c.body), "")
			got := in.String("v", c.rules...)
			if err := in.Err(); err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

func TestBadTextIsAViolationNeverACut(t *testing.T) {
	cases := []struct {
		name, body string
		rules      []bind.Rule
		kind       bind.Kind
		limit      int
		input      string
	}{
		{"missing", `{"w":"x"}`, nil, bind.Missing, 0, `{"w":"x"}`},
		{"missing in another case", `{"V":"x"}`, nil, bind.Missing, 0, `{"V":"x"}`},
		{"null", `{"v":null}`, nil, bind.NotString, 0, `null`},
		{"a number is no text", `{"v":12}`, nil, bind.NotString, 0, `12`},
		{"true is no text", `{"v":true}`, nil, bind.NotString, 0, `true`},
		{"a list is no text", `{"v":["x"]}`, nil, bind.NotString, 0, `["x"]`},
		{"an object is no text", `{"v":{"v":"x"}}`, nil, bind.NotString, 0, `{"v":"x"}`},
		{"empty", `{"v":""}`, nil, bind.TooShort, 1, `""`},
		{"nothing but white space", `{"v":" \u3000 "}`, nil, bind.TooShort, 1, `" \u3000 "`},
		{"too short", `{"v":"ab"}`, []bind.Rule{bind.Min(3)}, bind.TooShort, 3, `"ab"`},
		{"too long", `{"v":"жжжж"}`, []bind.Rule{bind.Max(3)}, bind.TooLong, 3, `"жжжж"`},
		{"too long without a rule", `{"v":"` + strings.Repeat("a", 256) + `"}`, nil, bind.TooLong, 255, `"` + strings.Repeat("a", 256) + `"`},
		{"a NUL", `{"v":"a\u0000b"}`, nil, bind.ControlChar, 0, `"a\u0000b"`},
		{"an escape character", `{"v":"a\u001bb"}`, nil, bind.ControlChar, 0, `"a\u001bb"`},
		{"a delete", "{\"v\":\"a\x7fb\"}", nil, bind.ControlChar, 0, "\"a\x7fb\""},
		{"a C1 control", `{"v":"ж\u0085ж"}`, nil, bind.ControlChar, 0, `"ж\u0085ж"`},
		{"a line break", `{"v":"a\nb"}`, nil, bind.ControlChar, 0, `"a\nb"`},
		{"a tab", `{"v":"a\tb"}`, nil, bind.ControlChar, 0, `"a\tb"`},
		{"a NUL where line breaks are allowed", `{"v":"a\n\u0000"}`, []bind.Rule{bind.Multiline}, bind.ControlChar, 0, `"a\n\u0000"`},
		{"a pattern that does not match", `{"v":"044"}`, []bind.Rule{bind.Match(fourDigits)}, bind.Mismatch, 0, `"044"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := only(t, func(in *bind.Input) {
				if text := in.String("v", c.rules...); text != "" {
					t.Errorf("returned %q", text)
				}
			}, c.body)
			if got.Kind != c.kind || got.Limit != c.limit || string(got.Input) != c.input || got.Name != "v" || got.In != bind.Body {
				t.Errorf("got %+v, input %s", got, got.Input)
			}
			if got.IsNull() != (c.name == "null") {
				t.Errorf("IsNull is %t", got.IsNull())
			}
		})
	}
}

func TestOptionalTextMayBeMissingOrNullButNotWrong(t *testing.T) {
	for _, body := range []string{`{}`, `{"v":null}`} {
		in := bind.Parse([]byte(body), "")
		if text, given := in.OptionalString("v"); text != "" || given || in.Err() != nil {
			t.Errorf("%s: %q, %t, %v", body, text, given, in.Err())
		}
		if secret, given := in.OptionalSecret("v"); secret != "" || given || in.Err() != nil {
			t.Errorf("%s: secret %q, %t, %v", body, secret, given, in.Err())
		}
	}
	in := bind.Parse([]byte(`{"v":""}`), "")
	if text, given := in.OptionalString("v", bind.AllowEmpty); text != "" || !given || in.Err() != nil {
		t.Errorf("empty: %q, %t, %v", text, given, in.Err())
	}
	if got := only(t, func(in *bind.Input) { in.OptionalString("v") }, `{"v":7}`); got.Kind != bind.NotString {
		t.Errorf("a number: %s", got.Kind)
	}
	if got := only(t, func(in *bind.Input) { in.OptionalString("v", bind.Max(2)) }, `{"v":"abc"}`); got.Kind != bind.TooLong {
		t.Errorf("too long: %s", got.Kind)
	}
}

func TestASecretIsNeverTrimmed(t *testing.T) {
	in := bind.Parse([]byte(`{"p":" pass wo\u0301rd "}`), "")
	if got := in.Secret("p"); got != " pass w\u00f3rd " || in.Err() != nil {
		t.Errorf("got %q, %v", got, in.Err())
	}
	if got := only(t, func(in *bind.Input) { in.Secret("p") }, `{"p":"a\u0000"}`); got.Kind != bind.ControlChar {
		t.Errorf("control character: %s", got.Kind)
	}
	if got := only(t, func(in *bind.Input) { in.Secret("p", bind.Max(128)) }, `{"p":"`+strings.Repeat("a", 129)+`"}`); got.Kind != bind.TooLong {
		t.Errorf("too long: %s", got.Kind)
	}
}

func TestDecimalsAreExactAndNothingElse(t *testing.T) {
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
		{`1.005`, bind.TooPrecise},
		{`1e-3`, bind.TooPrecise},
		{`"0.001"`, bind.TooPrecise},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.Decimal("v", bind.Positive, bind.Places(2)) }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || string(got.Input) != c.text {
			t.Errorf("%.40s: got %s of %.40s, want %s", c.text, got.Kind, got.Input, c.kind)
		}
	}
	if got := only(t, func(in *bind.Input) { in.Decimal("v") }, `{}`); got.Kind != bind.Missing {
		t.Errorf("missing: %s", got.Kind)
	}
	in := bind.Parse([]byte(`{"v":1.500}`), "")
	if in.Decimal("v", bind.Places(1)); in.Err() != nil {
		t.Errorf("trailing zeros count as decimals: %v", in.Err())
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

func TestEmailAddresses(t *testing.T) {
	in := bind.Parse([]byte(`{"email":" User@Example.COM "}`), "")
	if got := in.Email("email"); got != "User@example.com" || in.Err() != nil {
		t.Errorf("got %q, %v", got, in.Err())
	}
	for text, want := range map[string]bind.Kind{
		`7`: bind.NotString, `null`: bind.NotString, `""`: bind.InvalidEmail, `"string"`: bind.InvalidEmail, `"a@b"`: bind.InvalidEmail, `"a\u0000@b.co"`: bind.ControlChar,
		`"` + strings.Repeat("a", 1000) + `@b.co"`: bind.InvalidEmail,
	} {
		if got := only(t, func(in *bind.Input) { in.Email("email") }, `{"email":`+text+`}`); got.Kind != want {
			t.Errorf("%.30s: %s, want %s", text, got.Kind, want)
		}
	}
}

func TestDates(t *testing.T) {
	day := time.Date(2019, 8, 24, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{`"2019-08-24"`, `"2019-08-24T00:00:00"`, `"2019-08-24 00:00Z"`, `1566604800`, `"1566604800"`, `1566604800000`} {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		if got := in.Date("v"); !got.Equal(day) || in.Err() != nil {
			t.Errorf("%s: %v, %v", text, got, in.Err())
		}
	}
	bad := []struct {
		text   string
		kind   bind.Kind
		reason string
	}{
		{`null`, bind.NotDate, ""},
		{`true`, bind.NotDate, ""},
		{`[]`, bind.NotDate, ""},
		{`""`, bind.DateText, bind.DateTooShort},
		{`"2019-8-4"`, bind.DateText, bind.DateTooShort},
		{`"not a date at all"`, bind.DateText, bind.DateYearCharacter},
		{`"2019/08/24"`, bind.DateText, bind.DateSeparator},
		{`"2019-x8-24"`, bind.DateText, bind.DateMonthCharacter},
		{`"2019-08-x4"`, bind.DateText, bind.DateDayCharacter},
		{`"2019-13-24"`, bind.DateText, bind.DateMonthRange},
		{`"2019-00-24"`, bind.DateText, bind.DateMonthRange},
		{`"2019-02-29"`, bind.DateText, bind.DateDayRange},
		{`"2019-08-00"`, bind.DateText, bind.DateDayRange},
		{`"0019-08-24"`, bind.DateText, bind.DateYearRange},
		{`"2019-08-24x"`, bind.DateText, bind.DateTimeSeparator},
		{`"2019-08-24T25:00"`, bind.DateText, bind.TimeHourRange},
		{`"2019-08-24T14:15:22Z"`, bind.DateWithTime, ""},
		{`1566604801`, bind.DateWithTime, ""},
		{`-20000000000`, bind.DateText, bind.TimestampTooSmall},
		{`1e30`, bind.DateText, bind.TimestampTooLarge},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.Date("v") }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || got.Detail != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.text, got.Kind, got.Detail, c.kind, c.reason)
		}
	}
}

func TestDateTimesAreUTCUnlessTheySayOtherwise(t *testing.T) {
	for text, want := range map[string]string{
		`"2019-08-24T14:15:22Z"`:           "2019-08-24T14:15:22Z",
		`"2019-08-24T14:15:22"`:            "2019-08-24T14:15:22Z",
		`"2019-08-24 14:15"`:               "2019-08-24T14:15:00Z",
		`"2019-08-24T14:15:22+05:30"`:      "2019-08-24T08:45:22Z",
		`"2019-08-24T14:15:22-0800"`:       "2019-08-24T22:15:22Z",
		`"2019-08-24T14:15:22\u221208"`:    "",
		`"2019-08-24T14:15:22\u221208:0"`:  "",
		`"2019-08-24T14:15:22\u221208:00"`: "2019-08-24T22:15:22Z",
		`"2019-08-24t14:15:22.25z"`:        "2019-08-24T14:15:22.25Z",
		`"2019-08-24_14:15:22,000001"`:     "2019-08-24T14:15:22.000001Z",
		`"2019-08-24"`:                     "2019-08-24T00:00:00Z",
		`1566656122`:                       "2019-08-24T14:15:22Z",
		`1566656122.5`:                     "2019-08-24T14:15:22.5Z",
		`1566656122500`:                    "2019-08-24T14:15:22.5Z",
		`"1566656122"`:                     "2019-08-24T14:15:22Z",
		`-0.5`:                             "1969-12-31T23:59:59.5Z",
	} {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		got := in.DateTime("v")
		if want == "" {
			if in.Err() == nil {
				t.Errorf("%s: accepted as %v", text, got)
			}
			continue
		}
		if in.Err() != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v, want %s", text, got, in.Err(), want)
		}
	}
	bad := []struct {
		text   string
		kind   bind.Kind
		reason string
	}{
		{`null`, bind.NotDateTime, ""},
		{`false`, bind.NotDateTime, ""},
		{`"tomorrow"`, bind.DateTimeText, bind.DateTooShort},
		{`"2019-13-24T14:15:22Z"`, bind.DateTimeText, bind.DateMonthRange},
		{`"2019-08-24T24:00:00Z"`, bind.DateTimeText, bind.DateExtraCharacters},
		{`"2019-08-24T14:15:22+25:00"`, bind.DateTimeText, bind.DateExtraCharacters},
		{`1e20`, bind.DateTimeText, bind.DateTooShort},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.DateTime("v") }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || got.Detail != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.text, got.Kind, got.Detail, c.kind, c.reason)
		}
	}
}

func TestAllViolationsAreToldInTheOrderAsked(t *testing.T) {
	in := bind.Parse([]byte(`{"amount":"much","extra":{"ignored":[1,2]},"name":7}`), "application/json; charset=utf-8")
	in.Path(func(string) string { return "12a" }).String("four_digits", bind.Match(fourDigits))
	in.Query(url.Values{"limit": {"x", "5"}}).OptionalInt("limit")
	in.Query(nil).Int("before")
	in.Header(http.Header{"X-Trace": {"\xff\x00"}}).String("X-Trace")
	in.String("email")
	in.String("name")
	in.Decimal("amount")
	violations, _ := bind.Of(in.Err())
	var got []string
	for _, v := range violations {
		got = append(got, fmt.Sprintf("%s %s %s %s", v.In, v.Name, v.Kind, v.Input))
	}
	want := []string{
		`path four_digits mismatch "12a"`,
		`query limit integer_text "x"`,
		`query before missing `,
		`header X-Trace control_character "` + "\ufffd" + `\u0000"`,
		`body email missing {"amount":"much","extra":{"ignored":[1,2]},"name":7}`,
		`body name not_string 7`,
		`body amount number_text "much"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if kind := fault.KindOf(in.Err()); kind != fault.Invalid || !errors.Is(in.Err(), bind.ErrInput) {
		t.Errorf("kind %s, %v", kind, in.Err())
	}
}

func TestABodyThatIsNoObjectIsOneViolation(t *testing.T) {
	cases := []struct {
		name, body, contentType string
		kind                    bind.Kind
		input                   string
	}{
		{"none", "", "", bind.Missing, ""},
		{"none, declared as JSON", "", "application/json", bind.Missing, ""},
		{"null", " null ", "", bind.Missing, ""},
		{"a list", `[{"a":"x"}]`, "", bind.NotObject, `[{"a":"x"}]`},
		{"a string", ` "a" `, "", bind.NotObject, `"a"`},
		{"a number", `12`, "", bind.NotObject, `12`},
		{"malformed", `{`, "", bind.Malformed, ""},
		{"another Content-Type", `{"a":"x"}`, "text/plain", bind.NotObject, `"{\"a\":\"x\"}"`},
		{"a form", `a=x`, "application/x-www-form-urlencoded", bind.NotObject, `"a=x"`},
		{"a Content-Type that is none", `{}`, "json", bind.NotObject, `"{}"`},
		{"too large", `{"a":"` + strings.Repeat("a", bind.MaxBody) + `"}`, "", bind.TooLarge, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := bind.Parse([]byte(c.body), c.contentType)
			if in.Err() != nil {
				t.Errorf("told before anything was asked: %v", in.Err())
			}
			in.String("a")
			in.OptionalString("b")
			in.Int("c")
			in.Query(nil).OptionalInt("limit")
			violations, _ := bind.Of(in.Err())
			if len(violations) != 1 {
				t.Fatalf("got %v", in.Err())
			}
			if v := violations[0]; v.Kind != c.kind || string(v.Input) != c.input || v.Name != "" || v.In != bind.Body {
				t.Errorf("got %+v, input %s", v, v.Input)
			}
			if in.Given("a") {
				t.Error("a field is there")
			}
		})
	}
}

func TestJSONIsDeclaredInManyWays(t *testing.T) {
	for _, contentType := range []string{"", "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;", "application/problem+json", "application/json; x"} {
		in := bind.Parse([]byte(`{"a":"x"}`), contentType)
		if got := in.String("a"); got != "x" {
			t.Errorf("%q: %v", contentType, in.Err())
		}
	}
}

func TestADomainErrorBecomesAViolationOfItsField(t *testing.T) {
	weak := &fault.Error{Kind: fault.Invalid, Code: "test.weak", Text: "weak"}
	in := bind.Parse([]byte(`{"password":"short","amount":1.005}`), "")
	cases := []struct {
		name string
		in   *bind.Input
		err  error
		want string
	}{
		{"a reason that is a kind", in, weak.In(fault.Field{Name: "password", Reason: "too_short", Params: map[string]string{"min": "8"}}), `body password too_short 8  "short"`},
		{"too many decimals", in, fmt.Errorf("transfer: %w", money.ErrTooPrecise.In(fault.Field{Name: "amount", Reason: "too_precise", Params: map[string]string{"places": "2"}})), `body amount too_precise 2  1.005`},
		{"a reason of its own", in, weak.In(fault.Field{Name: "password", Reason: "common"}), `body password refused 0 common "short"`},
		{"a limit that is not told", in, weak.In(fault.Field{Name: "password", Reason: "too_long"}), `body password refused 0 too_long "short"`},
		{"no field", in, weak, `body  refused 0  {"password":"short","amount":1.005}`},
		{"a header", in, weak.In(fault.Field{Name: "Idempotency-Key", Reason: "malformed"}), `header Idempotency-Key refused 0 malformed `},
		{"no input", nil, weak.In(fault.Field{Name: "password", Reason: "common"}), `body password refused 0 common `},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			violations, _ := bind.Of(c.in.Explain(c.err))
			if len(violations) != 1 {
				t.Fatalf("got %v", violations)
			}
			v := violations[0]
			if got := fmt.Sprintf("%s %s %s %d %s %s", v.In, v.Name, v.Kind, v.Limit, v.Detail, v.Input); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for _, err := range []error{nil, errors.New("disk"), fault.ErrUnavailable, bind.ErrInput.Because(bind.Violations{{Kind: bind.Missing}})} {
		if got := in.Explain(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestAnErrorsTextHoldsNoInput(t *testing.T) {
	in := bind.Parse([]byte(`{"password":"hunter2\u0000","email":"hunter2","n":"hunter2"}`), "")
	in.Secret("password")
	in.Email("email")
	in.Int("n")
	in.String("hunter")
	text := fmt.Sprintf("%v %+v %s", in.Err(), in.Err(), in.Err())
	if strings.Contains(text, "hunter2") || !strings.Contains(text, `body "password": control_character`) {
		t.Errorf("got %s", text)
	}
}
