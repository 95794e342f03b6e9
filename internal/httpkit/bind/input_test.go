package bind_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
	for _, contentType := range []string{"", "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;", "application/problem+json", "application/json; x", "application/json; a=b; a=c"} {
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
		{"out of range", in, money.ErrDecimalRange.In(fault.Field{Name: "amount", Reason: "decimal_range"}), `body amount decimal_range 0  1.005`},
		{"not positive", in, weak.In(fault.Field{Name: "amount", Reason: "not_positive"}), `body amount not_positive 0  1.005`},
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
	violations, _ := bind.Of(in.Err())
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("refused", "error", in.Err(), "all", violations, "first", violations[0])
	text := fmt.Sprintf("%v %+v %s %+v %#v %s %x", in.Err(), in.Err(), in.Err(), violations, violations, violations[0], violations[1]) + logged.String()
	if strings.Contains(text, "hunter2") || !strings.Contains(text, `body "password": control_character`) {
		t.Errorf("got %s", text)
	}
}

func TestWhatIsNotThereIsMissing(t *testing.T) {
	for _, ask := range []func(*bind.Input){
		func(in *bind.Input) { in.Date("v") },
		func(in *bind.Input) { in.DateTime("v") },
		func(in *bind.Input) { in.Bool("v") },
		func(in *bind.Input) { in.Email("v") },
		func(in *bind.Input) { in.Secret("v") },
		func(in *bind.Input) { in.Int("v") },
	} {
		if got := only(t, ask, `{}`); got.Kind != bind.Missing || string(got.Input) != `{}` {
			t.Errorf("got %v of %s", got, got.Input)
		}
	}
}
