package apidoc

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A walk-through is a short shell script that does the first useful thing on a
// surface, for readers to paste: walkthrough/<surface>.sh. It is kept as a file
// of its own so that it is read, checked and run as the shell that it is. Its
// comments begin with three signs: ReDoc takes a line with one or two for a
// heading, also in code. They hold no quotes and nothing else that a shell acts on,
// since an interactive zsh knows no comments.

// withWalkthrough is a surface's document with its walk-through at the end of its
// description.
func withWalkthrough(raw []byte, script string) ([]byte, error) {
	return describe(raw, "\n\n**A walk-through**, to paste into a shell:\n\n"+fenced(script))
}

// chapter is a walk-through as one of several in the document of all surfaces:
// folded away, in HTML that both pages show.
func chapter(surface, summary, script string) string {
	return fmt.Sprintf("\n\n<details>\n<summary><strong>%s</strong>: %s A walk-through.</summary>\n\n%s\n</details>", surface, summary, fenced(script))
}

func fenced(script string) string {
	return "```sh\n" + strings.TrimSpace(script) + "\n```\n"
}

// describe is a document with text added to its description.
func describe(raw []byte, text string) ([]byte, error) {
	var document, info object
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	value, _ := document.get("info")
	if err := json.Unmarshal(value, &info); err != nil {
		return nil, fmt.Errorf("info: %w", err)
	}
	value, found := info.get("description")
	if !found {
		return nil, errors.New("info has no description")
	}
	var description string
	if err := json.Unmarshal(value, &description); err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	if err := info.replace("description", description+text); err != nil {
		return nil, err
	}
	if err := document.replace("info", info); err != nil {
		return nil, err
	}
	return encode(document)
}

// summary is the one line by which a document says what it is about.
func summary(raw []byte) (string, error) {
	var document struct {
		Info struct {
			Summary string `json:"summary"`
		} `json:"info"`
	}
	err := json.Unmarshal(raw, &document)
	return document.Info.Summary, err
}
