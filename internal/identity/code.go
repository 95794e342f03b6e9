package identity

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"purse/internal/claim"
	"purse/internal/secret"
)

// Flow names what a code is for; a code of one flow is worth nothing in another.
type Flow string

// The flows. Their texts are stored.
const (
	registrationFlow Flow = "registration"
	signInFlow       Flow = "sign_in"
)

const (
	codeLength   = 8
	codeLifetime = 10 * time.Minute

	// At most wrongCodeLimit wrong tries of a flow and person in any
	// wrongCodeWindow, whichever codes were sent.
	wrongCodeLimit  = 5
	wrongCodeWindow = 10 * time.Minute
)

// Person is who a code or a count of failures belongs to: the keyed hash of a
// user's id, or of the identifier that was given when it names nobody. So an
// unknown person leaves the same rows behind as a known one.
type Person [32]byte

// CodeRow is a code as it is kept.
type CodeRow struct {
	Flow      Flow
	Person    Person
	Hash      [32]byte // keyed, of the flow, the person and the code
	ExpiresAt time.Time
}

// newCode makes a code of capital letters and digits that are not easily
// confused, at least one of each.
func newCode() string {
	for {
		code := secret.Code(secret.Unambiguous, codeLength)
		if strings.ContainsAny(code, secret.Digits) && strings.Trim(code, secret.Digits) != "" {
			return code
		}
	}
}

// boundCode is the text of which a code's hash is made: with its flow, and with
// what else it is for.
func boundCode(flow Flow, to []byte, code string) string {
	return string(flow) + " " + hex.EncodeToString(to) + " " + code
}

// codeText binds a code to its flow and person. Codes are compared without
// regard to case, which has no meaning in them, and to spaces around them.
func codeText(flow Flow, person Person, code string) string {
	return boundCode(flow, person[:], strings.ToUpper(strings.TrimSpace(code)))
}

// flowClosed says whether a flow is closed for a person, since there were too many
// wrong tries lately: then no code is right.
func flowClosed(tx Tx, flow Flow, person Person) (bool, error) {
	wrong, err := tx.WrongCodes(flow, person, tx.Now().Add(-wrongCodeWindow))
	return wrong >= wrongCodeLimit, err
}

// putCode keeps a code for a person, in place of the flow's older one.
func (s *Service) putCode(tx Tx, flow Flow, person Person, code string) error {
	return tx.PutCode(CodeRow{Flow: flow, Person: person, Hash: s.codes.Sum(codeText(flow, person, code)), ExpiresAt: tx.Now().Add(codeLifetime)})
}

// tryCode says whether code is the person's live code of a flow, and counts a
// wrong try. The unit must commit in either case, or the try is not counted.
// It does not use the code up: see spendCode.
func (s *Service) tryCode(tx Tx, flow Flow, person Person, code string) (bool, error) {
	right, closed, err := s.compareCode(tx, flow, person, code)
	if err != nil || right || closed {
		return right, err
	}
	return false, tx.AddWrongCode(flow, person)
}

// spendCode uses a code up that tryCode has found right, and says whether it
// still was: of two callers, one gets true.
func (s *Service) spendCode(tx Tx, flow Flow, person Person, code string) (bool, error) {
	right, _, err := s.compareCode(tx, flow, person, code)
	if err != nil || !right {
		return false, err
	}
	return true, tx.DeleteCode(flow, person)
}

// compareCode also says whether the flow is closed for the person.
func (s *Service) compareCode(tx Tx, flow Flow, person Person, code string) (right, closed bool, err error) {
	if closed, err = flowClosed(tx, flow, person); err != nil || closed {
		return false, closed, err
	}
	row, found, err := tx.Code(flow, person)
	if err != nil {
		return false, false, err
	}
	return s.codes.Made(row.Hash, codeText(flow, person, code)) && found && tx.Now().Before(row.ExpiresAt), false, nil
}

// person names a user.
func (s *Service) person(user UserID) Person {
	return s.persons.Sum("user " + strconv.FormatInt(int64(user), 10))
}

// stranger names whoever claims an identifier that is nobody's.
func (s *Service) stranger(kind claim.Kind, form string) Person {
	return s.persons.Sum(string(kind) + " " + form)
}

// identify finds who an identifier, in its one form, names: a user (0 for
// nobody) and the person to count for.
func (s *Service) identify(tx Tx, kind claim.Kind, form string) (UserID, Person, error) {
	subject, found, err := tx.FindClaim(kind, form)
	if err != nil {
		return 0, Person{}, err
	}
	if !found {
		return 0, s.stranger(kind, form), nil
	}
	return UserID(subject), s.person(UserID(subject)), nil
}
