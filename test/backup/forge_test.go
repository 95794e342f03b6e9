package backup

import (
	"iter"
	"slices"
	"strconv"

	"purse/internal/store/portable"
)

// richer is a backup in which the last account has a cent more.
type richer struct{ portable.Source }

func (r richer) Rows(t portable.Table) iter.Seq2[[]portable.Value, error] {
	balance := slices.IndexFunc(t.Columns, func(c portable.Column) bool { return t.Name == "accounts" && c.Name == "balance" })
	return func(yield func([]portable.Value, error) bool) {
		n := int64(0)
		for row, err := range r.Source.Rows(t) {
			if n++; err == nil && balance >= 0 && n == t.Rows {
				row[balance].Number++
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func appendNumber(to []byte, number int64) []byte { return strconv.AppendInt(to, number, 10) }
