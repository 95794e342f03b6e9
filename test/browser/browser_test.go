// Package browser opens Purse's pages in headless Chromium, with no network
// but the machine's own.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"purse/internal/apidoc"
	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// chromium finds the browser. In CI a missing one is a failure, elsewhere the
// test says that it was skipped.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no Chromium in CI: make test installs it, see scripts/need-browser")
	}
	t.Skip("no Chromium here; to run the page tests: apt-get install chromium")
	return ""
}

// render opens a page, lets its scripts run, and returns the document as they
// have left it. Every host but this machine resolves to nothing.
func render(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=20000", "--dump-dom", url)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("chromium on %s: %v", url, err)
	}
	return string(output)
}

// grouped is what a page has for each surface when it shows them as groups, each
// with its walk-through.
func grouped(patterns ...string) (want []string) {
	for _, surface := range apidoc.Surfaces() {
		for _, pattern := range patterns {
			want = append(want, fmt.Sprintf(pattern, surface))
		}
	}
	return want
}

func TestPagesOpenWithoutNetwork(t *testing.T) {
	chromium(t)
	purse := apptest.Start(t, nil, "dev", "--ephemeral", "--listen", "{listen}")
	for _, page := range []struct {
		path string
		want []string // what only the rendered page contains
	}{
		{"/docs", append([]string{"opblock-summary-path", "/card/transfer", "/auth/register"}, grouped(`<strong>%s</strong>`, `data-tag="%s: `)...)},
		{"/redoc", append([]string{"operation/", "/card/transfer", "/auth/register"}, grouped(`<strong>%s</strong>`, `title="%s"`)...)},
		{"/docs?document=gift", []string{"/api/user/register", "sign_in"}},
		{"/redoc?document=gift", []string{"/api/user/register", "sign_in"}},
		{"/reset?token=unknown", []string{"<h1", "link"}},
		{"/api/confirm-user/1/unknown", []string{"<h1>사용할 수 없는 링크입니다</h1>"}},
		{"/console", []string{"<h1>Sign in</h1>", `autocomplete="current-password"`}},
	} {
		t.Run(page.path, func(t *testing.T) {
			document := render(t, purse.Base+page.path)
			for _, want := range page.want {
				if !strings.Contains(document, want) {
					t.Errorf("the page lacks %q:\n%.2000s", want, document)
				}
			}
		})
	}
}
