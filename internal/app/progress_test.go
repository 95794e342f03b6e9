package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProgressIsNeverMoreThanAllWhateverAFileSaysOfItsSize(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	bar := progressBar{file: file, label: "checking"}
	bar.draw(4096, -5)
	bar.draw(4096, 10)
	drawn, err := os.ReadFile(file.Name())
	if want := "\r\033[Kchecking [" + strings.Repeat("=", 40) + "] 100.0 %"; err != nil || string(drawn) != want {
		t.Errorf("drawn is %q, %v, want %q", drawn, err, want)
	}
}
