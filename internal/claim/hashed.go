package claim

import (
	"encoding/hex"
	"slices"

	"purse/internal/secret"
)

// changing is claimed for a moment only, and never after the end of a unit of
// work: see guard.
const changing Kind = "key_change"

// Hashed claims texts by their keyed hashes, so that the rows do not tell them.
// While the key is being changed, a text has two hashes and is claimed under
// the newer one alone, but whoever has it under either has it.
type Hashed struct {
	kind   Kind
	hasher *secret.Hasher
}

// NewHashed claims texts of a kind, in their one form.
func NewHashed(kind Kind, hasher *secret.Hasher) Hashed { return Hashed{kind, hasher} }

// values are the hashes of a text, the one to claim first.
func (h Hashed) values(text string) []string {
	sums := h.hasher.Sums(text)
	values := make([]string, len(sums))
	for i, sum := range sums {
		values[i] = hex.EncodeToString(sum[:])
	}
	return values
}

// guard makes units that mean the same text wait for each other, when it has
// several hashes. Nodes with the same keys agree on it, in whichever order they
// have them; a node with one of them meets the others at that key's hash.
func (h Hashed) guard(tx Tx, values []string) error {
	if len(values) == 1 {
		return nil
	}
	value := string(h.kind) + " " + slices.Min(values)
	if err := tx.Claim(changing, value, 0); err != nil {
		return err
	}
	return tx.ReleaseClaim(changing, value)
}

// Claim gives text to subject, or returns ErrTaken.
func (h Hashed) Claim(tx Tx, text string, subject int64) error {
	values := h.values(text)
	if err := h.guard(tx, values); err != nil {
		return err
	}
	for _, older := range values[1:] {
		if _, found, err := tx.FindClaim(h.kind, older); err != nil || found {
			return orTaken(err)
		}
	}
	return tx.Claim(h.kind, values[0], subject)
}

func orTaken(err error) error {
	if err == nil {
		return ErrTaken
	}
	return err
}

// Find tells who has text; found is false when nobody has. In an Update, which
// sees what others commit meanwhile, the newest hash is looked at once more: a
// claim only ever moves there.
func (h Hashed) Find(tx Tx, text string) (subject int64, found bool, err error) {
	values := h.values(text)
	if len(values) > 1 {
		values = append(values, values[0])
	}
	for _, value := range values {
		if subject, found, err = tx.FindClaim(h.kind, value); err != nil || found {
			return subject, found, err
		}
	}
	return 0, false, nil
}

// FindMany tells who has which of many texts; those that nobody has are left out.
// It reads all at once, so it is for a View, in which nothing moves.
func (h Hashed) FindMany(tx Tx, texts []string) (subjects map[string]int64, err error) {
	all := make([]string, 0, len(texts))
	of := make(map[string]string, len(texts))
	for _, text := range texts {
		for _, value := range h.values(text) {
			all = append(all, value)
			of[value] = text
		}
	}
	found, err := tx.FindClaims(h.kind, all)
	subjects = make(map[string]int64, len(found))
	for value, subject := range found {
		subjects[of[value]] = subject
	}
	return subjects, err
}

// Release frees text; it is no error when nobody has it.
func (h Hashed) Release(tx Tx, text string) error {
	values := h.values(text)
	if err := h.guard(tx, values); err != nil {
		return err
	}
	for _, value := range values {
		if err := tx.ReleaseClaim(h.kind, value); err != nil {
			return err
		}
	}
	return nil
}

// Held is a text that a subject has, as its own row says.
type Held struct {
	Text    string
	Subject int64
}

// Renew counts the claims of texts and, if renew says so, moves those of an
// older key to the newest. A claim that is under none of the keys is unknown;
// with renew, it has just gone.
func (h Hashed) Renew(tx Tx, held []Held, renew bool) (tally secret.Tally, err error) {
	var all []string
	values := make([][]string, len(held))
	for i, one := range held {
		values[i] = h.values(one.Text)
		all = append(all, values[i]...)
	}
	found, err := tx.FindClaims(h.kind, all)
	if err != nil {
		return tally, err
	}
	for i, one := range held {
		tally.Rows++
		has := func(value string) bool { subject, is := found[value]; return is && subject == one.Subject }
		switch {
		case slices.ContainsFunc(values[i][1:], has):
			tally.Stale++
			if !renew {
				continue
			}
			if err := h.move(tx, values[i], one.Subject); err != nil {
				return tally, err
			}
		case !has(values[i][0]) && !renew:
			tally.Unknown++
		}
	}
	return tally, nil
}

// move brings a claim under the newest hash, if it is still there.
func (h Hashed) move(tx Tx, values []string, subject int64) error {
	if err := h.guard(tx, values); err != nil {
		return err
	}
	moved := false
	for _, older := range values[1:] {
		holder, found, err := tx.FindClaim(h.kind, older)
		if err != nil {
			return err
		}
		if !found || holder != subject {
			continue
		}
		moved = true
		if err := tx.ReleaseClaim(h.kind, older); err != nil {
			return err
		}
	}
	if _, found, err := tx.FindClaim(h.kind, values[0]); err != nil || found || !moved {
		return err
	}
	return tx.Claim(h.kind, values[0], subject)
}
