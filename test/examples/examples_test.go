// Package examples holds what we show to those who write clients to the real
// program: examples/, the walk-throughs and examples of the documents, and the
// clients that are generated from them.
package examples

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purse/internal/apidoc"
	"purse/internal/apptest"
)

const folder = "../../examples"

func TestMain(m *testing.M) {
	code := m.Run()
	apptest.RemoveBinary()
	_ = os.RemoveAll(workspace.directory) // a temporary directory that stays is no failure
	os.Exit(code)
}

// development is a Purse as examples/README.md starts it.
func development(t *testing.T) *apptest.Process {
	t.Helper()
	line := codeAfter(t, filepath.Join(folder, "README.md"), "# Examples")
	settings, found := strings.CutSuffix(strings.TrimSpace(line), " make run")
	if !found {
		t.Fatalf("the README starts Purse with %q", line)
	}
	output, err := exec.Command("sh", "-c", "env -i "+settings+" env").Output()
	if err != nil {
		t.Fatal(err)
	}
	return apptest.Start(t, strings.Split(strings.TrimSpace(string(output)), "\n"), "dev", "--ephemeral", "--listen", "{listen}")
}

// codeAfter is the first block of shell code after a heading of a document.
func codeAfter(t *testing.T, document, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut("\n"+string(read(t, document)), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no %q", document, heading)
	}
	return firstCode(t, rest)
}

// firstCode is the first block of shell code of a text.
func firstCode(t *testing.T, text string) string {
	t.Helper()
	_, rest, begun := strings.Cut(text, "```sh\n")
	code, _, ended := strings.Cut(rest, "```")
	if !begun || !ended {
		t.Fatalf("no code in %q", text)
	}
	return code
}

// attempt runs a command in a directory and returns what it prints.
func attempt(t *testing.T, directory string, environment []string, name string, arguments ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env = directory, append(os.Environ(), environment...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

func run(t *testing.T, directory string, environment []string, name string, arguments ...string) string {
	t.Helper()
	output, err := attempt(t, directory, environment, name, arguments...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arguments, err, output)
	}
	return output
}

// stories is what each example ends up printing, by its surface.
var stories = map[string][]string{
	"bank":    {"34.50 USD", "saving \"Holiday\"  40.00 of 1200.00", "bill \"Electricity\"  14.30, paid", `A million is too much: 403 {"detail":"Not enough funds"}`},
	"profile": {`"is_login_available":true`, `"description":"Backend Developer from Voskresensk"`, "image/", `"email":"d***@example.com"`},
	"wallet":  {"Ana sends 5000.00 KZT, Bek receives 10.00 USD at 0.002", "Ana has 5000.00 KZT, Bek 10.00 USD", `More than she has: 400 {"error": "Not enough balance"}`},
	"bot":     {"(new: true)", "the chat belongs to user", `with a wrong secret: 401 Unauthorized: {"detail":"Invalid signature"}`},
	"gift":    {"정재균 reads: 새해 복 많이 받으세요! (5000, from 민수)", "정재균 has 3 messages and 15000 in all", "5001 is not a note: 400"},
}

func TestEveryExampleRunsAsItsReadmeSays(t *testing.T) {
	for _, surface := range apidoc.Surfaces() {
		t.Run(surface, func(t *testing.T) {
			command := codeAfter(t, filepath.Join(folder, "README.md"), "## "+surface)
			directory, purse := folder, development(t)
			switch tool, _, _ := strings.Cut(command, " "); tool {
			case "npm":
				directory = packages(t, purse)
			case "python3", "go":
				apptest.Need(t, tool)
			default:
				apptest.Need(t, "curl")
			}
			output := run(t, directory, []string{"PURSE_URL=" + purse.Base}, "sh", "-eu", "-c", command)
			for _, want := range stories[surface] {
				if !strings.Contains(output, want) {
					t.Errorf("it does not print %q:\n%s", want, output)
				}
			}
		})
	}
}
