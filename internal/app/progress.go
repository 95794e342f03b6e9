package app

import (
	"fmt"
	"os"
	"strings"
)

// IsTerminal reports whether a file is a terminal, where progress may redraw
// its line.
func IsTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progressBar draws one line again and again; nothing when there is no
// terminal to draw on.
type progressBar struct {
	file  *os.File
	label string
	drawn int64 // thousandths last drawn, plus one
}

func (b *progressBar) draw(done, total int64) {
	if b.file == nil || total <= 0 {
		return
	}
	share := min(done, total) * 1000 / total // what a damaged file says of its size may be wrong
	if share+1 == b.drawn {
		return
	}
	b.drawn = share + 1
	const width = 40
	filled := int(share) * width / 1000
	fmt.Fprintf(b.file, "\r\033[K%s [%s%s] %d.%d %%", b.label, strings.Repeat("=", filled), strings.Repeat(" ", width-filled), share/10, share%10)
}

// count draws how far it came where nobody knows yet how far it goes.
func (b *progressBar) count(done int64) {
	if b.file == nil || done+1 == b.drawn {
		return
	}
	b.drawn = done + 1
	fmt.Fprintf(b.file, "\r\033[K%s: %d", b.label, done)
}

func (b *progressBar) clear() {
	if b.file != nil && b.drawn > 0 {
		fmt.Fprint(b.file, "\r\033[K")
		b.drawn = 0
	}
}
