// Package golden compares what a Purse answers with what is written down in
// testdata/*.txtar. It knows how the files are read and how an answer is held
// to its golden text; who asks, and how, is the test's.
//
// <word> in a golden text stands for what is there at its first place, and for
// the same ever after; in a request it stands for what was learned.
package golden

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Answer is an HTTP answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Words is what the placeholders of one conversation stand for.
type Words map[string]string

var (
	placeholder = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9_]*)>`)
	headerLine  = regexp.MustCompile(`^([A-Z][A-Za-z-]+): (.*)$`)
)

// Play reads a file and hands its sections over in order; where says which.
func Play(t *testing.T, file string, section func(where, name, data string)) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range archive.Files {
		section(fmt.Sprintf("%s, section %d (%s)", file, i+1, s.Name), s.Name, strings.TrimSpace(string(s.Data)))
	}
}

// Fill puts what is known in the place of the placeholders.
func (w Words) Fill(t *testing.T, where, text string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		value, known := w[p[1:len(p)-1]]
		if !known {
			t.Fatalf("%s: %s is not known yet", where, p)
		}
		return value
	})
}

// Expect holds an answer to a status and a golden text: lines of headers that
// must be there, then the body.
func (w Words) Expect(t *testing.T, where string, status int, want string, got Answer) {
	t.Helper()
	if got.Status != status {
		t.Errorf("%s: status %d, want %d\nanswer: %s", where, got.Status, status, got.Body)
		return
	}
	for want != "" {
		line, rest, _ := strings.Cut(want, "\n")
		header := headerLine.FindStringSubmatch(line)
		if header == nil {
			break
		}
		w.match(t, where, header[1], header[2], got.Header.Get(header[1]))
		want = strings.TrimSpace(rest)
	}
	w.match(t, where, "body", want, got.Body)
}

// match compares text with what is wanted and learns its placeholders.
func (w Words) match(t *testing.T, where, what, want, got string) {
	t.Helper()
	var pattern strings.Builder
	var learned []string
	rest := want
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		name := rest[at[2]:at[3]]
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		if value, known := w[name]; known {
			pattern.WriteString(regexp.QuoteMeta(value))
		} else {
			pattern.WriteString(`([^",;}]*)`)
			learned = append(learned, name)
		}
		rest = rest[at[1]:]
	}
	pattern.WriteString(regexp.QuoteMeta(rest))
	found := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(got)
	if found == nil {
		t.Errorf("%s: %s\n got %s\nwant %s", where, what, got, want)
		return
	}
	for i, name := range learned {
		w[name] = found[i+1]
	}
}
