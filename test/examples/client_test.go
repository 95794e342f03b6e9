package examples

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apptest"
)

const guide = "../../docs/clients.md"

// generated is what the program of testdata/client for each surface reports.
var generated = map[string]string{
	"bank":    `["Account created",100,406]`,
	"profile": `["Backend Developer","d***@example.com"]`,
	"wallet":  `["0.00","100.50"]`,
	"bot":     `[true,0,"Could not validate credentials"]`,
	"gift":    `["jae",404]`,
}

// lines are those by which docs/clients.md installs a generator and runs it, for
// a surface of a running Purse.
func lines(t *testing.T, language, surface string, purse *apptest.Process) []string {
	t.Helper()
	code := strings.TrimSpace(codeAfter(t, guide, "### "+language))
	code = strings.ReplaceAll(strings.ReplaceAll(code, "http://127.0.0.1:8000", purse.Base), "bank", surface)
	list := strings.Split(code, "\n")
	if len(list) != 2 {
		t.Fatalf("%s takes %d lines, two are promised", language, len(list))
	}
	return list
}

func TestTypeScriptClientsOfEveryDocumentCompileAndRun(t *testing.T) {
	purse := development(t)
	directory := packages(t, purse)
	output, err := attempt(t, directory, quietly, "sh", "-c", lines(t, "TypeScript", "bank", purse)[0])
	fetched(t, output, err)
	compile := []string{"tsc", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--outDir", "out"}
	for _, surface := range apidoc.Surfaces() {
		run(t, directory, quietly, "sh", "-c", lines(t, "TypeScript", surface, purse)[1])
		write(t, filepath.Join(directory, surface+".ts"), read(t, "testdata/client/"+surface+".ts"))
		compile = append(compile, surface+".ts")
	}
	run(t, directory, quietly, "npx", compile...)
	for i, surface := range apidoc.Surfaces() {
		t.Run(surface, func(t *testing.T) {
			environment := []string{"PURSE_URL=" + purse.Base, "NUMBER=" + strconv.Itoa(100_000_001+i)}
			if got := strings.TrimSpace(run(t, directory, environment, "node", "out/"+surface+".js")); got != generated[surface] {
				t.Errorf("it reports %s, want %s", got, generated[surface])
			}
		})
	}
}

func TestGoClientsOfEveryDocumentCompileAndOneRuns(t *testing.T) {
	apptest.Need(t, "go")
	purse := development(t)
	directory := t.TempDir()
	write(t, filepath.Join(directory, "go.mod"), []byte("module client\n\ngo 1.26.0\n"))
	for i, surface := range apidoc.Surfaces() {
		inner := filepath.Join(directory, surface)
		write(t, filepath.Join(inner, "oapi-codegen.yaml"), read(t, filepath.Join(folder, "oapi-codegen.yaml")))
		for j, line := range lines(t, "Go", surface, purse) {
			if j == 0 || i == 0 { // one module needs its package once
				output, err := attempt(t, inner, nil, "sh", "-c", line)
				fetched(t, output, err)
			}
		}
		if strings.Contains(string(read(t, filepath.Join(inner, "client.go"))), "float32") {
			t.Errorf("%s: an amount became a binary fraction", surface)
		}
	}
	write(t, filepath.Join(directory, "program", "main.go"), read(t, "testdata/client/program.go"))
	run(t, directory, nil, "go", "vet", "./...")
	var got []any
	output := run(t, directory, nil, "go", "run", "./program", purse.Base)
	if err := json.Unmarshal([]byte(output), &got); err != nil || len(got) != 2 || got[0] != "Данила" || got[1] != "g***@example.com" {
		t.Errorf("it reports %s", output)
	}
}
