// Package badinput sends every kind of bad input to every field of every
// endpoint of the bank surface: the answer is the surface's own validation
// error at that field, and nothing has changed.
package badinput

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func environment(databaseURL string) []string {
	return []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey, "PURSE_CARD_GRANT=100", "PURSE_RATE_LIMITS=off"}
}

// kind is the type of a field.
type kind string

const (
	text     kind = "text"
	nullable kind = "nullable text"
	email    kind = "e-mail"
	date     kind = "date"
	moment   kind = "date-time"
	amount   kind = "amount"
	integer  kind = "integer"
	truth    kind = "boolean"
	objects  kind = "list of objects"
)

// field is a field of a body with a good value, as JSON.
type field struct {
	name string
	kind kind
	good string
}

type endpoint struct {
	method, path string
	fields       []field
}

// listed is an endpoint whose fields are those of an object in a list, where {}
// stands in around.
type listed struct {
	endpoint
	list, around string
}

// lists has every list of objects of the surface.
var lists = []listed{
	{endpoint{"POST", "/transfers/batch", []field{
		{"from_card_number", text, `"{card}"`}, {"to_card_number", text, `"{other}"`}, {"amount", amount, `1.25`}, {"key", nullable, `"k"`},
	}}, "transfers", `{"atomic":false,"transfers":[{}]}`},
}

// endpoints lists every body of the surface. {card}, {other} and {id} stand
// for what the caller has.
var endpoints = []endpoint{
	{"POST", "/auth/register", three},
	{"POST", "/auth/verify-email", append([]field{
		{"first_name", text, `"Grace"`}, {"last_name", text, `"Hopper"`}, {"date_of_birth", date, `"1990-01-01"`}, {"address", text, `"1 Street"`},
		{"city", text, `"Arlington"`}, {"state", text, `"VA"`}, {"post_code", text, `"22201"`}, {"password", text, `"correct horse battery"`}, {"verification_code", text, `"ABCDEFGH"`},
	}, three...)},
	{"POST", "/auth/2fa/request", []field{{"email", text, `"new@example.com"`}, {"password", nullable, `"correct horse battery"`}, {"twofa_code", nullable, `null`}}},
	{"POST", "/auth/2fa/confirm", []field{{"email", text, `"new@example.com"`}, {"password", nullable, `null`}, {"twofa_code", nullable, `"ABCDEFGH"`}}},
	{"POST", "/auth/reset", three},
	{"PATCH", "/auth/reset", []field{{"token", text, `"abc"`}, {"new_password", text, `"correct horse battery"`}}},
	{"DELETE", "/card/delete", []field{{"card_number", text, `"{card}"`}}},
	{"POST", "/card/transfer", []field{{"from_card_number", text, `"{card}"`}, {"to_card_number", text, `"{other}"`}, {"amount", amount, `1.25`}}},
	{"POST", "/card/history", []field{{"card_number", text, `"{card}"`}}},
	{"POST", "/savings/create", []field{{"name", text, `"Boat"`}, {"goal", amount, `100`}}},
	{"POST", "/savings/topUp", []field{{"amount", amount, `1`}, {"saving_account_id", integer, `{saving}`}, {"card_id", integer, `{id}`}}},
	{"POST", "/savings/decrease", []field{{"amount", amount, `1`}, {"saving_account_id", integer, `{saving}`}, {"card_id", integer, `{id}`}}},
	{"DELETE", "/savings/delete", []field{{"saving_account_id", integer, `{saving}`}}},
	{"POST", "/bills/create", []field{{"name", text, `"Rent"`}, {"amount", amount, `10`}, {"due_date", moment, `"2030-01-01T00:00:00Z"`}}},
	{"POST", "/transfers/batch", []field{{"atomic", truth, `false`}, {"transfers", objects, `[{"from_card_number":"{card}","to_card_number":"{other}","amount":1}]`}}},
	{"POST", "/bills/pay", []field{{"bill_id", integer, `{bill}`}, {"card_number", text, `"{card}"`}}},
}

var three = []field{{"email", email, `"new@example.com"`}, {"phone_number", text, `"+15557654321"`}, {"social_security", text, `"987654321"`}}

// value is a bad value of a field, as JSON; missing leaves the field out.
type value struct{ name, json string }

var (
	missing  = value{"missing", ""}
	null     = value{"null", `null`}
	object   = value{"an object", `{"a":1}`}
	list     = value{"a list", `[1]`}
	boolean  = value{"true", `true`}
	tooLong  = value{"too long", `"` + strings.Repeat("x", 10_000) + `"`}
	control  = value{"a control character", `"a\u0007b"`}
	null0    = value{"a NUL", `"a\u0000b"`}
	number   = value{"a number", `5`}
	huge     = value{"200 digits", strings.Repeat("9", 200)}
	infinite = value{"1e400", `1e400`}
	nan      = value{"NaN text", `"NaN"`}
	words    = value{"words", `"abc"`}
)

var bad = map[kind][]value{
	text:     {missing, null, object, list, boolean, number, tooLong, control, null0},
	nullable: {object, list, boolean, number, tooLong, control},
	email:    {missing, null, object, list, boolean, number, tooLong, control, {"no at", `"new.example.com"`}, {"no domain", `"new@"`}, {"two ats", `"a@b@example.com"`}, {"a space", `"a b@example.com"`}},
	date:     {missing, null, object, list, boolean, tooLong, words, {"month 13", `"1990-13-01"`}, {"day 30 of February", `"1990-02-30"`}},
	moment:   {missing, null, object, list, tooLong, words, {"hour 25", `"2030-01-01T25:00:00Z"`}},
	amount:   {missing, null, object, list, boolean, words, nan, {"Infinity text", `"Infinity"`}, {"negative", `-1`}, {"zero", `0`}, {"three decimals", `1.001`}, infinite, huge, {"too large", `1e18`}, {"tiny", `1e-30`}},
	truth:    {missing, null, object, list, words, tooLong, number, infinite},
	objects:  {missing, null, object, list, boolean, number, words, {"an empty list", `[]`}, {"a list of null", `[null]`}, {"a list of lists", `[[],[]]`}, {"1,001 of them", `[` + strings.Repeat(`{},`, 1000) + `{}]`}},
	integer:  {missing, null, object, list, words, nan, {"a fraction", `1.5`}, infinite, huge, {"2^53", `9007199254740992`}},
}

// person is someone who is signed in and has one of everything.
type person struct {
	*apptest.Client
	fill *strings.Replacer
}

func newPerson(ctx context.Context, t *testing.T, base string) person {
	t.Helper()
	c := apptest.NewClient(base, 1)
	if err := c.Register(ctx); err != nil {
		t.Fatal(err)
	}
	card, err := c.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var saving, bill struct{ ID json.Number }
	if err := c.Must(ctx, "POST", "/savings/create", `{"name":"Boat","goal":100}`, &saving); err != nil {
		t.Fatal(err)
	}
	if err := c.Must(ctx, "POST", "/savings/topUp", fmt.Sprintf(`{"amount":5,"saving_account_id":%s,"card_id":%d}`, saving.ID, card.ID), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Must(ctx, "POST", "/bills/create", `{"name":"Rent","amount":10,"due_date":"2030-01-01T00:00:00Z"}`, &bill); err != nil {
		t.Fatal(err)
	}
	return person{c, strings.NewReplacer("{card}", card.Number, "{other}", other.Number, "{id}", fmt.Sprint(card.ID), "{saving}", saving.ID.String(), "{bill}", bill.ID.String())}
}

// state is all that the person can see, to tell whether anything has changed.
func (p person) state(ctx context.Context, t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/auth/me", "/card", "/savings", "/bills", "/dev/mail"} {
		answer, err := p.Call(ctx, "GET", path, nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d %s\n", path, answer.Status, answer.Body)
	}
	return all.String()
}

// body is an endpoint's good body with one field's value replaced.
func (p person) body(e endpoint, name, bad string) string {
	var parts []string
	for _, f := range e.fields {
		json := p.fill.Replace(f.good)
		if f.name == name {
			if bad == "" {
				continue
			}
			json = bad
		}
		parts = append(parts, fmt.Sprintf("%q:%s", f.name, json))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// violation is one item of the validation error.
type violation struct {
	Type string
	Loc  []any
	Msg  string
}

// refused checks that an answer is the surface's validation error.
func refused(t *testing.T, answer apptest.Answer, err error) []violation {
	t.Helper()
	if err != nil {
		t.Error(err)
		return nil
	}
	var detail struct{ Detail []violation }
	if answer.Status != 422 || json.Unmarshal(answer.Body, &detail) != nil || len(detail.Detail) == 0 {
		t.Errorf("answered with %d %.300s, want a 422 with a list", answer.Status, answer.Body)
		return nil
	}
	for _, v := range detail.Detail {
		if v.Type == "" || v.Msg == "" || len(v.Loc) == 0 || v.Loc[0] != "body" {
			t.Errorf("incomplete violation %+v", v)
		}
	}
	return detail.Detail
}

func TestBadFieldIsRefusedAtItsPlaceAndChangesNothing(t *testing.T) {
	apptest.EachEngine(t, badFields)
}

func badFields(t *testing.T, databaseURL string) {
	ctx := context.Background()
	purse := apptest.Start(t, environment(databaseURL), "dev", "--listen", "{listen}")
	p := newPerson(ctx, t, purse.Base)
	before := p.state(ctx, t)
	for _, e := range endpoints {
		for _, f := range e.fields {
			for _, v := range bad[f.kind] {
				t.Run(e.method+e.path+"/"+f.name+"/"+v.name, func(t *testing.T) {
					answer, err := p.Call(ctx, e.method, e.path, p.body(e, f.name, v.json))
					for _, violation := range refused(t, answer, err) {
						if len(violation.Loc) < 2 || violation.Loc[1] != f.name {
							t.Errorf("the violation is at %v, want %s: %s", violation.Loc, f.name, violation.Msg)
						}
					}
				})
			}
		}
	}
	for _, l := range lists {
		for _, f := range l.fields {
			for _, v := range bad[f.kind] {
				t.Run(l.method+l.path+"/"+l.list+"/"+f.name+"/"+v.name, func(t *testing.T) {
					answer, err := p.Call(ctx, l.method, l.path, strings.Replace(l.around, "{}", p.body(l.endpoint, f.name, v.json), 1))
					for _, violation := range refused(t, answer, err) {
						if got, want := fmt.Sprint(violation.Loc), fmt.Sprintf("[body %s 0 %s]", l.list, f.name); got != want {
							t.Errorf("the violation is at %s, want %s: %s", got, want, violation.Msg)
						}
					}
				})
			}
		}
	}
	if after := p.state(ctx, t); after != before {
		t.Errorf("bad input has changed something:\nbefore\n%s\nafter\n%s", before, after)
	}
}

func TestBadBodyIsRefusedAndChangesNothing(t *testing.T) {
	apptest.EachEngine(t, badBodies)
}

func badBodies(t *testing.T, databaseURL string) {
	ctx := context.Background()
	purse := apptest.Start(t, environment(databaseURL), "dev", "--listen", "{listen}")
	p := newPerson(ctx, t, purse.Base)
	before := p.state(ctx, t)
	for _, e := range endpoints {
		good := p.body(e, "", "")
		first := e.fields[0]
		for name, body := range map[string]string{
			"no body":                   "",
			"not JSON":                  "hello",
			"cut short":                 good[:len(good)-1],
			"something after it":        good + "x",
			"a list":                    "[" + good + "]",
			"a text":                    `"hello"`,
			"null":                      "null",
			"invalid UTF-8":             strings.Replace(good, `":`, "\xff\":", 1),
			"a lone surrogate":          p.body(e, first.name, `"\ud800"`),
			"a raw control character":   p.body(e, first.name, "\"a\x01b\""),
			"NaN":                       p.body(e, first.name, "NaN"),
			"a field twice":             strings.TrimSuffix(good, "}") + fmt.Sprintf(",%q:%s}", first.name, p.fill.Replace(first.good)),
			"a field in two cases":      strings.TrimSuffix(good, "}") + fmt.Sprintf(",%q:%s}", strings.ToUpper(first.name), p.fill.Replace(first.good)),
			"nested too deep":           p.body(e, first.name, strings.Repeat("[", 100)+strings.Repeat("]", 100)),
			"nested beyond all measure": strings.Repeat("[", 500_000),
			"2 MiB":                     p.body(e, first.name, `"`+strings.Repeat("x", 2<<20)+`"`),
		} {
			t.Run(e.method+e.path+"/"+name, func(t *testing.T) {
				answer, err := p.Call(ctx, e.method, e.path, body)
				refused(t, answer, err)
			})
		}
		t.Run(e.method+e.path+"/another content type", func(t *testing.T) {
			answer, err := p.Call(ctx, e.method, e.path, good, "Content-Type", "text/plain")
			refused(t, answer, err)
		})
	}
	if after := p.state(ctx, t); after != before {
		t.Errorf("bad input has changed something:\nbefore\n%s\nafter\n%s", before, after)
	}
}
