// Package readme runs what the README tells a newcomer to paste.
package readme

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func TestFirstTransferWorksAsPasted(t *testing.T) {
	apptest.Need(t, "bash", "curl")
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## A first transfer")
	if !found {
		t.Fatal("the README has no first transfer")
	}
	_, block, _ := strings.Cut(section, "```sh\n")
	lines, _, _ := strings.Cut(block, "```")
	if count := strings.Count(lines, "\n"); count != 5 {
		t.Fatalf("the first transfer has %d lines, the README says five", count)
	}
	purse := apptest.Start(t, []string{"PURSE_CARD_GRANT=100"}, "dev", "--ephemeral", "--listen", "{listen}")
	command := exec.Command("bash", "-c", strings.Replace(lines, "http://127.0.0.1:8000", purse.Base, 1))
	command.Dir = t.TempDir()
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, part := range []string{`"message":"Transferred 12.50"`, `"amount":12.50`, `"remaining_card_balance":87.50`} {
		if !strings.Contains(string(output), part) {
			t.Errorf("the last line's answer lacks %s:\n%s", part, output)
		}
	}
}
