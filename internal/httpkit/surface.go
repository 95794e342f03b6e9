package httpkit

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"purse/internal/httpkit/limit"
	"purse/internal/id"
)

// Access says who may call a route. The zero value is not valid, so that a route
// cannot leave it out.
type Access uint8

const (
	accessUnset Access = iota
	// Public is anyone; the session is not looked at.
	Public
	// MaybeSignedIn is anyone; a valid session fills Caller, a missing or dead one leaves it empty.
	MaybeSignedIn
	// SignedIn is whoever Authenticate accepts. It is decided before the body is read.
	SignedIn
)

// Subject is whose requests a Limit counts.
type Subject uint8

const (
	subjectUnset Subject = iota
	// PerAddress counts by client address, IPv6 by its /64.
	PerAddress
	// PerCaller counts by signed-in user, and by address where nobody is signed in.
	PerCaller
	// PerSubject counts by whom a Spokesman names.
	PerSubject
)

// Limit is a bound on requests. All routes with the same name, of whichever
// surface, share one counter per subject. The zero value is not valid.
type Limit struct {
	Name     string
	Rate     limit.Rate
	Per      Subject
	Announce bool // X-RateLimit-Limit, -Remaining and -Reset on every answer that was counted
	// Shared is one count for all nodes, where they have a store for it: a round
	// trip for each request. A limit that only protects the machine is not shared.
	Shared bool
}

// declared reports whether nothing of the limit is left out.
func (l *Limit) declared() bool {
	return l.Name != "" && l.Rate.Count >= 1 && l.Rate.Period > 0 && l.Per != subjectUnset && l.Per <= PerSubject
}

// Spokesman is a caller that speaks for many, such as a signed bot, and is limited
// for each of them instead of by its address.
type Spokesman struct {
	// Limit is counted for whom For names; its Per is PerSubject.
	Limit Limit
	// For names whom the call is for. It runs once, when the body has been read and
	// before anything is counted or a session is looked at, and is where a spokesman
	// proves to be one. Zero is nobody: the caller speaks for itself and is counted
	// by the route's own Limit, by address. So is one that For refuses with an error,
	// which is a guess.
	For func(*Call) (int64, error)
}

var (
	// LimitCredential guards everything that tests a credential or sends a code
	// (sign-in, registration, codes, resets, refresh): 30 a minute per address.
	LimitCredential = Limit{Name: "credential", Rate: limit.Rate{Count: 30, Period: time.Minute}, Per: PerAddress, Shared: true}
	// LimitOrdinary is for everything else: 1,000 a second per user, a minute's worth
	// of them at once; more than a person's clients ever ask, less than one user
	// needs to take the machine away from the others. It protects this machine, and
	// transfers pass it, so that it is counted here alone.
	LimitOrdinary = Limit{Name: "ordinary", Rate: limit.Rate{Count: 60_000, Period: time.Minute}, Per: PerCaller}
)

// Caller is who makes a request, as far as the session says. The zero value is
// nobody.
type Caller struct {
	UserID    int64
	SessionID id.UUID
	TwoFactor bool // the session was proven with two factors
}

// Route is one endpoint.
type Route struct {
	Method string
	// Path is canonical as the surface's page prints it, with {name} for a whole
	// segment. With a trailing slash more or less it reaches the same endpoint.
	Path   string
	Access Access
	Limit  Limit
	// Spokesman says who is counted otherwise than by Limit; nil is nobody.
	Spokesman *Spokesman
	// MovesMoney makes the route take an Idempotency-Key.
	MovesMoney bool
	// MaxBody is the most bytes that the body may have, where MaxBody is too few: 0
	// is MaxBody. Only for signed-in callers, at most LargestBody.
	MaxBody int
	// Handle answers the call, or returns an error without having answered.
	Handle func(*Call) error
}

// Surface is one REST dialect: its routes, who its callers are, and its words
// for errors.
type Surface struct {
	Name   string
	Routes []Route
	// Cookie says that the session travels in a cookie, so that writes from other
	// sites' pages must be refused.
	Cookie bool
	// Prefixes are the paths ("/users") under which even a missing route is
	// answered in this surface's dialect.
	Prefixes []string
	// WriteError turns an error into an answer, and is the only place that does.
	// Headers that any dialect needs (Retry-After, Allow) are already set.
	WriteError func(*Call, error)
	// Authenticate finds the caller from the request's headers; the body is not
	// read yet. It may set headers and cookies. Its error's kind is
	// Unauthenticated when there is no valid session.
	Authenticate func(*Call) (Caller, error)
}

var routeMethods = map[string]bool{
	http.MethodGet: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
}

// Check reports everything that the surface or one of its routes leaves
// undeclared or declares in contradiction.
func (s *Surface) Check() error {
	var found []error
	complain := func(format string, args ...any) {
		found = append(found, fmt.Errorf("surface %q: "+format, append([]any{s.Name}, args...)...))
	}
	if s.Name == "" || !isToken(s.Name) {
		complain("needs a name of letters, digits, '-', '_' or '.'")
	}
	if s.WriteError == nil {
		complain("needs WriteError")
	}
	if len(s.Routes) == 0 {
		complain("has no routes")
	}
	for _, r := range s.Routes {
		name := r.Method + " " + r.Path
		if !routeMethods[r.Method] {
			complain("%s: method is not one that routes may have", name)
		}
		if !strings.HasPrefix(r.Path, "/") || strings.Contains(r.Path, "...}") || strings.Contains(r.Path, "{$}") {
			complain("%s: path must begin with / and have whole segments", name)
		}
		if r.Access == accessUnset || r.Access > SignedIn {
			complain("%s: Access is not declared", name)
		}
		if r.Access > Public && s.Authenticate == nil {
			complain("%s: needs the surface's Authenticate", name)
		}
		if !r.Limit.declared() || r.Limit.Per == PerSubject {
			complain("%s: Limit is not declared", name)
		}
		if p := r.Spokesman; p != nil {
			if !p.Limit.declared() || p.Limit.Per != PerSubject || p.For == nil {
				complain("%s: Spokesman is not declared", name)
			}
			if r.Limit.Per != PerAddress || r.MaxBody != 0 {
				complain("%s: whoever is no spokesman is counted by address, and sends no larger body", name)
			}
		}
		if r.MovesMoney && (r.Access != SignedIn || r.Method == http.MethodGet) {
			complain("%s: money moves only for a signed-in caller, and not by GET", name)
		}
		if r.MaxBody != 0 && (r.Access != SignedIn || r.MaxBody <= MaxBody || r.MaxBody > LargestBody) {
			complain("%s: MaxBody raises the limit for a signed-in caller, to LargestBody at the most", name)
		}
		if r.Handle == nil {
			complain("%s: needs Handle", name)
		}
	}
	return errors.Join(found...)
}
