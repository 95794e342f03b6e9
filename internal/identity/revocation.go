package identity

import (
	"encoding/hex"
	"strconv"
	"strings"

	"purse/internal/fault"
)

// Peers are the other processes that answer for the same database, each with a
// memory of its own.
type Peers interface {
	// Forget has each of them call Service.Forget with the same text, and says
	// whether all of them have. It is called after the commit and returns within a
	// fraction of a second, whatever becomes of them; where they do not hear, their
	// memory ends by itself within a second.
	Forget(what string) (all bool)
}

// What is revoked, as texts that every version of Purse can read: one that it
// does not know is everything.
const (
	everything    = ""
	everySession  = "sessions"
	oneSession    = "session"     // a space, and the hash of its token in hexadecimal
	permissionsOf = "permissions" // a space, and the user's id
)

func textOfSession(hash tokenHash) string { return oneSession + " " + hex.EncodeToString(hash[:]) }

func textOfPermissions(user UserID) string {
	return permissionsOf + " " + strconv.FormatInt(int64(user), 10)
}

// revoke makes what was committed count at the next request, here and at the
// peers, and says whether it does at all of them.
func (s *Service) revoke(what string) (all bool) {
	s.Forget(what)
	return s.peers == nil || s.peers.Forget(what)
}

// Forget makes this process look again at what a peer has revoked, or at
// everything for the empty text. A read that is under way is not remembered.
func (s *Service) Forget(what string) {
	kind, which, _ := strings.Cut(what, " ")
	switch kind {
	case everySession:
		s.sessions.empty()
		return
	case oneSession:
		var hash tokenHash
		if sum, err := hex.DecodeString(which); err == nil && copy(hash[:], sum) == len(hash) {
			s.sessions.forget(hash)
			return
		}
	case permissionsOf:
		if user, err := strconv.ParseInt(which, 10, 64); err == nil {
			s.permissions.forget(UserID(user))
			return
		}
	}
	s.sessions.empty()
	s.permissions.empty()
}

// undone says that a unit of work has changed nothing, since a rule refused it.
// After other errors nobody knows.
func undone(err error) bool {
	if err == nil {
		return false
	}
	kind := fault.KindOf(err)
	return kind != fault.Internal && kind != fault.Unavailable
}
