package bind_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"purse/internal/httpkit/bind"
)

// The positions and reasons are what Python's json module says of the same
// text, but for the last group, which it accepts.
func TestSecurity15AMalformedBodyIsToldWithItsReasonAndPosition(t *testing.T) {
	cases := []struct {
		body     string
		reason   string
		position int
	}{
		{` `, bind.ExpectingValue, 1},
		{`{`, bind.ExpectingName, 1},
		{`{ `, bind.ExpectingName, 2},
		{`{"a"`, bind.ExpectingColon, 4},
		{`{"a" `, bind.ExpectingColon, 5},
		{`{"a":`, bind.ExpectingValue, 5},
		{`{"a": `, bind.ExpectingValue, 6},
		{`{"a":1`, bind.ExpectingComma, 6},
		{`{"a":1 `, bind.ExpectingComma, 7},
		{`{"a":1,`, bind.ExpectingName, 7},
		{`{"a":1, }`, bind.ExpectingName, 8},
		{`{a:1}`, bind.ExpectingName, 1},
		{`{'a':1}`, bind.ExpectingName, 1},
		{`{1:2}`, bind.ExpectingName, 1},
		{`{"a" 1}`, bind.ExpectingColon, 5},
		{`{"a":1 "b":2}`, bind.ExpectingComma, 7},
		{`{"a":1]`, bind.ExpectingComma, 6},
		{`{"a":1}x`, bind.ExtraData, 7},
		{`{"a":1} {"b":2}`, bind.ExtraData, 8},
		{`[1,]`, bind.ExpectingValue, 3},
		{`[`, bind.ExpectingValue, 1},
		{`[1`, bind.ExpectingComma, 2},
		{`[1 2]`, bind.ExpectingComma, 3},
		{`[1}`, bind.ExpectingComma, 2},
		{`"abc`, bind.UnterminatedString, 0},
		{`{"a":"abc`, bind.UnterminatedString, 5},
		{`{"a":"\`, bind.UnterminatedString, 5},
		{`{"a\`, bind.UnterminatedString, 1},
		{"{\"a\":\"ab\nc\"}", bind.ControlInString, 8},
		{`{"a":"\x"}`, bind.InvalidEscape, 6},
		{`{"a":"\u12"}`, bind.InvalidUnicodeEscape, 7},
		{`{"a":"\u12`, bind.InvalidUnicodeEscape, 7},
		{`{"a":"\u0041`, bind.InvalidUnicodeEscape, 7},
		{`{"a":"\u0041x`, bind.UnterminatedString, 5},
		{`{"a":"\uzzzz"}`, bind.InvalidUnicodeEscape, 7},
		{`{"a":"\ud800\uzz"}`, bind.InvalidUnicodeEscape, 13},
		{`{"a":01}`, bind.ExpectingComma, 6},
		{`{"a":-}`, bind.ExpectingValue, 5},
		{`{"a":1.}`, bind.ExpectingComma, 6},
		{`{"a":.5}`, bind.ExpectingValue, 5},
		{`{"a":+1}`, bind.ExpectingValue, 5},
		{`{"a":1e}`, bind.ExpectingComma, 6},
		{`{"a":1e+}`, bind.ExpectingComma, 6},
		{`{"a":tru}`, bind.ExpectingValue, 5},
		{`{"a":truex}`, bind.ExpectingComma, 9},
		{`nul`, bind.ExpectingValue, 0},
		{`{"a":None}`, bind.ExpectingValue, 5},
		{`{"a"::1}`, bind.ExpectingValue, 5},
		{`{"a":[1,{"b":}]}`, bind.ExpectingValue, 13},
		{"\ufeff{\"a\":x}", bind.ExpectingValue, 5},
		{`{"é":x}`, bind.ExpectingValue, 5},
		{"{\"a\":1\x00}", bind.ExpectingComma, 6},

		{`{"a":NaN}`, bind.ExpectingValue, 5},
		{`{"a":Infinity}`, bind.ExpectingValue, 5},
		{`{"a":-Infinity}`, bind.ExpectingValue, 5},
		{`{"a":"\ud800"}`, bind.LoneSurrogate, 7},
		{`{"a":"\udc00"}`, bind.LoneSurrogate, 7},
		{`{"a":"\ud800\u0041"}`, bind.LoneSurrogate, 7},
		{`{"a":"\ud83d\ud83d"}`, bind.LoneSurrogate, 7},
		{"{\"é\":\"\xff\"}", bind.InvalidUTF8, 6},
		{"{\"a\":\"\xed\xa0\x80\"}", bind.InvalidUTF8, 6},
		{`{"a":1,"a":2}`, bind.DuplicateName, 7},
		{`{"email":1,"Email":2}`, bind.DuplicateName, 11},
		{`{"email":1,"em\u0061il":2}`, bind.DuplicateName, 11},
		{`{"k":1,"K":2}`, bind.DuplicateName, 7}, // the Kelvin sign is a K
		{`{"x":{"b":1,"B":2}}`, bind.DuplicateName, 12},
		{`[{"b":1,"b":2}]`, bind.DuplicateName, 8},
		{strings.Repeat("[", 33) + strings.Repeat("]", 33), bind.TooDeep, 32},
		{strings.Repeat("[", 1<<19), bind.TooDeep, 32},
		{`{"a":` + strings.Repeat(`{"a":`, 1<<16), bind.TooDeep, 5 * 32},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%.40q", c.body), func(t *testing.T) {
			got := only(t, func(in *bind.Input) { in.String("a") }, c.body)
			if got.Kind != bind.Malformed || got.Detail != c.reason || got.Limit != c.position {
				t.Errorf("got %s %s at %d, want %s at %d", got.Kind, got.Detail, got.Limit, c.reason, c.position)
			}
		})
	}
}

func TestSecurity15ThirtyTwoLevelsAreReadAndOneMoreIsRefused(t *testing.T) {
	nested := func(levels int) string {
		return `{"a":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `,"b":"x"}`
	}
	in := bind.Parse([]byte(nested(32)), "")
	if got := in.String("b"); got != "x" || in.Err() != nil {
		t.Errorf("32 levels: %q, %v", got, in.Err())
	}
	in = bind.Parse([]byte(nested(33)), "")
	in.String("b")
	if in.Err() == nil {
		t.Error("33 levels were read")
	}
}

func TestSecurity15RepeatedKeysAreFoundAmongMany(t *testing.T) {
	object := func(last string) []byte {
		var b bytes.Buffer
		b.WriteString(`{"unknown":[{"x":1},{"x":1}]`)
		for i := range 500 {
			fmt.Fprintf(&b, `,"key%d":{"x":1}`, i)
		}
		fmt.Fprintf(&b, `,%q:"found"}`, last)
		return b.Bytes()
	}
	in := bind.Parse(object("last"), "")
	if got := in.String("last"); got != "found" || in.Err() != nil {
		t.Fatalf("501 different keys: %q, %v", got, in.Err())
	}
	for _, last := range []string{"key0", "key3", "KEY17", "Key499", "\u212aey20"} {
		got := only(t, func(in *bind.Input) { in.String("last") }, string(object(last)))
		if got.Detail != bind.DuplicateName {
			t.Errorf("%s again: %s %s", last, got.Kind, got.Detail)
		}
	}
}

func TestAnObjectHasAtMost1024Keys(t *testing.T) {
	object := func(count int) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, `"key%d":0,`, i)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	in := bind.Parse([]byte(object(1024)), "")
	in.Int("key1023")
	if err := in.Err(); err != nil {
		t.Errorf("1024: %v", err)
	}
	if got := only(t, func(in *bind.Input) { in.Int("key0") }, object(1025)); got.Detail != bind.TooManyNames {
		t.Errorf("1025: %s %s", got.Kind, got.Detail)
	}
}

// FuzzDocument holds the reader against encoding/json: what one reads the other
// reads alike, but for what the reader refuses on purpose.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x"}`, `{"a":"\u00e9\ud83d\ude00\n\"\\\/\b\f\r\t"}`, `{"a":1.5e-3,"b":[true,false,null,{}]}`, `{"a":1,"A":2}`, `{"":""}`,
		` { "a" : [ ] } `, `[1,2,{"a":{}}]`, `"x"`, `-0`, `01`, `1.`, `{"a":NaN}`, `{"a":"\ud800"}`, "\"\xff\"", "\ufeff1", `{"a":"`, `{"a"`, `null`, `{"\u0061":"y"}`,
	} {
		f.Add([]byte(seed))
	}
	stricter := map[string]bool{
		bind.LoneSurrogate: true, bind.InvalidUTF8: true, bind.DuplicateName: true, bind.TooDeep: true, bind.TooManyNames: true,
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 || len(body) > bind.MaxBody {
			return
		}
		in := bind.Parse(body, "")
		text, given := in.OptionalSecret("a", bind.AllowEmpty, bind.Multiline, bind.Max(1<<20))
		violations, _ := bind.Of(in.Err())
		valid := json.Valid(bytes.TrimPrefix(body, []byte("\ufeff")))
		if len(violations) > 0 && violations[0].Kind == bind.Malformed {
			if valid && !stricter[violations[0].Detail] {
				t.Fatalf("%q: refused with %s at %d", body, violations[0].Detail, violations[0].Limit)
			}
			return
		}
		if !valid {
			t.Fatalf("%q: accepted", body)
		}
		for i := range violations {
			if input := violations[i].Input; input != nil && !json.Valid(input) {
				t.Fatalf("%q: echoes %q", body, input)
			}
		}
		var want map[string]any
		if !given || json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &want) != nil {
			return
		}
		if s, ok := want["a"].(string); !ok || nfc(s) != text {
			t.Fatalf("%q: read %q, want %q", body, text, want["a"])
		}
	})
}
