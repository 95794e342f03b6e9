package apidoc_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"purse/internal/apidoc"
)

func TestEveryDescriptionHasTheWalkthroughOfItsSurface(t *testing.T) {
	description := func(raw []byte) string {
		var document struct{ Info struct{ Description string } }
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		return document.Info.Description
	}
	merged := description(apidoc.Merged())
	for _, name := range apidoc.Surfaces() {
		script, err := os.ReadFile("walkthrough/" + name + ".sh")
		if err != nil {
			t.Fatal(err)
		}
		code := "```sh\n" + string(script) + "```\n"
		raw, _ := apidoc.Document(name)
		if !strings.HasSuffix(description(raw), code) {
			t.Errorf("%s: its description does not end with its walk-through", name)
		}
		if !strings.Contains(merged, "<strong>"+name+"</strong>") || !strings.Contains(merged, code) {
			t.Errorf("%s: the document of all surfaces lacks its walk-through", name)
		}
		for line := range strings.Lines(string(script)) {
			if strings.HasPrefix(line, "#") && strings.ContainsAny(line, "`'\"$;&|<>()*?!") {
				t.Errorf("%s: an interactive zsh would act on %s", name, line)
			}
		}
		// Both would cut the description in ReDoc, which looks for headings also in code.
		if strings.Contains(description(raw), "\n# ") || strings.Contains(description(raw), "\n## ") {
			t.Errorf("%s: ReDoc would show nothing from the first heading on", name)
		}
	}
}
