package examples

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apptest"
)

// linter is a maintained linter for OpenAPI, at the version whose rules the
// documents are held to. Its rule set is internal/apidoc/redocly.yaml.
const linter = "@redocly/cli@2.77.0"

// served is a document as a running Purse serves it.
func served(t *testing.T, purse *apptest.Process, path string) []byte {
	t.Helper()
	answer, err := apptest.NewClient(purse.Base, 1).Call(t.Context(), http.MethodGet, path, nil)
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", path, answer.Status, err)
	}
	return answer.Body
}

func TestEveryDocumentLintsClean(t *testing.T) {
	apptest.Need(t, "node", "npx")
	rules, err := filepath.Abs("../../internal/apidoc/redocly.yaml")
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if version := strings.TrimSpace(run(t, directory, nil, "node", "--version")); strings.HasPrefix(version, "v1") {
		t.Skipf("the linter needs Node.js 20.19 or newer, here is %s, so this is not checked", version)
	}
	output, err := attempt(t, directory, quietly, "npx", "--yes", linter, "--version")
	fetched(t, output, err)
	purse := development(t)
	lint := []string{"--yes", linter, "lint", "--config", rules, "--format", "stylish", "openapi.json"}
	write(t, filepath.Join(directory, "openapi.json"), served(t, purse, "/openapi.json"))
	for _, surface := range apidoc.Surfaces() {
		write(t, filepath.Join(directory, surface+".json"), served(t, purse, "/openapi/"+surface+".json"))
		lint = append(lint, surface+".json")
	}
	if output, err = attempt(t, directory, quietly, "npx", lint...); err != nil || strings.Contains(output, " warning ") {
		t.Errorf("%v\n%s", err, output)
	}
}

// firstSteps is what the walk-through of each surface ends up printing.
var firstSteps = map[string][]string{
	"bank":    {`"message":"Transferred 12.50"`, `"direction":"in"`},
	"profile": {`"description":"Backend Developer from Voskresensk"`, `"email":"d***@example.com"`},
	"wallet":  {`"balance":"100.50"`, `"operation_type":"DEPOSIT"`},
	"bot":     {`"created":true`, `"expires_in":600`},
	"gift":    {`"total_amount":5000`},
}

func TestEveryWalkthroughRunsAsItsDocumentPrintsIt(t *testing.T) {
	apptest.Need(t, "sh", "curl")
	purse := development(t)
	for _, surface := range apidoc.Surfaces() {
		t.Run(surface, func(t *testing.T) {
			var document struct {
				Info struct{ Description string }
			}
			if err := json.Unmarshal(served(t, purse, "/openapi/"+surface+".json"), &document); err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(document.Info.Description, "```sh\n")
			script, _, ended := strings.Cut(rest, "```")
			if !ended || strings.Count(script, "http://127.0.0.1:8000") != 1 {
				t.Fatalf("no walk-through, or not at the default address:\n%s", script)
			}
			output := run(t, t.TempDir(), nil, "sh", "-eu", "-c", strings.Replace(script, "http://127.0.0.1:8000", purse.Base, 1))
			for _, want := range firstSteps[surface] {
				if !strings.Contains(output, want) {
					t.Errorf("it does not print %s:\n%s", want, output)
				}
			}
		})
	}
}
