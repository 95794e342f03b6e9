package apidoc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const testFrame = `{"openapi":"3.1.0","info":{"title":"All","version":"1"}}`

// testSurface has the same names whichever path it is at.
func testSurface(path string) []byte {
	return []byte(`{"openapi":"3.1.0","info":{"title":"One","version":"1"},"servers":[{"url":"/"}],
		"tags":[{"name":"auth","description":"Signing in"}],
		"paths":{"` + path + `":{"summary":"kept","get":{"operationId":"look","tags":["auth"],"security":[{"key":[]},{}],
			"responses":{"200":{"$ref":"#/components/responses/Fine"}}}}},
		"components":{"securitySchemes":{"key":{"type":"apiKey","in":"header","name":"K"}},
			"schemas":{"Thing":{"type":"object"},"More":{"allOf":[{"$ref":"#/components/schemas/Thing"}]}},
			"responses":{"Fine":{"description":"<b> & more"}}}}`)
}

func TestMergeKeepsEqualNamesOfSurfacesApart(t *testing.T) {
	surfaces := []surface{{"one", testSurface("/one")}, {"two", testSurface("/two")}}
	got, err := merge([]byte(testFrame), surfaces)
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		return `"` + name + `.Thing":{"type":"object"},"` + name + `.More":{"allOf":[{"$ref":"#/components/schemas/` + name + `.Thing"}]}`
	}
	operation := func(name string) string {
		return `"/` + name + `":{"summary":"kept","get":{"operationId":"` + name + `.look","tags":["` + name + `: auth"],"security":[{"` + name +
			`.key":[]},{}],"responses":{"200":{"$ref":"#/components/responses/` + name + `.Fine"}}}}`
	}
	tag := func(name string) string {
		return `{"name":"` + name + `: auth","description":"Signing in","x-displayName":"auth"}`
	}
	want := `{"openapi":"3.1.0","info":{"title":"All","version":"1"},` +
		`"tags":[` + tag("one") + `,` + tag("two") + `],` +
		`"x-tagGroups":[{"name":"one","tags":["one: auth"]},{"name":"two","tags":["two: auth"]}],` +
		`"paths":{` + operation("one") + `,` + operation("two") + `},` +
		`"components":{"securitySchemes":{"one.key":{"type":"apiKey","in":"header","name":"K"},"two.key":{"type":"apiKey","in":"header","name":"K"}},` +
		`"schemas":{` + part("one") + `,` + part("two") + `},` +
		`"responses":{"one.Fine":{"description":"<b> & more"},"two.Fine":{"description":"<b> & more"}}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMergeIsTheSameEveryTime(t *testing.T) {
	surfaces := []surface{{"one", testSurface("/one")}, {"two", testSurface("/two")}}
	first, err := merge([]byte(testFrame), surfaces)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := merge([]byte(testFrame), surfaces)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("differs: %v", err)
		}
	}
}

func TestMergeRefusesWhatItWouldLose(t *testing.T) {
	one := string(testSurface("/one"))
	tests := []struct {
		name, frame string
		surfaces    []string
		want        string
	}{
		{"a path of two surfaces", testFrame, []string{one, one}, `"/one" is there twice`},
		{"a security rule for the whole document", testFrame, []string{strings.Replace(one, `"tags"`, `"security":[],"tags"`, 1)}, "security: cannot be merged"},
		{"another version", testFrame, []string{strings.Replace(one, "3.1.0", "3.0.3", 1)}, "openapi: is not"},
		{"a name given twice", testFrame, []string{strings.Replace(one, `"Thing":`, `"More":`, 1)}, `"More" is there twice`},
		{"a frame with paths of its own", `{"openapi":"3.1.0","paths":{}}`, []string{one}, `"paths" is there twice`},
		{"text that is not JSON", testFrame, []string{"{"}, "surface one"},
		{"a list", testFrame, []string{"[]"}, "surface one"},
		{"tags that are no list", testFrame, []string{`{"openapi":"3.1.0","tags":1}`}, "tags"},
		{"paths that are no object", testFrame, []string{`{"openapi":"3.1.0","paths":[]}`}, "paths"},
		{"an operation that is no object", testFrame, []string{`{"openapi":"3.1.0","paths":{"/a":{"get":1}}}`}, "get /a"},
		{"components that are no object", testFrame, []string{`{"openapi":"3.1.0","components":{"schemas":[]}}`}, "schemas"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var surfaces []surface
			for i, raw := range test.surfaces {
				surfaces = append(surfaces, surface{[]string{"one", "two"}[i], []byte(raw)})
			}
			_, err := merge([]byte(test.frame), surfaces)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func FuzzObjectKeepsWhatItReads(f *testing.F) {
	for _, seed := range []string{`{}`, `{"b":1,"a":[{"c":null}]}`, `{"a":"<&>"}`, `{"a":1,"a":2}`, `{"é":1.50}`, `[]`, `{`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var o object
		if json.Unmarshal(raw, &o) != nil || o == nil {
			return
		}
		written, err := encode(o)
		if err != nil {
			t.Fatal(err)
		}
		var again object
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		var was, is any
		if json.Unmarshal(raw, &was) != nil || json.Unmarshal(written, &is) != nil {
			t.Fatalf("%s became %s", raw, written)
		}
		wasText, _ := json.Marshal(was)
		isText, _ := json.Marshal(is)
		if !bytes.Equal(wasText, isText) {
			t.Errorf("%s became %s", raw, written)
		}
	})
}
