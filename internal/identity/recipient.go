package identity

// recipientLimit is how many codes go to one address or number within
// accountWindow. Anybody can have one sent, to an address that is not theirs and at
// the cost of whoever pays for text messages, and from as many addresses of the
// network as they have, so that a limit of requests alone does not bound it. After
// that they come as seldom as tries of a blocked account: see failures.
const recipientLimit = 10

// countMessage counts a code that is about to be sent, or returns
// ErrTooManyMessages with the time to wait.
func (s *Service) countMessage(tx Tx, to string) error {
	l := limit{s.persons.Sum("message to " + to), recipientLimit, accountWindow}
	wait, err := l.wait(tx)
	if err != nil {
		return err
	}
	if wait > 0 {
		return ErrTooManyMessages.After(wait)
	}
	_, _, err = l.count(tx, s.ids.New(tx.Now()))
	return err
}
