package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/claim"
)

// Claim gives a value to a subject, or returns claim.ErrTaken.
func (tx *Tx) Claim(kind claim.Kind, value string, subject int64) error {
	added, err := tx.changed(`INSERT INTO claims (kind, value, subject) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, string(kind), value, subject)
	if err == nil && added == 0 {
		return claim.ErrTaken
	}
	return err
}

// FindClaim tells who has a value.
func (tx *Tx) FindClaim(kind claim.Kind, value string) (subject int64, found bool, err error) {
	found, err = tx.row(`SELECT subject FROM claims WHERE kind = ?1 AND value = ?2`,
		func(stmt *sqlite.Stmt) { subject = stmt.ColumnInt64(0) }, string(kind), value)
	return subject, found, err
}

// FindClaims tells who has those of many values that somebody has.
func (tx *Tx) FindClaims(kind claim.Kind, values []string) (map[string]int64, error) {
	subjects := make(map[string]int64, len(values))
	for _, value := range values {
		subject, found, err := tx.FindClaim(kind, value)
		if err != nil {
			return nil, err
		}
		if found {
			subjects[value] = subject
		}
	}
	return subjects, nil
}

// ReleaseClaim frees a value.
func (tx *Tx) ReleaseClaim(kind claim.Kind, value string) error {
	return tx.exec(`DELETE FROM claims WHERE kind = ?1 AND value = ?2`, string(kind), value)
}
