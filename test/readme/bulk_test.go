package readme

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"purse/internal/apptest"
)

var transferID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestBulkTransfersAnswerAsPrinted runs the commands of docs/bulk.md in their
// order; the block after each is what it prints, but for the ids.
func TestBulkTransfersAnswerAsPrinted(t *testing.T) {
	apptest.Need(t, "sh", "curl")
	purse := apptest.Start(t, []string{"PURSE_CARD_GRANT=100"}, "dev", "--ephemeral", "--listen", "{listen}")
	client := apptest.NewClient(purse.Base, 1)
	if err := client.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	card, err := client.OpenCard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to, err := client.OpenCard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	environment := append(os.Environ(), "PURSE_URL="+purse.Base, "SESSION="+client.Cookie, "CARD="+card.Number, "TO="+to.Number)
	ran := 0
	command := ""
	for i, part := range strings.Split(read(t, "docs/bulk.md"), "```") {
		language, text, _ := strings.Cut(part, "\n")
		switch {
		case i%2 == 0:
		case language == "sh":
			command = text
		case command == "":
			t.Errorf("an answer without a command: %s", text)
		default:
			run := exec.Command("sh", "-c", command)
			run.Env = environment
			output, err := run.CombinedOutput()
			if got := transferID.ReplaceAllString(string(output), "…"); err != nil || got != strings.TrimSpace(text) {
				t.Errorf("%v\n%s\nprinted\n%s\nwant\n%s", err, command, got, text)
			}
			command = ""
			ran++
		}
	}
	if ran != 4 {
		t.Errorf("%d commands ran", ran)
	}
}
