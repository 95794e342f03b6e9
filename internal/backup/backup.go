// Package backup is the file that a whole database is kept in: its format, its
// encryption, and how it comes to be on a disk. What is in it comes from
// package portable; this package knows no engine and no rule.
//
// A file is, within the age format when it is encrypted:
//
//	"purse backup 1\n", then compressed with gzip:
//	  a block with the header (package portable) in JSON
//	  for each table: blocks of whole rows, then an empty block
//	  the SHA-256 of everything before it within the gzip stream
//
// A block is its length as a varint, and so many bytes. A value is a zero byte
// for NULL, or a one and the value: a signed varint, or a length and bytes.
package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"slices"

	"purse/internal/store/portable"
)

const (
	magic = "purse backup 1\n"
	// Rows are gathered into blocks of about usualBlock bytes. One of mostBlock
	// bytes holds the largest row; a longer one is no block.
	usualBlock = 64 << 10
	mostBlock  = 32 << 20
	mostStep   = 1 << 20
)

// ErrDamaged is a file that is not whole, or not one that Purse has written.
var ErrDamaged = errors.New("the backup is damaged or cut off")

// Write writes all of a source.
func Write(out io.Writer, source portable.Source) error {
	if _, err := io.WriteString(out, magic); err != nil {
		return err
	}
	// Most of a book is hashes, which nothing makes smaller: more effort buys little.
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if err := write(zip, source); err != nil {
		return err
	}
	return zip.Close()
}

// writer writes blocks.
type writer struct {
	out io.Writer // and into the sum
	row []byte    // rows that are not written yet
}

func write(out io.Writer, source portable.Source) error {
	sum := sha256.New()
	w := &writer{out: io.MultiWriter(out, sum)}
	header := source.Header()
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	if err := w.block(text); err != nil {
		return err
	}
	for _, t := range header.Tables {
		if err := w.table(t, source); err != nil {
			return fmt.Errorf("backup: the table %s: %w", t.Name, err)
		}
	}
	_, err = out.Write(sum.Sum(nil))
	return err
}

func (w *writer) table(t portable.Table, source portable.Source) error {
	var count int64
	for row, err := range source.Rows(t) {
		if err != nil {
			return err
		}
		count++
		for i, c := range t.Columns {
			w.row = appendValue(w.row, c.Kind, row[i])
		}
		if len(w.row) < usualBlock {
			continue
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
	if count != t.Rows {
		return fmt.Errorf("%d rows were counted and %d came", t.Rows, count)
	}
	if len(w.row) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.block(nil)
}

func (w *writer) flush() error {
	defer func() { w.row = w.row[:0] }()
	return w.block(w.row)
}

func (w *writer) block(content []byte) error {
	if len(content) > mostBlock {
		return fmt.Errorf("a row of %d bytes is more than a backup can hold", len(content))
	}
	if _, err := w.out.Write(binary.AppendUvarint(nil, uint64(len(content)))); err != nil {
		return err
	}
	_, err := w.out.Write(content)
	return err
}

func appendValue(to []byte, kind portable.Kind, v portable.Value) []byte {
	switch {
	case v.Null:
		return append(to, 0)
	case kind.Numeric():
		return binary.AppendVarint(append(to, 1), v.Number)
	}
	to = binary.AppendUvarint(append(to, 1), uint64(len(v.Bytes)))
	return append(to, v.Bytes...)
}

// Reader reads what Write has written. It is a source; End says whether all of
// it was good.
type Reader struct {
	compressed *bufio.Reader
	in         *bufio.Reader
	sum        hash.Hash
	header     portable.Header
	block      []byte
}

var _ portable.Source = (*Reader)(nil)

// NewReader reads up to the header. It returns ErrDamaged for what is no backup.
func NewReader(in io.Reader) (*Reader, error) {
	compressed := bufio.NewReaderSize(in, usualBlock)
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(compressed, start); err != nil {
		return nil, damaged(err)
	}
	if string(start) != magic {
		return nil, fmt.Errorf("%w: it does not begin as a backup of this version does", ErrDamaged)
	}
	zip, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, damaged(err)
	}
	zip.Multistream(false)
	r, err := newReader(zip)
	if err != nil {
		return nil, err
	}
	r.compressed = compressed
	return r, nil
}

func newReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, usualBlock), sum: sha256.New()}
	text, err := r.next()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &r.header); err != nil {
		return nil, damaged(err)
	}
	if err := r.header.Check(); err != nil {
		return nil, damaged(err)
	}
	return r, nil
}

// Header is what the backup is of.
func (r *Reader) Header() portable.Header { return r.header }

// next reads a block, which is good until the next one.
func (r *Reader) next() ([]byte, error) {
	size, err := binary.ReadUvarint(r.in)
	if err != nil {
		return nil, damaged(err)
	}
	if size > mostBlock {
		return nil, fmt.Errorf("%w: a block of %d bytes", ErrDamaged, size)
	}
	r.block = r.block[:0]
	for read := 0; read < int(size); { // step by step: what is not there takes no memory
		step := min(int(size)-read, mostStep)
		r.block = slices.Grow(r.block, step)[:read+step]
		if _, err := io.ReadFull(r.in, r.block[read:]); err != nil {
			return nil, damaged(err)
		}
		read += step
	}
	r.sum.Write(binary.AppendUvarint(nil, size))
	r.sum.Write(r.block)
	return r.block, nil
}

// Rows gives the rows of the next table.
func (r *Reader) Rows(t portable.Table) iter.Seq2[[]portable.Value, error] {
	return func(yield func([]portable.Value, error) bool) {
		if err := r.rows(t, func(row []portable.Value) bool { return yield(row, nil) }); err != nil {
			yield(nil, fmt.Errorf("%w (table %s)", err, t.Name))
		}
	}
}

func (r *Reader) rows(t portable.Table, each func([]portable.Value) bool) error {
	row := make([]portable.Value, len(t.Columns))
	var count int64
	for {
		block, err := r.next()
		if err != nil {
			return err
		}
		if len(block) == 0 {
			break
		}
		for len(block) > 0 {
			if block, err = readRow(block, t, row); err != nil {
				return err
			}
			if count++; count > t.Rows {
				return fmt.Errorf("%w: more rows than it says", ErrDamaged)
			}
			if !each(row) {
				return nil
			}
		}
	}
	if count != t.Rows {
		return fmt.Errorf("%w: %d rows of %d", ErrDamaged, count, t.Rows)
	}
	return nil
}

// End checks what follows the last table: the sum over everything, and nothing.
func (r *Reader) End() error {
	var sum [sha256.Size]byte
	if _, err := io.ReadFull(r.in, sum[:]); err != nil {
		return damaged(err)
	}
	if string(sum[:]) != string(r.sum.Sum(nil)) {
		return fmt.Errorf("%w: its sum is another", ErrDamaged)
	}
	for _, rest := range []*bufio.Reader{r.in, r.compressed} {
		if rest == nil {
			continue
		}
		if _, err := rest.ReadByte(); err == nil {
			return fmt.Errorf("%w: there is more after its end", ErrDamaged)
		} else if err != io.EOF {
			return damaged(err)
		}
	}
	return nil
}

// readRow takes a row off the beginning of a block.
func readRow(block []byte, t portable.Table, row []portable.Value) (rest []byte, err error) {
	for i, c := range t.Columns {
		var ok bool
		if row[i], block, ok = readValue(block, c.Kind); !ok {
			return nil, fmt.Errorf("%w: a row that ends too early", ErrDamaged)
		}
		if err := row[i].Check(c.Kind); err != nil {
			return nil, damaged(err)
		}
	}
	return block, nil
}

func readValue(block []byte, kind portable.Kind) (v portable.Value, rest []byte, ok bool) {
	if len(block) == 0 || block[0] > 1 {
		return v, nil, false
	}
	v.Null, block = block[0] == 0, block[1:]
	if v.Null {
		return v, block, true
	}
	if kind.Numeric() {
		number, n := binary.Varint(block)
		if n <= 0 {
			return v, nil, false
		}
		v.Number = number
		return v, block[n:], true
	}
	size, n := binary.Uvarint(block)
	if n <= 0 || size > uint64(len(block)-n) { // #nosec G115 -- n is how many of the bytes were read
		return v, nil, false
	}
	v.Bytes = block[n : n+int(size) : n+int(size)] // #nosec G115 -- no more than the block has, as the case before says
	return v, block[n+int(size):], true            // #nosec G115 -- likewise
}

// damaged is ErrDamaged for the reason that reading failed; an error of the
// file itself stays what it is.
func damaged(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Check reads a whole backup and keeps nothing of it.
func Check(in io.Reader, watch func(portable.Source) portable.Source) error {
	r, err := NewReader(in)
	if err != nil {
		return err
	}
	source := watch(r)
	for _, t := range r.header.Tables {
		for _, err := range source.Rows(t) {
			if err != nil {
				return err
			}
		}
	}
	return r.End()
}
