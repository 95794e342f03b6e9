// Package fault is how Purse says that something did not happen: one error
// type with a closed set of kinds and permanent codes. Domain packages define
// their errors here as package variables; surfaces alone turn them into bytes.
// It imports nothing of Purse and knows nothing of HTTP.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Kind is the family of an error. The set is closed: a surface that handles
// every kind handles every error.
type Kind uint8

const (
	// Internal is a fault of ours: a bug or a broken dependency. Its text never reaches a caller.
	Internal Kind = iota
	// Invalid is input that is wrong in itself; Fields says where.
	Invalid
	// Unauthenticated means that the caller has not proven who they are.
	Unauthenticated
	// Forbidden means that a known caller may not do this.
	Forbidden
	// NotFound means that the thing does not exist, or is not the caller's.
	NotFound
	// Conflict means that an identifier is taken or a state has moved on.
	Conflict
	// Refused means that a rule of money or identity says no ("not enough
	// funds"). Repeating the request under the same idempotency key repeats the refusal.
	Refused
	// TooMany means that a limit was reached; RetryAfter says how long to wait.
	TooMany
	// Unavailable means that something Purse depends on is down for now.
	Unavailable
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not found", "conflict", "refused", "too many", "unavailable"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", k)
}

// Code names one error for ever: clients and stored records rely on it. Its
// form is "package.reason".
type Code string

// Field is one place in the input and what is wrong there.
type Field struct {
	Name   string            // as the caller spelled it
	Reason string            // permanent, such as "too_precise"
	Params map[string]string // limits that the wording needs, such as "places": "2"
}

// Error is an error with a kind and a permanent code. Two errors are the same
// for errors.Is when their codes are.
type Error struct {
	Kind       Kind
	Code       Code
	Text       string // English, for logs and as a surface's default wording; never holds input or secrets
	Fields     []Field
	RetryAfter time.Duration // with TooMany and Unavailable
	Err        error         // the cause, for logs only
}

var (
	definedMutex sync.Mutex
	defined      = map[Code]*Error{}
)

// Define makes a package's error variable and records its code, so that a test
// can prove that every surface has words for every code. It panics when a code
// is defined twice, which only happens while a program starts.
func Define(kind Kind, code Code, text string) *Error {
	definedMutex.Lock()
	defer definedMutex.Unlock()
	if _, taken := defined[code]; taken {
		panic("fault: code defined twice: " + string(code))
	}
	e := &Error{Kind: kind, Code: code, Text: text}
	defined[code] = e
	return e
}

// Defined lists every error defined in this program, ordered by code.
func Defined() []*Error {
	definedMutex.Lock()
	defer definedMutex.Unlock()
	list := make([]*Error, 0, len(defined))
	for _, e := range defined {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *Error) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return list
}

// ByCode finds a defined error, for answers that were stored by code.
func ByCode(code Code) (*Error, bool) {
	definedMutex.Lock()
	defer definedMutex.Unlock()
	e, ok := defined[code]
	return e, ok
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Text + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target carries the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because returns a copy of e that carries its cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// In returns a copy of e that names the input fields that are wrong.
func (e *Error) In(fields ...Field) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// After returns a copy of e that says when to try again.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.RetryAfter = wait
	return &c
}

// From finds the Error in err's chain. An error without one is Internal, with
// code "internal" and err as its cause; nil gives nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrInternal.Because(err)
}

// KindOf is the kind of err; an unknown error is Internal.
func KindOf(err error) Kind { return From(err).Kind }

// Errors that any part of Purse may return.
var (
	ErrInternal    = Define(Internal, "internal", "something went wrong inside Purse")
	ErrUnavailable = Define(Unavailable, "unavailable", "a service that Purse depends on is not available")
	ErrOverloaded  = Define(Unavailable, "overloaded", "Purse has more work than it can take")
)
