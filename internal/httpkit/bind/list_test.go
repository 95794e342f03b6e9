package bind_test

import (
	"fmt"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
)

// items reads a list of objects with a text and a number, as it is told of them.
func items(in *bind.Input, most int) (read []string) {
	for i, one := range in.Objects("items", most).All() {
		read = append(read, fmt.Sprintf("%d %s %s", i, one.String("name"), one.Decimal("amount", bind.Positive)))
	}
	return read
}

func TestTheObjectsOfAListAreReadInOrder(t *testing.T) {
	body := "\ufeff" + `{"before":[1,[2]],"items" : [ {"name":"a","amount":1.50} ,{"deep":{"x":[{"y":[]}]},"amount":"2","name":"\u0062"},{"name":"c","other":[],"amount":3}], "after":{}}`
	in := bind.Parse([]byte(body), "")
	got := items(in, 3)
	if want := []string{"0 a 1.5", "1 b 2", "2 c 3"}; fmt.Sprint(got) != fmt.Sprint(want) || in.Err() != nil {
		t.Errorf("%q, %v", got, in.Err())
	}
}

func TestAViolationInAListSaysInWhichObject(t *testing.T) {
	in := bind.Parse([]byte(`{"items":[{"name":"a","amount":1},{"amount":"x","name":7},5,{"name":"b","amount":-1},null,{}]}`), "")
	items(in, 10)
	violations, _ := bind.Of(in.Err())
	var got []string
	for _, v := range violations {
		got = append(got, fmt.Sprintf("%s %d %s %s %s", v.List, v.Index, v.Name, v.Kind, v.Input))
	}
	want := []string{
		`items 1 name not_string 7`,
		`items 1 amount number_text "x"`,
		`items 2  not_object 5`,
		`items 3 amount not_positive -1`,
		`items 4  not_object null`,
		`items 5 name missing {}`,
		`items 5 amount missing {}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := violations[0].LogValue().String(); text != `body "items" 1 "name": not_string` {
		t.Errorf("the log says %s", text)
	}
}

func TestAListThatIsNoneIsOneViolation(t *testing.T) {
	for _, c := range []struct {
		body string
		kind bind.Kind
	}{
		{`{}`, bind.Missing}, {`{"items":null}`, bind.NotList}, {`{"items":{}}`, bind.NotList}, {`{"items":"[]"}`, bind.NotList},
		{`{"items":[]}`, bind.NoItems}, {`{"items":[ ]}`, bind.NoItems}, {`{"items":[{},{},{}]}`, bind.TooMany}, {`{"items":[[[]],[],3]}`, bind.TooMany},
		{`[]`, bind.NotObject}, {`{"items":[{}`, bind.Malformed}, {`{"items":[{"a":1,"A":1}]}`, bind.Malformed},
	} {
		if got := only(t, func(in *bind.Input) { items(in, 2) }, c.body); got.Kind != c.kind || c.kind == bind.TooMany && (got.Limit != 2 || got.Detail != "3") {
			t.Errorf("%s: %s, %d, %s", c.body, got.Kind, got.Limit, got.Detail)
		}
	}
}

func TestAListIsLeftWhenEnoughIsWrong(t *testing.T) {
	in := bind.Parse([]byte(`{"items":[`+strings.Repeat(`{},`, 400)+`{}]}`), "")
	in.Bool("missing")
	items(in, 1000)
	if violations, _ := bind.Of(in.Err()); len(violations) != bind.MaxListed {
		t.Errorf("%d violations", len(violations))
	}
}

func TestADomainErrorBecomesAViolationOfItsObject(t *testing.T) {
	rule := fault.Error{Kind: fault.Invalid, Code: "bind_test.rule", Text: "a rule"}
	in := bind.Parse([]byte(`{"items":[{"name":"a","amount":1},{"name":"b","amount":2.505}]}`), "")
	list := in.Objects("items", 2)
	for _, one := range list.All() {
		one.Decimal("amount")
	}
	for _, c := range []struct {
		field fault.Field
		want  string
	}{
		{fault.Field{Name: "name", Reason: "taken"}, `items 1 name refused taken "b"`},
		{fault.Field{Name: "amount", Reason: "too_precise", Params: map[string]string{"places": "2"}}, `items 1 amount too_precise  2.505`},
		{fault.Field{}, `items 1  refused  {"name":"b","amount":2.505}`},
	} {
		for _, v := range list.Explain(1, rule.In(c.field)) {
			if got := fmt.Sprintf("%s %d %s %s %s %s", v.List, v.Index, v.Name, v.Kind, v.Detail, v.Input); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		}
	}
}

func TestARuleAboutAnObjectIsRefusedInIt(t *testing.T) {
	rule := &fault.Error{Kind: fault.Invalid, Code: "bind_test.rule", Text: "a rule"}
	in := bind.Parse([]byte(`{"items":[{"name":"a"},{"name":7},{"name":"b"}]}`), "")
	for _, one := range in.Objects("items", 3).All() {
		one.String("name")
		one.Refuse("name", rule)
	}
	if got := in.Err().Error(); !strings.HasSuffix(got, `body "items" 0 "name": refused, body "items" 1 "name": not_string, body "items" 2 "name": refused`) {
		t.Error(got)
	}
}

// BenchmarkList reads a thousand transfers.
func BenchmarkList(b *testing.B) {
	one := `{"from_card_number":"9123456789012345","to_card_number":"9123456789012352","amount":12.5}`
	body := []byte(`{"transfers":[` + strings.Repeat(one+",", 999) + one + `]}`)
	b.ReportAllocs()
	for b.Loop() {
		in := bind.Parse(body, "application/json")
		for _, one := range in.Objects("transfers", 1000).All() {
			one.String("from_card_number", bind.Max(32))
			one.String("to_card_number", bind.Max(32))
			one.Decimal("amount", bind.Positive)
		}
		if err := in.Err(); err != nil {
			b.Fatal(err)
		}
	}
}
