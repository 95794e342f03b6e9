package examples

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"purse/internal/apptest"
)

// unreachable are the words of npm and go for a registry that cannot be had.
var unreachable = []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "E403", "ENOTCACHED", "403 Forbidden", "dial tcp", "no such host"}

// fetched fails on an error, and skips where it says that packages cannot be had.
func fetched(t *testing.T, output string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, word := range unreachable {
		if strings.Contains(output, word) {
			t.Skipf("packages cannot be had from here, so this is not checked: %s", word)
		}
	}
	t.Fatalf("%v\n%s", err, output)
}

// workspace is a copy of the TypeScript in examples/, in which its packages are
// installed and everything is compiled, once for all tests.
var workspace struct {
	sync.Once
	directory, output string
	err               error
}

// packages is the workspace; it skips the test where it cannot be had.
func packages(t *testing.T, purse *apptest.Process) string {
	t.Helper()
	apptest.Need(t, "node", "npm", "npx")
	workspace.Do(func() {
		directory, err := os.MkdirTemp("", "purse-examples-")
		if err != nil {
			t.Fatal(err)
		}
		workspace.directory = directory
		for _, name := range []string{"package.json", "package-lock.json", "tsconfig.json", "bank/main.ts", "gift/main.ts"} {
			write(t, filepath.Join(directory, name), read(t, filepath.Join(folder, name)))
		}
		_, rest, _ := strings.Cut(string(read(t, filepath.Join(folder, "README.md"))), "\nThe two in TypeScript")
		workspace.output, workspace.err = attempt(t, directory, append(quietly, "PURSE_URL="+purse.Base), "sh", "-c", firstCode(t, rest))
	})
	fetched(t, workspace.output, workspace.err)
	return workspace.directory
}

// quietly keeps npm and the tools that it runs to their work.
var quietly = []string{
	"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_prefer_offline=true", "npm_config_ignore_scripts=true",
	"npm_config_fetch_retries=1", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true",
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
