package security

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tools are what `make check` runs, with the script that lets it be missing.
var tools = []struct{ step, script, binary string }{
	{"vet", "", ""}, {"staticcheck", "", ""},
	{"gosec", "scripts/gosec", "gosec"}, {"secrets", "scripts/secretscan", "gitleaks"}, {"govulncheck", "scripts/govulncheck", ""},
}

func TestSecurity28TheCheckRunsEveryToolAtAPinnedVersion(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, check, found := strings.Cut(string(makefile), "\ncheck:")
	check, _, _ = strings.Cut(check, "\n\n")
	if !found || !strings.Contains(string(makefile), "\ntest: check ") {
		t.Fatal("make test does not begin with the check")
	}
	for _, tool := range tools {
		if !strings.Contains(check, `"== `+tool.step+`"; `) || tool.script != "" && !strings.Contains(check, "; "+tool.script+" $(") {
			t.Errorf("the check does not run %s", tool.step)
		}
	}
	for _, name := range []string{"STATICCHECK", "GOVULNCHECK", "GOSEC", "GITLEAKS"} {
		_, line, _ := strings.Cut(string(makefile), "\n"+name)
		line, _, _ = strings.Cut(line, "\n")
		if _, version, pinned := strings.Cut(line, "@v"); !pinned || version == "" || version[0] < '0' || version[0] > '9' {
			t.Errorf("%s has no pinned version: %q", name, line)
		}
	}
}

// fakeGo is a go command that installs a tool which behaves as said, or cannot.
func fakeGo(t *testing.T, binary, tool, failure string) (path string) {
	t.Helper()
	directory := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nif [ -n %q ]; then echo %q >&2; exit 1; fi\ncat >\"$GOBIN/%s\" <<'END'\n#!/bin/sh\n%s\nEND\nchmod +x \"$GOBIN/%s\"\n",
		failure, failure, binary, tool, binary)
	if err := os.WriteFile(filepath.Join(directory, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return directory
}

func TestSecurity28WhatAToolFindsFailsTheCheckAndAToolThatCannotBeHadDoesNot(t *testing.T) {
	for _, tool := range tools {
		if tool.binary == "" {
			continue
		}
		for name, c := range map[string]struct {
			tool, failure string
			code          int
			says          string
		}{
			"finds nothing":           {"exit 0", "", 0, ""},
			"finds something":         {"echo dial tcp is written here; exit 1", "", 1, "dial tcp is written here"},
			"cannot be reached":       {"", "Get https://proxy.example: dial tcp: lookup proxy.example: no such host", 0, "cannot be had from here"},
			"does not exist any more": {"", "unknown revision v0.0.0", 1, "unknown revision"},
		} {
			t.Run(tool.step+" "+name, func(t *testing.T) {
				command := exec.Command("./"+tool.script, "example.com/tool@v1.0.0")
				command.Dir = root
				command.Env = append(os.Environ(), "PATH="+fakeGo(t, tool.binary, c.tool, c.failure)+":"+os.Getenv("PATH"))
				output, err := command.CombinedOutput()
				if _, exited := err.(*exec.ExitError); err != nil && !exited {
					t.Fatal(err)
				}
				if code := command.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(output), c.says) {
					t.Errorf("exit code %d: %s", code, output)
				}
			})
		}
	}
}
