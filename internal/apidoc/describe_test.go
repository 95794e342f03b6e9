package apidoc

import (
	"strings"
	"testing"
)

func TestDescribeAddsToTheDescriptionAndKeepsTheRest(t *testing.T) {
	got, err := describe([]byte(`{"openapi":"3.1.0","info":{"description":"a","title":"T"},"paths":{"/b":1.50}}`), "\n<b>")
	if want := `{"openapi":"3.1.0","info":{"description":"a\n<b>","title":"T"},"paths":{"/b":1.50}}`; err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

func TestDescribeRefusesADocumentWithoutADescription(t *testing.T) {
	for document, want := range map[string]string{
		`{}`:                             "info",
		`{"info":[]}`:                    "info",
		`{"info":{}}`:                    "no description",
		`{"info":{"description":["a"]}}`: "description",
		`{`:                              "unexpected",
	} {
		if _, err := describe([]byte(document), "text"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", document, err, want)
		}
	}
}
