package drf_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
)

// answer is what a request is answered when ask reads it.
func answer(t *testing.T, contentType, body string, ask func(in drf.Input)) (int, string) {
	t.Helper()
	in := drf.Parse([]byte(body), contentType)
	ask(in)
	err := in.Err()
	if err == nil {
		return http.StatusOK, ""
	}
	return render(t, err, contentType, body)
}

func render(t *testing.T, err error, contentType, body string) (int, string) {
	t.Helper()
	status, a := drf.Answer(err, contentType, []byte(body))
	// As httpkit.Call writes it.
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		t.Fatal(err)
	}
	return status, strings.TrimSuffix(b.String(), "\n")
}

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

func TestEveryViolationIsWordedAsTheFrameworkDoes(t *testing.T) {
	char := func(rules ...bind.Rule) func(drf.Input) { return func(in drf.Input) { in.Char("v", rules...) } }
	email := func(in drf.Input) { in.Email("v") }
	number := func(in drf.Input) { in.Decimal("v") }
	uuid := func(in drf.Input) { in.UUID("v") }
	link := func(in drf.Input) { in.URL("v") }
	choice := func(in drf.Input) { in.Choice("v", "KZT", "USD") }
	integer := func(in drf.Input) { in.Int("v", bind.Positive) }
	for _, c := range []struct {
		name string
		ask  func(drf.Input)
		body string
		want string
	}{
		{"no body", char(), ``, `{"v":["This field is required."]}`},
		{"missing", char(), `{"w":1}`, `{"v":["This field is required."]}`},
		{"null", char(), `{"v":null}`, `{"v":["This field may not be null."]}`},
		{"null for what is optional", func(in drf.Input) {
			if in.Has("v") {
				in.Char("v")
			}
		}, `{"v":null}`, `{"v":["This field may not be null."]}`},
		{"an empty text", char(), `{"v":""}`, `{"v":["This field may not be blank."]}`},
		{"a blank text", char(), `{"v":" \t "}`, `{"v":["This field may not be blank."]}`},
		{"true for a text", char(), `{"v":true}`, `{"v":["Not a valid string."]}`},
		{"a list for a text", char(), `{"v":["a"]}`, `{"v":["Not a valid string."]}`},
		{"a long text", char(bind.Max(30)), `{"v":"` + strings.Repeat("ж", 31) + `"}`, `{"v":["Ensure this field has no more than 30 characters."]}`},
		{"a null character", char(), `{"v":"a\u0000b"}`, `{"v":["Null characters are not allowed."]}`},
		{"a control character", char(), `{"v":"a\u0007b"}`, `{"v":["Control characters are not allowed."]}`},
		{"a pattern", char(bind.Match(fourDigits)), `{"v":"12a"}`, `{"v":["This value does not match the required pattern."]}`},
		{"no e-mail address", email, `{"v":"string"}`, `{"v":["Enter a valid email address."]}`},
		{"a number for an e-mail address", email, `{"v":12}`, `{"v":["Enter a valid email address."]}`},
		{"true for an e-mail address", email, `{"v":true}`, `{"v":["Not a valid string."]}`},
		{"a blank e-mail address", email, `{"v":"  "}`, `{"v":["This field may not be blank."]}`},
		{"null for a number", number, `{"v":null}`, `{"v":["This field may not be null."]}`},
		{"text for a number", number, `{"v":"abc"}`, `{"v":["A valid number is required."]}`},
		{"an empty text for a number", number, `{"v":""}`, `{"v":["A valid number is required."]}`},
		{"true for a number", number, `{"v":true}`, `{"v":["A valid number is required."]}`},
		{"an object for a number", number, `{"v":{}}`, `{"v":["A valid number is required."]}`},
		{"not a number", number, `{"v":"NaN"}`, `{"v":["A valid number is required."]}`},
		{"infinity", number, `{"v":"-Infinity"}`, `{"v":["A valid number is required."]}`},
		{"fifteen digits", number, `{"v":"123456789012345"}`, `{"v":["Ensure that there are no more than 14 digits in total."]}`},
		{"fifteen digits around the point", number, `{"v":123456789012.345}`, `{"v":["Ensure that there are no more than 14 digits in total."]}`},
		{"a huge number", number, `{"v":1e400}`, `{"v":["Ensure that there are no more than 14 digits in total."]}`},
		{"thirteen digits before the point", number, `{"v":"1234567890123"}`, `{"v":["Ensure that there are no more than 12 digits before the decimal point."]}`},
		{"zero", number, `{"v":"0.00"}`, `{"v":["Ensure this value is greater than or equal to 0.01."]}`},
		{"negative", number, `{"v":-5.5}`, `{"v":["Ensure this value is greater than or equal to 0.01."]}`},
		{"no UUID", uuid, `{"v":"abc"}`, `{"v":["Must be a valid UUID."]}`},
		{"true for a UUID", uuid, `{"v":true}`, `{"v":["Must be a valid UUID."]}`},
		{"an empty UUID", uuid, `{"v":""}`, `{"v":["Must be a valid UUID."]}`},
		{"null for a UUID", uuid, `{"v":null}`, `{"v":["This field may not be null."]}`},
		{"no UUID at all", uuid, `{}`, `{"v":["This field is required."]}`},
		{"no address", link, `{"v":"not a link"}`, `{"v":["Enter a valid URL."]}`},
		{"an address of another scheme", link, `{"v":"javascript:alert(1)"}`, `{"v":["Enter a valid URL."]}`},
		{"an address with a password", link, `{"v":"https://a:b@example.com"}`, `{"v":["Enter a valid URL."]}`},
		{"another choice", choice, `{"v":"GBP"}`, `{"v":["\"GBP\" is not a valid choice."]}`},
		{"true for a choice", choice, `{"v":true}`, `{"v":["\"True\" is not a valid choice."]}`},
		{"a number for a choice", choice, `{"v":12}`, `{"v":["\"12\" is not a valid choice."]}`},
		{"an empty choice", choice, `{"v":""}`, `{"v":["\"\" is not a valid choice."]}`},
		{"markup for a choice", choice, `{"v":"<b>"}`, `{"v":["\"<b>\" is not a valid choice."]}`},
		{"null for a choice", choice, `{"v":null}`, `{"v":["This field may not be null."]}`},
		{"text for an integer", integer, `{"v":"abc"}`, `{"v":["A valid integer is required."]}`},
		{"a fraction for an integer", integer, `{"v":1.5}`, `{"v":["A valid integer is required."]}`},
		{"zero for an integer", integer, `{"v":0}`, `{"v":["Ensure this value is greater than or equal to 1."]}`},
		{"an integer in the query", func(in drf.Input) { in.Query(url.Values{"limit": {"ten"}}).OptionalInt("limit") }, ``, `{"limit":["A valid integer is required."]}`},
		{"two fields at once", func(in drf.Input) { in.Email("b"); in.Char("a") }, `{"a":null}`, `{"b":["This field is required."],"a":["This field may not be null."]}`},
		{"a body that is null", char(), `null`, `{"non_field_errors":["No data provided"]}`},
		{"a list", char(), `[{"v":1}]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"a text", char(), `"a.e"`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		{"a truth value", char(), `false`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
		{"an integer", char(), `12`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}`},
		{"a fraction", char(), `1.5`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got float."]}`},
		{"malformed JSON", char(), `{"v": }`, `{"detail":"JSON parse error - Expecting value: line 1 column 7 (char 6)"}`},
		{"malformed JSON on a second line", char(), "{\"v\":\"ж\",\n  v}", `{"detail":"JSON parse error - Expecting property name enclosed in double quotes: line 2 column 3 (char 12)"}`},
		{"malformed JSON where every field is optional", func(in drf.Input) { in.Has("v") }, `{`, `{"detail":"JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, got := answer(t, "application/json", c.body, c.ask)
			if status != http.StatusBadRequest || got != c.want {
				t.Errorf("%d, got\n%s\nwant\n%s", status, got, c.want)
			}
		})
	}
}

func TestWhatTheFrameworkAcceptsIsAccepted(t *testing.T) {
	in := drf.Parse([]byte(`{"text":77011234567,"word":" Ann ","amount":"100.50","other":1e3,"tiny":0.01,"most":"999999999999.99",
		"id":"018F3C5E7B8C7D1E9F2A0123456789AB","link":"https://example.com/a.png?b=c","none":"","choice":"USD"}`), "application/json; charset=utf-8")
	got := []string{in.Char("text"), in.Char("word"), in.Decimal("amount").String(), in.Decimal("other").String(), in.Decimal("tiny").String(), in.Decimal("most").String(),
		in.UUID("id").String(), in.URL("link"), in.URL("none"), in.Choice("choice", "KZT", "USD")}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	want := []string{"77011234567", "Ann", "100.5", "1000", "0.01", "999999999999.99", "018f3c5e-7b8c-7d1e-9f2a-0123456789ab", "https://example.com/a.png?b=c", "", "USD"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnotherMediaTypeIs415(t *testing.T) {
	for _, contentType := range []string{"text/plain", "text/plain; charset=utf-8", "application/xml", "form-data"} {
		status, got := answer(t, contentType, `{"v":1}`, func(in drf.Input) { in.Char("v") })
		if want := `{"detail":"Unsupported media type \"` + contentType + `\" in request."}`; status != http.StatusUnsupportedMediaType || got != want {
			t.Errorf("%d %s, want %s", status, got, want)
		}
	}
}

func TestARuleOfTheDomainIsWorded(t *testing.T) {
	rule := fault.Error{Kind: fault.Invalid, Code: "test.rule", Text: "at most {max} of them"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{rule.In(fault.Field{Name: "v", Reason: "own", Params: map[string]string{"max": "3"}}), `{"v":["At most 3 of them."]}`},
		{rule.In(fault.Field{Name: "v", Reason: "too_precise", Params: map[string]string{"places": "2"}}), `{"v":["Ensure that there are no more than 2 decimal places."]}`},
		{rule.In(fault.Field{Name: "v", Reason: "too_short", Params: map[string]string{"min": "8"}}), `{"v":["Ensure this field has at least 8 characters."]}`},
		{rule.In(fault.Field{Name: "v", Reason: "not_positive"}), `{"v":["Ensure this value is greater than or equal to 0.01."]}`},
		{&rule, `{"detail":"At most {max} of them."}`},
	} {
		if _, got := render(t, c.err, "", ""); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	status, got := answer(t, "", strings.Repeat(" ", bind.MaxBody+1), func(in drf.Input) { in.Char("v") })
	if status != http.StatusBadRequest || got != `{"detail":"The request body is larger than 1 MiB."}` {
		t.Errorf("%d %s", status, got)
	}
}

func TestEveryKindHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../bind/violation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, declaration := range file.Decls {
		constants, ok := declaration.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			value := spec.(*ast.ValueSpec)
			if name, ok := value.Type.(*ast.Ident); !ok || name.Name != "Kind" {
				continue
			}
			kind, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if drf.Text(&bind.Violation{In: bind.Body, Name: "v", Kind: bind.Kind(kind), Input: []byte("1")}) == "" {
				t.Errorf("%s has no words", kind)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d kinds found: the test looks in the wrong place", found)
	}
}

// FuzzInput holds whatever is sent to an answer that is JSON, with words for
// everything, and to values within their bounds.
func FuzzInput(f *testing.F) {
	for _, body := range []string{``, `null`, `[]`, `{"v":"1.50"}`, `{"v":1e309}`, `{"v":"018f3c5e7b8c7d1e9f2a0123456789ab"}`, `{"v":"https://a.b/c"}`, "{\"v\":\"\\ud800\"}", "\xff", `{"v":{"a":[1]}}`} {
		f.Add(body, "application/json")
	}
	f.Add("v=a%20b&w=1.5&e", urlencoded)
	f.Add("--b\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\na\r\n--b--\r\n", "multipart/form-data; boundary=b")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		in := drf.Parse([]byte(body), contentType)
		in.Char("v", bind.Max(30))
		amount := in.Decimal("w")
		in.Email("e")
		in.URL("u")
		in.UUID("i")
		in.Choice("c", "KZT")
		err := in.Err()
		if err == nil {
			if whole, _, _ := strings.Cut(amount.String(), "."); amount.Sign() <= 0 || len(whole) > drf.MaxWholeDigits {
				t.Errorf("accepted %s", amount)
			}
			return
		}
		status, a := drf.Answer(err, contentType, []byte(body))
		text, jsonErr := json.Marshal(a)
		if jsonErr != nil || status < 400 || status > 499 {
			t.Fatalf("%d %v", status, jsonErr)
		}
		if strings.Contains(string(text), `""]`) || len(text) > 16<<10 {
			t.Errorf("%s", text)
		}
	})
}
