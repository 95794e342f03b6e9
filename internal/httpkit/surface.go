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
)

// Limit is a bound on requests. All routes with the same name, of whichever
// surface, share one counter per subject. The zero value is not valid.
type Limit struct {
	Name     string
	Rate     limit.Rate
	Per      Subject
	Announce bool // X-RateLimit-Limit, -Remaining and -Reset on every answer
}

var (
	// LimitCredential guards everything that tests a credential or sends a code
	// (sign-in, registration, codes, resets, refresh): 30 a minute per address.
	LimitCredential = Limit{Name: "credential", Rate: limit.Rate{Count: 30, Period: time.Minute}, Per: PerAddress}
	// LimitOrdinary is for everything else: 1,000 a second per user, counted over a
	// minute; more than a person's clients ever ask, less than one user needs to
	// take the machine away from the others.
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
		if r.Limit.Name == "" || r.Limit.Rate.Count < 1 || r.Limit.Rate.Period <= 0 || r.Limit.Per == subjectUnset {
			complain("%s: Limit is not declared", name)
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
