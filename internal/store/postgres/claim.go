package postgres

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"purse/internal/claim"
)

// Claim gives a value to a subject, or returns claim.ErrTaken. Of two units
// that claim it at once, the second waits for the end of the first.
func (tx *Tx) Claim(kind claim.Kind, value string, subject int64) error {
	if !storable(value) {
		return errText
	}
	added, err := tx.changed(`INSERT INTO claims (kind, value, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, string(kind), value, subject)
	if err == nil && added == 0 {
		return claim.ErrTaken
	}
	return err
}

// FindClaim tells who has a value.
func (tx *Tx) FindClaim(kind claim.Kind, value string) (subject int64, found bool, err error) {
	if !storable(value) {
		return 0, false, nil
	}
	found, err = tx.row(`SELECT subject FROM claims WHERE kind = $1 AND value = $2`, []any{&subject}, string(kind), value)
	return subject, found, err
}

// FindClaims tells who has those of many values that somebody has.
func (tx *Tx) FindClaims(kind claim.Kind, values []string) (map[string]int64, error) {
	values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return !storable(value) })
	subjects := make(map[string]int64, len(values))
	err := tx.rows(`SELECT value, subject FROM claims WHERE kind = $1 AND value = ANY ($2::text[])`, func(row pgx.Rows) error {
		var value string
		var subject int64
		err := row.Scan(&value, &subject)
		subjects[value] = subject
		return err
	}, string(kind), values)
	return subjects, err
}

// ReleaseClaim frees a value.
func (tx *Tx) ReleaseClaim(kind claim.Kind, value string) error {
	return tx.exec(`DELETE FROM claims WHERE kind = $1 AND value = $2`, string(kind), value)
}
