package pydantic_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/pydantic"
)

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

// detail is what a request with body is answered when ask reads it, without the
// envelope.
func detail(t *testing.T, body string, ask func(in *bind.Input)) string {
	t.Helper()
	in := bind.Parse([]byte(body), "application/json")
	ask(in)
	return unwrap(t, in.Err())
}

func unwrap(t *testing.T, err error) string {
	t.Helper()
	text, open := strings.CutPrefix(string(pydantic.Body(err)), `{"detail":[`)
	text, closed := strings.CutSuffix(text, `]}`)
	if !open || !closed || !json.Valid([]byte("["+text+"]")) {
		t.Fatalf("not an answer: %s", pydantic.Body(err))
	}
	return text
}

func TestEveryViolationIsWordedAsPydanticDoes(t *testing.T) {
	text := func(rules ...bind.Rule) func(*bind.Input) { return func(in *bind.Input) { in.String("v", rules...) } }
	email := func(in *bind.Input) { in.Email("v") }
	number := func(in *bind.Input) { in.Decimal("v", bind.Positive) }
	integer := func(in *bind.Input) { in.Int("v", bind.Positive) }
	truth := func(in *bind.Input) { in.Bool("v") }
	date := func(in *bind.Input) { in.Date("v") }
	moment := func(in *bind.Input) { in.DateTime("v") }
	list := func(in *bind.Input) {
		for _, one := range in.Objects("v", 2).All() {
			one.String("w")
		}
	}
	cases := []struct {
		name string
		ask  func(*bind.Input)
		body string
		want string
	}{
		{"null for a list", list, `{"v":null}`, `{"type":"list_type","loc":["body","v"],"msg":"Input should be a valid list","input":null}`},
		{"an empty list", list, `{"v":[]}`, `{"type":"too_short","loc":["body","v"],"msg":"List should have at least 1 item after validation, not 0","input":[],"ctx":{"actual_length":0,"field_type":"List","min_length":1}}`},
		{"a long list", list, `{"v":[1,2,3]}`, `{"type":"too_long","loc":["body","v"],"msg":"List should have at most 2 items after validation, not 3","input":[1,2,3],"ctx":{"actual_length":3,"field_type":"List","max_length":2}}`},
		{"no object in a list", list, `{"v":[{"w":"a"},5]}`, `{"type":"model_attributes_type","loc":["body","v",1],"msg":"Input should be a valid dictionary or object to extract fields from","input":5}`},
		{"missing in an object of a list", list, `{"v":[{}]}`, `{"type":"missing","loc":["body","v",0,"w"],"msg":"Field required","input":{}}`},
		{"no body", text(), ``, `{"type":"missing","loc":["body"],"msg":"Field required","input":null}`},
		{"a null body", text(), `null`, `{"type":"missing","loc":["body"],"msg":"Field required","input":null}`},
		{"a body that is no object", text(), `[1, 2]`, `{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1,2]}`},
		{"malformed JSON", text(), `{"v": }`, `{"type":"json_invalid","loc":["body",6],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}`},
		{"a name without quotes", text(), `{v: 1}`, `{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting property name enclosed in double quotes"}}`},
		{"a bad escape", text(), `{"v":"\x"}`, `{"type":"json_invalid","loc":["body",6],"msg":"JSON decode error","input":{},"ctx":{"error":"Invalid \\escape"}}`},
		{"missing", text(), `{"w": "<a&b>"}`, `{"type":"missing","loc":["body","v"],"msg":"Field required","input":{"w":"<a&b>"}}`},
		{"null for a text", text(), `{"v":null}`, `{"type":"string_type","loc":["body","v"],"msg":"Input should be a valid string","input":null}`},
		{"a number for a text", text(), `{"v":12}`, `{"type":"string_type","loc":["body","v"],"msg":"Input should be a valid string","input":12}`},
		{"an empty text", text(), `{"v":""}`, `{"type":"string_too_short","loc":["body","v"],"msg":"String should have at least 1 character","input":"","ctx":{"min_length":1}}`},
		{"a long text", text(bind.Max(2)), `{"v":"abc"}`, `{"type":"string_too_long","loc":["body","v"],"msg":"String should have at most 2 characters","input":"abc","ctx":{"max_length":2}}`},
		{"a control character", text(), `{"v":"a\u0000b"}`, `{"type":"value_error","loc":["body","v"],"msg":"Value error, control characters are not allowed","input":"a\u0000b","ctx":{"error":{}}}`},
		{"a pattern", text(bind.Match(fourDigits)), `{"v":"12a"}`, `{"type":"string_pattern_mismatch","loc":["body","v"],"msg":"String should match pattern '^[0-9]{4}$'","input":"12a","ctx":{"pattern":"^[0-9]{4}$"}}`},
		{"an e-mail address without @", email, `{"v":"string"}`, `{"type":"value_error","loc":["body","v"],"msg":"value is not a valid email address: An email address must have an @-sign.","input":"string","ctx":{"reason":"An email address must have an @-sign."}}`},
		{"an e-mail address with bad characters", email, `{"v":"a b(é@example.com"}`, `{"type":"value_error","loc":["body","v"],"msg":"value is not a valid email address: The email address contains invalid characters before the @-sign: '(', SPACE.","input":"a b(é@example.com","ctx":{"reason":"The email address contains invalid characters before the @-sign: '(', SPACE."}}`},
		{"a long e-mail address", email, `{"v":"` + strings.Repeat("a", 66) + `@b.co"}`, `{"type":"value_error","loc":["body","v"],"msg":"value is not a valid email address: The email address is too long before the @-sign (2 characters too many).","input":"` + strings.Repeat("a", 66) + `@b.co","ctx":{"reason":"The email address is too long before the @-sign (2 characters too many)."}}`},
		{"null for a number", number, `{"v":null}`, `{"type":"float_type","loc":["body","v"],"msg":"Input should be a valid number","input":null}`},
		{"true for a number", number, `{"v":true}`, `{"type":"float_type","loc":["body","v"],"msg":"Input should be a valid number","input":true}`},
		{"text for a number", number, `{"v":"abc"}`, `{"type":"float_parsing","loc":["body","v"],"msg":"Input should be a valid number, unable to parse string as a number","input":"abc"}`},
		{"a huge number", number, `{"v":1e400}`, `{"type":"finite_number","loc":["body","v"],"msg":"Input should be a finite number","input":1e400}`},
		{"not a number", number, `{"v":"NaN"}`, `{"type":"finite_number","loc":["body","v"],"msg":"Input should be a finite number","input":"NaN"}`},
		{"zero", number, `{"v":0}`, `{"type":"greater_than","loc":["body","v"],"msg":"Input should be greater than 0","input":0,"ctx":{"gt":0.0}}`},
		{"negative", number, `{"v":-5.5}`, `{"type":"greater_than","loc":["body","v"],"msg":"Input should be greater than 0","input":-5.5,"ctx":{"gt":0.0}}`},
		{"null for an integer", integer, `{"v":null}`, `{"type":"int_type","loc":["body","v"],"msg":"Input should be a valid integer","input":null}`},
		{"text for an integer", integer, `{"v":"abc"}`, `{"type":"int_parsing","loc":["body","v"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"abc"}`},
		{"a fraction for an integer", integer, `{"v":3.5}`, `{"type":"int_from_float","loc":["body","v"],"msg":"Input should be a valid integer, got a number with a fractional part","input":3.5}`},
		{"a huge integer", integer, `{"v":9007199254740992}`, `{"type":"int_parsing_size","loc":["body","v"],"msg":"Unable to parse input string as an integer, exceeded maximum size","input":9007199254740992}`},
		{"zero for an integer", integer, `{"v":0}`, `{"type":"greater_than","loc":["body","v"],"msg":"Input should be greater than 0","input":0,"ctx":{"gt":0}}`},
		{"null for a truth value", truth, `{"v":null}`, `{"type":"bool_type","loc":["body","v"],"msg":"Input should be a valid boolean","input":null}`},
		{"text for a truth value", truth, `{"v":"maybe"}`, `{"type":"bool_parsing","loc":["body","v"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}`},
		{"null for a date", date, `{"v":null}`, `{"type":"date_type","loc":["body","v"],"msg":"Input should be a valid date","input":null}`},
		{"text for a date", date, `{"v":"string"}`, `{"type":"date_from_datetime_parsing","loc":["body","v"],"msg":"Input should be a valid date or datetime, input is too short","input":"string","ctx":{"error":"input is too short"}}`},
		{"a month that is none", date, `{"v":"2019-13-24"}`, `{"type":"date_from_datetime_parsing","loc":["body","v"],"msg":"Input should be a valid date or datetime, month value is outside expected range of 1-12","input":"2019-13-24","ctx":{"error":"month value is outside expected range of 1-12"}}`},
		{"a date-time for a date", date, `{"v":"2019-08-24T14:15:22Z"}`, `{"type":"date_from_datetime_inexact","loc":["body","v"],"msg":"Datetimes provided to dates should have zero time - e.g. be exact dates","input":"2019-08-24T14:15:22Z"}`},
		{"null for a date-time", moment, `{"v":null}`, `{"type":"datetime_type","loc":["body","v"],"msg":"Input should be a valid datetime","input":null}`},
		{"text for a date-time", moment, `{"v":"not a date-time"}`, `{"type":"datetime_from_date_parsing","loc":["body","v"],"msg":"Input should be a valid datetime or date, invalid character in year","input":"not a date-time","ctx":{"error":"invalid character in year"}}`},
		{"an integer in the query", func(in *bind.Input) { in.Query(url.Values{"limit": {"ten"}}).OptionalInt("limit") }, ``, `{"type":"int_parsing","loc":["query","limit"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"ten"}`},
		{"missing in the query", func(in *bind.Input) { in.Query(nil).String("chat_id") }, ``, `{"type":"missing","loc":["query","chat_id"],"msg":"Field required","input":null}`},
		{"a pattern in the path", func(in *bind.Input) {
			in.Path(func(string) string { return "12\"a" }).String("four_digits", bind.Match(fourDigits))
		}, ``, `{"type":"string_pattern_mismatch","loc":["path","four_digits"],"msg":"String should match pattern '^[0-9]{4}$'","input":"12\"a","ctx":{"pattern":"^[0-9]{4}$"}}`},
		{"two at once", func(in *bind.Input) { in.String("a"); in.Int("b") }, `{"b":"x"}`, `{"type":"missing","loc":["body","a"],"msg":"Field required","input":{"b":"x"}},{"type":"int_parsing","loc":["body","b"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := detail(t, c.body, c.ask); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestEveryEmailReasonIsWordedAsEmailValidatorDoes(t *testing.T) {
	label := strings.Repeat("b", 64)
	for address, want := range map[string]string{
		"@example.com":                    "There must be something before the @-sign.",
		"a@":                              "There must be something after the @-sign.",
		".a@example.com":                  "An email address cannot start with a period.",
		"a.@example.com":                  "An email address cannot have a period immediately before the @-sign.",
		"a..b@example.com":                "An email address cannot have two periods in a row.",
		"a@example..com":                  "An email address cannot have two periods in a row.",
		"a@.example.com":                  "An email address cannot have a period immediately after the @-sign.",
		"a@example.com.":                  "An email address cannot end with a period.",
		"a@-example.com":                  "An email address cannot have a hyphen immediately after the @-sign.",
		"a@example.com-":                  "An email address cannot end with a hyphen.",
		"a@example-.com":                  "An email address cannot have a period and a hyphen next to each other.",
		"a@localhost":                     "The part after the @-sign is not valid. It should have a period.",
		"a@127.0.0.1":                     "The part after the @-sign is not valid. It is not within a valid top-level domain.",
		"a@b@example.com":                 "The part after the @-sign contains invalid characters: '@'.",
		"a@exa mple.c_m":                  "The part after the @-sign contains invalid characters: '_', SPACE.",
		"a@" + label + ".com":             "After the @-sign, periods cannot be separated by so many characters (1 character too many).",
		"A <a@example.com>":               "A display name and angle brackets around the email address are not permitted here.",
		"a\u00a0\u200b'@example.com":      "The email address contains invalid characters before the @-sign: NO-BREAK SPACE, U+200B.",
		`a\"@example.com`:                 `The email address contains invalid characters before the @-sign: "\", '"'.`,
		strings.Repeat("é", 65) + "@b.co": "The email address is too long before the @-sign (1 character too many).",
		"aa@" + strings.Repeat("b123456789.", 22) + "bbbbbbb.com": "The email address is too long (2 characters too many).",
		"a@" + strings.Repeat("b123456789.", 23) + "com":          "The email address is too long after the @-sign (3 characters too many).",
	} {
		body, err := json.Marshal(map[string]string{"v": address})
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Ctx struct{ Reason string }
		}
		if err := json.Unmarshal([]byte(detail(t, string(body), func(in *bind.Input) { in.Email("v") })), &got); err != nil {
			t.Fatal(err)
		}
		if got.Ctx.Reason != want {
			t.Errorf("%s: got %s, want %s", address, got.Ctx.Reason, want)
		}
	}
}

func TestADomainsRuleIsAValueError(t *testing.T) {
	weak := &fault.Error{Kind: fault.Invalid, Code: "test.weak", Text: "the password is too common"}
	in := bind.Parse([]byte(`{"password":"password"}`), "")
	err := weak.In(fault.Field{Name: "password", Reason: "common"})
	if got, want := unwrap(t, in.Explain(err)), `{"type":"value_error","loc":["body","password"],"msg":"Value error, the password is too common","input":"password","ctx":{"error":{}}}`; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := unwrap(t, err), `{"type":"value_error","loc":["body","password"],"msg":"Value error, the password is too common","input":null,"ctx":{"error":{}}}`; got != want {
		t.Errorf("unexplained: got %s", got)
	}
	err = weak.In(fault.Field{Name: "Idempotency-Key", Reason: "malformed"})
	if got, want := unwrap(t, err), `{"type":"value_error","loc":["header","idempotency-key"],"msg":"Value error, the password is too common","input":null,"ctx":{"error":{}}}`; got != want {
		t.Errorf("header: got %s", got)
	}
}

func TestALimitOfTheDomainIsWordedAsPydanticsOwn(t *testing.T) {
	rule := &fault.Error{Kind: fault.Invalid, Code: "test.limit", Text: "a limit"}
	in := bind.Parse([]byte(`{"v":"abc","w":1.005}`), "")
	for _, c := range []struct {
		field fault.Field
		want  string
	}{
		{fault.Field{Name: "v", Reason: "too_short", Params: map[string]string{"min": "8"}}, `{"type":"string_too_short","loc":["body","v"],"msg":"String should have at least 8 characters","input":"abc","ctx":{"min_length":8}}`},
		{fault.Field{Name: "w", Reason: "too_precise", Params: map[string]string{"places": "2"}}, `{"type":"decimal_max_places","loc":["body","w"],"msg":"Decimal input should have no more than 2 decimal places","input":1.005,"ctx":{"decimal_places":2}}`},
	} {
		if got := unwrap(t, in.Explain(rule.In(c.field))); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestAnErrorThatIsNoInputErrorHasNoDetail(t *testing.T) {
	if got := string(pydantic.Body(errors.New("disk full"))); got != `{"detail":[]}` {
		t.Errorf("got %s", got)
	}
}

func TestAnotherContentTypeIsAnsweredAsFastAPIDoes(t *testing.T) {
	in := bind.Parse([]byte(`{"v":1}`), "text/plain")
	in.Int("v")
	if got, want := unwrap(t, in.Err()), `{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"v\":1}"}`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestALargeBodyIsNeverEchoedWhole(t *testing.T) {
	long := strings.Repeat(`\ud83d\ude00é\n`, 1000)
	for name, body := range map[string]string{
		"missing fields":   `{"x":"` + long + `"}`,
		"a long text":      `{"a":"` + long + `"}`,
		"a long list":      `{"a":[` + strings.Repeat("1,", 5000) + `1]}`,
		"a long number":    `{"a":` + strings.Repeat("9", 5000) + `}`,
		"a long string":    `"` + long + `"`,
		"not JSON":         strings.Repeat("é<", 5000),
		"over the limit":   strings.Repeat(" ", bind.MaxBody+1),
		"a long object":    `{"a":{"b":"` + long + `"}}`,
		"ASCII to the cut": `{"a":"` + strings.Repeat("a", 10000) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			contentType := "application/json"
			if name == "not JSON" {
				contentType = "text/plain"
			}
			in := bind.Parse([]byte(body), contentType)
			in.String("a")
			in.Int("b")
			if got := unwrap(t, in.Err()); len(got) > 9000 {
				t.Errorf("%d bytes", len(got))
			}
		})
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"a":"x"}`, `{"a":`, `[]`, `{"a":"\ud83d\ude00"}`, "\xff", `{"a":1e400,"b":[{}]}`, `{"a":"a@b@c"}`, `{"a":"2019-08-24T14:15:22+99:99"}`} {
		f.Add([]byte(seed), "x")
	}
	f.Fuzz(func(t *testing.T, body []byte, query string) {
		in := bind.Parse(body, "")
		values := url.Values{"q": {query}}
		in.Query(values).String("q", bind.Max(3))
		in.Query(values).Int("q")
		in.String("a")
		in.Email("a")
		in.Decimal("a", bind.Positive)
		in.Int("a")
		in.Bool("a")
		in.Date("a")
		in.DateTime("a")
		in.Secret("b")
		if err := in.Err(); err != nil {
			for _, it := range items(t, pydantic.Body(err)) {
				if it.Type == "" || it.Msg == "" || strings.Contains(it.Msg, "%!") || len(it.Loc) == 0 || strings.HasSuffix(it.Msg, ", ") || strings.HasSuffix(it.Msg, ": ") {
					t.Fatalf("%q, %q: %s", body, query, pydantic.Body(err))
				}
			}
		}
	})
}

type item struct {
	Type, Msg string
	Loc       []any
}

func items(t *testing.T, body []byte) []item {
	t.Helper()
	var answer struct{ Detail []item }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if len(answer.Detail) == 0 {
		t.Fatalf("%s: no detail", body)
	}
	return answer.Detail
}
