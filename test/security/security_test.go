// Package security holds docs/security.md to the tests that exist.
package security

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	named    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

func TestEveryTestThatTheSecurityPageNamesExists(t *testing.T) {
	exists := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range declared.FindAllSubmatch(text, -1) {
			exists[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := named.FindAllSubmatch(page, -1)
	if len(names) < 50 {
		t.Fatalf("the page names %d tests", len(names))
	}
	for _, name := range names {
		if !exists[string(name[1])] {
			t.Errorf("%s is named, but there is no such test", name[1])
		}
	}
	// The other way round: whatever is named after security has its line.
	for name := range exists {
		if strings.HasPrefix(name, "TestSecurity") && !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is not on the page", name)
		}
	}
}
