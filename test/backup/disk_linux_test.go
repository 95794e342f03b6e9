package backup

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"purse/internal/apptest"
	"purse/internal/store/enginetest"
)

func TestAFullDiskEndsABackupAndARestoreAndLeavesNothing(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("this needs a small file system of its own: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	empty := func(what, output string, code int) {
		t.Helper()
		left, err := os.ReadDir(small)
		if err != nil || len(left) > 0 || code != 1 {
			t.Errorf("%s exits with %d and leaves %v, %v:\n%s", what, code, left, err, output)
		}
	}
	from := enginetest.SQLite.URL(t)
	file := made(t, from)

	to := apptest.Development("sqlite:" + filepath.Join(small, "purse.db")) // which takes more than 256 kB even when it is empty
	output, code := apptest.RunBinary(t, to, "restore", file)
	empty("purse restore", output, code)

	ballast := filepath.Join(small, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 252<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(small, "purse.backup")
	output, code = apptest.RunBinary(t, apptest.Development(from), "backup", target)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	empty("purse backup", output, code)
	if !strings.Contains(output, "no space left") {
		t.Errorf("purse backup says:\n%s", output)
	}
	if output, code := apptest.RunBinary(t, apptest.Development(from), "backup", target); code != 0 {
		t.Errorf("with space again, purse backup exits with %d:\n%s", code, output)
	}
}
