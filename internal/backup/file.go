package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"purse/internal/store/portable"
)

// partial is what a file's name ends with until it is whole.
const partial = ".partial"

// ErrExists is a file that would be overwritten.
var ErrExists = errors.New("the file is there already, and is not overwritten")

// Summary is what a file has become.
type Summary struct {
	Rows   int64
	Bytes  int64
	SHA256 string // of the file, as sha256sum prints it
}

// File is a file that is being written: whole under its name, or not there.
type File struct {
	path string
	lock Lock
	file *os.File
}

// Create begins a file that only this user can read. It returns ErrExists
// before anything is written.
func Create(path string, lock Lock) (*File, error) {
	if _, err := lock.recipients(); err != nil {
		return nil, err
	}
	if err := refuseExisting(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path+partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is there: another backup is writing it, or one was cut off; then remove it", path+partial)
	}
	if err != nil {
		return nil, err
	}
	return &File{path: path, lock: lock, file: file}, nil
}

func refuseExisting(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", path, ErrExists)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// Fill writes all of a source, has the disk keep it, and gives the file its name.
func (f *File) Fill(source portable.Source) (Summary, error) {
	summary := Summary{Rows: source.Header().Rows()}
	counted := &counter{out: f.file}
	sum := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(counted, sum), usualBlock)
	sealed, err := f.lock.encrypt(buffered)
	if err != nil {
		return Summary{}, err
	}
	if err := Write(sealed, source); err != nil {
		return Summary{}, err
	}
	if err := errors.Join(sealed.Close(), buffered.Flush()); err != nil {
		return Summary{}, err
	}
	if err := f.file.Sync(); err != nil {
		return Summary{}, err
	}
	summary.Bytes, summary.SHA256 = counted.bytes, hex.EncodeToString(sum.Sum(nil))
	return summary, Name(f.path+partial, f.path)
}

// Name gives a file that is on disk its name for good, unless another has it:
// then it returns ErrExists.
func Name(from, to string) error {
	err := os.Link(from, to) // unlike a renaming, it replaces nothing
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", to, ErrExists)
	case err == nil:
		err = os.Remove(from)
	default: // a file system without links
		if err := refuseExisting(to); err != nil {
			return err
		}
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// Close releases the file, and removes it when it has not become whole.
func (f *File) Close() error {
	err := f.file.Close()
	if removed := os.Remove(f.path + partial); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// counter counts what goes through.
type counter struct {
	out   io.Writer
	bytes int64
}

// Write passes on.
func (c *counter) Write(text []byte) (int, error) {
	n, err := c.out.Write(text)
	c.bytes += int64(n)
	return n, err
}
