package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/store"
)

func TestAFullDiskLosesNothingAcknowledgedAndPasses(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("this needs a small file system of its own: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(dir, "purse.db"), clock.System{})
	value := strings.Repeat("x", 50_000)
	write := func(n int) error {
		return s.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta(fmt.Sprint(n), value) })
	}
	kept := 0
	for ; kept < 1000; kept++ {
		if err := write(kept); err != nil {
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("the full disk gave %v", err)
			}
			break
		}
	}
	if kept == 0 || kept == 1000 {
		t.Fatalf("the disk was full after %d units", kept)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := write(kept); err != nil {
		t.Errorf("with space again: %v", err)
	}
	err := s.View(t.Context(), func(tx store.Tx) error {
		for n := range kept + 1 {
			if got, err := tx.Meta(fmt.Sprint(n)); err != nil || got != value {
				t.Errorf("unit %d is lost: %v", n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
