package apptest

import (
	"os/exec"
	"testing"
)

// Need skips the test where a tool is missing, and says which.
func Need(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("this needs %s, which is not here", tool)
		}
	}
}
