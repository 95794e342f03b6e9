package profile_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"purse/internal/store/enginetest"
)

// field is a field of a body with a good value and the bad ones that are its own, as JSON.
type field struct {
	name, good string
	optional   bool // may be left out
	nullable   bool
	empty      bool // may be ""
	bad        []string
}

var badName = []string{`"данила"`, `"Danila"`, `"Я"`, `"Данила-иван"`, `"А` + strings.Repeat("я", 256) + `"`}

// bodies lists every JSON body of the surface.
var bodies = []struct {
	path   string
	fields []field
}{
	{"/account/registration", []field{
		{name: "login", good: `"newcomer"`, bad: []string{`"abc"`, `"1234"`, `"a b c"`, `"логин"`, `"` + strings.Repeat("a", 33) + `"`}},
		{name: "password", good: `"Voskresensk1"`, bad: []string{`"Short1"`, `"nocapital1"`, `"NOSMALL11"`, `"NoDigits"`, `"Password1"`, `"Aa1` + strings.Repeat("x", 18) + `"`}},
		{name: "email", good: `"new@example.com"`, bad: []string{`"new"`, `"new@"`, `"@example.com"`, `"new@example"`, `"a b@example.com"`, `"a@b@example.com"`, `"` + strings.Repeat("a", 300) + `@example.com"`}},
		{name: "first_name", good: `"Анна"`, bad: badName},
		{name: "last_name", good: `"Ли"`, bad: badName},
		{name: "patronymic", good: `"Ивановна"`, optional: true, nullable: true, empty: true, bad: badName},
	}},
	{"/account/login", []field{
		{name: "password", good: `"Voskresensk1"`, empty: true, bad: []string{`"` + strings.Repeat("x", 300) + `"`}},
		{name: "login", good: `"danila"`, optional: true, nullable: true, empty: true, bad: []string{`"` + strings.Repeat("x", 300) + `"`}},
		{name: "email", good: `"danila@example.com"`, optional: true, nullable: true, empty: true, bad: []string{`"` + strings.Repeat("x", 300) + `"`}},
	}},
	{"/account/edit/info", []field{
		{name: "first_name", good: `"Анна"`, optional: true, bad: badName},
		{name: "last_name", good: `"Ли"`, optional: true, bad: badName},
		{name: "patronymic", good: `""`, optional: true, empty: true, bad: badName},
		{name: "birthday", good: `""`, optional: true, empty: true, bad: []string{`"2999-01-01"`, `"2026-03-01"`, `"2005-02-30"`, `"07.04.2005"`, `"1599-12-31"`, `"2005-04-07T10:00:00"`}},
		{name: "description", good: `"x"`, optional: true, empty: true, bad: []string{`"` + strings.Repeat("я", 1001) + `"`}},
		{name: "background_color", good: `"#ffffff"`, optional: true, bad: []string{`"red"`, `"#fff"`, `"#gggggg"`, `"#ffffff;"`}},
	}},
}

// body is a good body with one field's value replaced; "" leaves the field out.
func body(fields []field, name, value string) string {
	var parts []string
	for _, f := range fields {
		json := f.good
		if f.name == name {
			json = value
		}
		if json != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", f.name, json))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestBadFieldIsToldByItsNameAndChangesNothing(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine)
		me := s.register("danila")
		state := func() string {
			return s.do("GET", "/account/me", "", "Authorization", me.Token).Body.String() + s.do("GET", "/info/users/", "", "Authorization", me.Token).Body.String()
		}
		before := state()
		for _, b := range bodies {
			for _, f := range b.fields {
				bad := append([]string{`7`, `true`, `{"a":1}`, `[1]`, `"a\u0007b"`, `"a\u0000b"`, `"a\u0085b"`}, f.bad...)
				if !f.nullable {
					bad = append(bad, `null`)
				}
				if !f.optional {
					bad = append(bad, ``)
				}
				if !f.empty {
					bad = append(bad, `""`, `"  "`)
				}
				for _, value := range bad {
					if f.name == "password" && value == `"  "` && f.empty {
						continue
					}
					w := s.do("POST", b.path, body(b.fields, f.name, value), "browser", browserHeader, "Authorization", me.Token)
					wants(t, fmt.Sprintf("%s %s %.40s", b.path, f.name, value), w, http.StatusBadRequest, "Поле "+f.name)
				}
			}
		}
		for _, query := range []string{"login=abc", "login=", "login=1234", "login=%00abcd", "login=%ff%ff%ff%ff", ""} {
			wants(t, query, s.do("GET", "/account/login/check?"+query, ""), http.StatusBadRequest, "Поле login")
		}
		for _, name := range []string{"limit", "after"} {
			for _, value := range []string{"", "0", "-1", "1.5", "x", "1e400", "9007199254740992", strings.Repeat("9", 200)} {
				wants(t, name+"="+value, s.do("GET", "/info/users/?"+name+"="+value, ""), http.StatusBadRequest, "Поле "+name)
			}
		}
		if after := state(); after != before {
			t.Errorf("bad input has changed something:\nbefore %s\nafter  %s", before, after)
		}
	})
}

func TestBadBodyIsAWrongRequestAndChangesNothing(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	before := s.do("GET", "/account/me", "", "Authorization", me.Token).Body.String()
	for _, b := range bodies {
		good := body(b.fields, "", "")
		first := b.fields[0]
		for name, text := range map[string]string{
			"no body": "", "not JSON": "hello", "cut short": good[:len(good)-1], "something after it": good + "x", "a list": "[" + good + "]", "a text": `"hello"`, "null": "null", "a number": "7",
			"invalid UTF-8":        strings.Replace(good, `":`, "\xff\":", 1),
			"a lone surrogate":     body(b.fields, first.name, `"\ud800"`),
			"a raw control":        body(b.fields, first.name, "\"a\x01b\""),
			"a field twice":        strings.TrimSuffix(good, "}") + fmt.Sprintf(",%q:%s}", first.name, first.good),
			"a field in two cases": strings.TrimSuffix(good, "}") + fmt.Sprintf(",%q:%s}", strings.ToUpper(first.name), first.good),
			"nested too deep":      body(b.fields, first.name, strings.Repeat("[", 100)+strings.Repeat("]", 100)),
			"2 MiB":                body(b.fields, first.name, `"`+strings.Repeat("x", 2<<20)+`"`),
		} {
			wants(t, b.path+" "+name, s.do("POST", b.path, text, "browser", browserHeader, "Authorization", me.Token), http.StatusForbidden)
		}
		wants(t, b.path+" another content type", s.do("POST", b.path, good, "browser", browserHeader, "Authorization", me.Token, "Content-Type", "text/plain"), http.StatusForbidden, "Content-Type")
	}
	if after := s.do("GET", "/account/me", "", "Authorization", me.Token).Body.String(); after != before {
		t.Errorf("bad input has changed something:\nbefore %s\nafter  %s", before, after)
	}
}
