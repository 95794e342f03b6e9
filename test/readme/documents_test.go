package readme

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apptest"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what a document has between a heading and the next.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, document), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", document, heading)
	}
	if strings.Contains(rest, "\n## "+heading+"\n") {
		t.Errorf("%s has the section %q twice", document, heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// firstCells are the first cells of a table's rows, without its head.
func firstCells(text string) (cells []string) {
	for line := range strings.Lines(text) {
		if cell := strings.Split(line, "|"); len(cell) > 2 && strings.HasPrefix(line, "|") {
			cells = append(cells, strings.TrimSpace(cell[1]))
		}
	}
	return cells[min(2, len(cells)):]
}

func TestTheReadmeHasOneLineForEachSurface(t *testing.T) {
	have, want := firstCells(section(t, "README.md", "Surfaces")), apidoc.Surfaces()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("the table has %q, want %q", have, want)
	}
}

func TestTheGlossaryHasEachWordOnceInOrder(t *testing.T) {
	words := firstCells(section(t, "ARCHITECTURE.md", "Glossary"))
	if len(words) < 2 {
		t.Fatal("there is no glossary")
	}
	for i := range words[1:] {
		if strings.ToLower(words[i]) >= strings.ToLower(words[i+1]) {
			t.Errorf("%q comes before %q", words[i], words[i+1])
		}
	}
}

func TestTheArchitectureNamesEveryPackageOnce(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "```\n")
	list, _, _ := strings.Cut(rest, "```")
	seen := map[string]bool{}
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(line, "  ")
		if strings.TrimSpace(name) == "" {
			continue
		}
		if seen[name] {
			t.Errorf("the list has %q twice", name)
		}
		seen[name] = true
	}
	directories, err := filepath.Glob("../../internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("../../internal/*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(directories, deeper...) {
		if name := filepath.Base(filepath.Dir(file)); !strings.Contains(list, name) {
			t.Errorf("the list lacks %s", strings.TrimPrefix(filepath.Dir(file), "../../"))
		}
	}
}

func TestHelpNamesEverySetting(t *testing.T) {
	help, code := apptest.RunBinary(t, nil, "serve", "--help")
	if code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, name := range strings.Fields(`LISTEN DATABASE_URL REDIS_URL SMTP_URL MAIL_FROM SMS_URL SECRET_KEY PUBLIC_URL CORS_ORIGINS TRUSTED_PROXIES BOT_CLIENTS
		TELEGRAM_BOT_TOKEN BASE_CURRENCY RATES_URL RATES_MAX_AGE GIFT_FUNDING CARD_GRANT SAVINGS_GRANT RESET_URL PUBLIC_EMAILS REQUIRE_VERIFIED_EMAIL RATE_LIMITS
		METRICS_LISTEN ALLOW_HTTP`) {
		if !strings.Contains(help, "PURSE_"+name) {
			t.Errorf("purse serve --help does not name PURSE_%s", name)
		}
	}
}
