// Package security holds docs/security.md to the tests that exist, and `make check`
// to what it promises of its tools.
package security

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// promises is how many the page makes.
const promises = 28

var (
	named    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	linked   = regexp.MustCompile("\\[`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`\\]\\(([^)]*)\\)")
	files    = regexp.MustCompile(`\]\((\.\./[^)#]*)\)`)
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	numbered = regexp.MustCompile(`^TestSecurity([0-9]+)[A-Z]`)
)

// declarations are the files that declare each test.
func declarations(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range declared.FindAllSubmatch(text, -1) {
			found[string(match[1])] = append(found[string(match[1])], filepath.Clean(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryTestThatTheSecurityPageNamesExists(t *testing.T) {
	exists, page := declarations(t), read(t, "docs/security.md")
	names := named.FindAllStringSubmatch(page, -1)
	if len(names) < 100 {
		t.Fatalf("the page names %d tests", len(names))
	}
	for _, name := range names {
		if exists[name[1]] == nil {
			t.Errorf("%s is named, but there is no such test", name[1])
		}
	}
	for _, link := range linked.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(exists[link[1]], filepath.Clean(filepath.Join(root, "docs", link[2]))) {
			t.Errorf("%s is not in %s", link[1], link[2])
		}
	}
	for _, file := range files.FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", file[1])); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryPromiseHasTestsOfItsNumberAndTheyStandBesideIt(t *testing.T) {
	rows := map[int]string{}
	for line := range strings.Lines(read(t, "docs/security.md")) {
		cells := strings.Split(line, " | ")
		if number, err := strconv.Atoi(strings.TrimPrefix(cells[0], "| ")); err == nil && len(cells) == 3 {
			rows[number] = cells[2]
		}
	}
	if len(rows) != promises {
		t.Errorf("the table has %d rows", len(rows))
	}
	tests := map[int]int{}
	for name := range declarations(t) {
		match := numbered.FindStringSubmatch(name)
		if match == nil {
			if strings.HasPrefix(name, "TestSecurity") {
				t.Errorf("%s has no number", name)
			}
			continue
		}
		number, err := strconv.Atoi(match[1])
		if err != nil || number < 1 || number > promises {
			t.Errorf("%s is of no promise", name)
		}
		tests[number]++
		if !strings.Contains(rows[number], "[`"+name+"`](") {
			t.Errorf("%s is not in row %d", name, number)
		}
	}
	for number := 1; number <= promises; number++ {
		if tests[number] == 0 {
			t.Errorf("promise %d has no test", number)
		}
	}
}

func TestVulnerabilitiesAreReportedInPrivate(t *testing.T) {
	for _, name := range []string{"SECURITY.md", "docs/security.md"} {
		if text := read(t, name); !strings.Contains(text, "in private") || !strings.Contains(text, "security advisories") {
			t.Errorf("%s does not say how", name)
		}
	}
	if !strings.Contains(read(t, "SECURITY.md"), "(docs/security.md#reporting-a-vulnerability)") || !strings.Contains(read(t, "docs/security.md"), "\n## Reporting a vulnerability\n") {
		t.Error("SECURITY.md does not lead to the page")
	}
}
