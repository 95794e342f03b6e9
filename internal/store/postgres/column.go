package postgres

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/money"
)

// uuid is how an id.UUID travels to and from the database; the zero one is NULL.
type uuid id.UUID

// UUIDValue is what is sent.
func (u uuid) UUIDValue() (pgtype.UUID, error) {
	return pgtype.UUID{Bytes: u, Valid: u != uuid{}}, nil
}

// ScanUUID takes what has come.
func (u *uuid) ScanUUID(v pgtype.UUID) error {
	*u = v.Bytes
	return nil
}

// fixed takes a bytea of a known length, such as a hash.
type fixed []byte

// ScanBytes takes what has come.
func (f fixed) ScanBytes(v []byte) error {
	if len(v) != len(f) {
		return errors.New("postgres: bytes of another length")
	}
	copy(f, v)
	return nil
}

// currency takes a currency's code.
type currency struct{ to *money.Currency }

// ScanText takes what has come.
func (c currency) ScanText(v pgtype.Text) (err error) {
	*c.to, err = money.ParseUnit(v.String)
	return err
}

// optional takes a time that may be NULL, which is the zero time.
type optional struct{ to *time.Time }

// ScanTimestamptz takes what has come.
func (o optional) ScanTimestamptz(v pgtype.Timestamptz) error {
	*o.to = v.Time.UTC()
	if !v.Valid {
		*o.to = time.Time{}
	}
	return nil
}

// orNull is NULL for the zero time.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// errText is text that the database cannot hold.
var errText = fault.ErrInternal.Because(errors.New("postgres: text is not UTF-8, or has a zero byte"))

// storable reports whether the database can hold a text at all: what it cannot
// hold, it does not have.
func storable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

// legible is a text that others wrote, such as a client's name for itself,
// without what the database cannot hold.
func legible(text string) string {
	if storable(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
