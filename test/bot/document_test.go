package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// example is a block of code of docs/bots.md.
type example struct {
	language, code string
}

// examples are the blocks that name their language.
func examples(t *testing.T) (list []example) {
	t.Helper()
	page, err := os.ReadFile("../../docs/bots.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range strings.Split(string(page), "```") {
		language, code, _ := strings.Cut(part, "\n")
		if i%2 == 1 && language != "" {
			list = append(list, example{language, code})
		}
	}
	return list
}

func TestExamplesOfTheBotPageRunAsPrinted(t *testing.T) {
	const secret = "a secret for the examples"
	environment := append(production(t, "sqlite:"+filepath.Join(t.TempDir(), "purse.db")), "PURSE_BOT_CLIENTS=telegram_bot:"+secret)
	purse := apptest.Start(t, environment, "serve", "--listen", "{listen}")
	tools := map[string]struct {
		file string
		run  []string
	}{
		"python":     {"example.py", []string{"python3"}},
		"javascript": {"example.mjs", []string{"node"}},
		"go":         {"main.go", []string{"go", "run"}},
		"sh":         {"example.sh", []string{"sh"}},
	}
	list := examples(t)
	if len(list) != len(tools) {
		t.Fatalf("the page has %d examples, want one in each of %d languages", len(list), len(tools))
	}
	for i, e := range list {
		t.Run(e.language, func(t *testing.T) {
			tool, known := tools[e.language]
			if !known {
				t.Fatalf("nobody knows how to run %s", e.language)
			}
			apptest.Need(t, tool.run[0])
			if e.language == "sh" {
				apptest.Need(t, "openssl", "curl")
			}
			path := filepath.Join(t.TempDir(), tool.file)
			if err := os.WriteFile(path, []byte(e.code), 0o600); err != nil {
				t.Fatal(err)
			}
			variables := []string{"PURSE_URL=" + purse.Base, "BOT_SECRET=" + secret, fmt.Sprintf("CHAT_ID=%d", 100+i)}
			output := run(t, variables, tool.run[0], append(tool.run[1:], path)...)
			want := `"success":true,"created":true`
			if e.language == "sh" {
				want = `{"code":"`
			}
			if !strings.Contains(output, want) {
				t.Errorf("it prints %s", output)
			}
		})
	}
}
