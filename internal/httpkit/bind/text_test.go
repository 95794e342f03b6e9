package bind_test

import (
	"regexp"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
)

func TestTextIsTrimmedAndNormalised(t *testing.T) {
	cases := []struct {
		name, body, want string
		rules            []bind.Rule
	}{
		{"plain", `{"v":"abc"}`, "abc", nil},
		{"white space around it goes", `{"v":" \u00a0\n abc d\t "}`, "abc d", nil},
		{"decomposed becomes composed", `{"v":"e\u0301"}`, "\u00e9", nil},
		{"escapes are read", `{"v":"\u0416\/\\\"\uD83D\ude00"}`, "Ж/\\\"😀", nil},
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

func TestACheckSeesTheTextAsItIsReadAndNamesItsReason(t *testing.T) {
	check := bind.Check("no_umlaut", func(text string) bool { return text == "wörd" })
	in := bind.Parse([]byte(`{"v":" wo\u0308rd ","s":"wo\u0308rd"}`), "")
	if text, secret := in.String("v", check), in.Secret("s", check); text != "wörd" || secret != "wörd" || in.Err() != nil {
		t.Errorf("got %q, %q, %v", text, secret, in.Err())
	}
	never := bind.Check("never", func(string) bool { return false })
	for _, body := range []string{`{"v":"word"}`, `{"v":""}`} {
		got := only(t, func(in *bind.Input) { in.String("v", bind.AllowEmpty, check, never) }, body)
		if got.Kind != bind.Refused || got.Detail != "no_umlaut" || got.Cause != nil {
			t.Errorf("%s: got %+v", body, got)
		}
	}
	if got := only(t, func(in *bind.Input) { in.String("v", bind.Max(2), never) }, `{"v":"word"}`); got.Kind != bind.TooLong {
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

func TestATextMayBeWrittenAsANumberWhereARuleSaysSo(t *testing.T) {
	in := bind.Parse([]byte(`{"a":77011234567,"b":1.50,"c":true,"d":12,"e":5}`), "")
	if a, b, e := in.String("a", bind.OrNumber), in.Secret("b", bind.OrNumber), in.Email("e", bind.OrNumber); a != "77011234567" || b != "1.50" || e != "" {
		t.Errorf("got %q, %q and %q", a, b, e)
	}
	in.String("c", bind.OrNumber)
	in.String("d")
	if got := in.Err().Error(); !strings.HasSuffix(got, `body "e": invalid_email, body "c": not_string, body "d": not_string`) {
		t.Errorf("%s", got)
	}
}

func TestASurfacesOwnRuleRefusesAValueThatIsRightSoFar(t *testing.T) {
	rule := fault.Error{Kind: fault.Invalid, Code: "test.rule"}
	in := bind.Parse([]byte(`{"a":"x","b":1}`), "")
	in.String("a")
	in.String("b")
	for _, name := range []string{"a", "b", "c"} {
		in.Refuse(name, rule.In(fault.Field{Reason: "own"}))
	}
	violations, _ := bind.Of(in.Err())
	if len(violations) != 3 || violations[0].Kind != bind.NotString || violations[1].Detail != "own" || string(violations[1].Input) != `"x"` || violations[2].Name != "c" {
		t.Errorf("%v", violations)
	}
	broken := bind.Parse([]byte(`[`), "")
	broken.Refuse("a", &rule)
	broken.Whole()
	broken.Whole()
	if violations, _ := bind.Of(broken.Err()); len(violations) != 1 || violations[0].Kind != bind.Malformed {
		t.Errorf("of a broken body: %v", violations)
	}
	if raw := in.Raw("b"); string(raw) != "1" || in.Raw("c") != nil || broken.Raw("a") != nil {
		t.Errorf("raw %s", raw)
	}
}
