// Package id makes and reads identifiers: UUIDs of version 7, which order by
// the time they were made (RFC 9562, section 5.7). Small integer ids come from
// the store's sequences, inside the unit of work. It imports nothing of Purse.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sync"
	"time"
)

// UUID is a 128-bit identifier; the zero value means "none".
type UUID [16]byte

// ErrSyntax is what Parse returns for text that is not a UUID.
var ErrSyntax = errors.New("id: not a UUID")

// IsZero reports whether u is the zero UUID.
func (u UUID) IsZero() bool { return u == UUID{} }

// String is the form 8-4-4-4-12 in lower case.
func (u UUID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], u[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], u[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], u[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], u[10:16])
	return string(b[:])
}

// Parse reads the 36-character form, in either case.
func Parse(s string) (UUID, error) {
	var u UUID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, ErrSyntax
	}
	var digits [32]byte
	n := copy(digits[0:], s[0:8])
	n += copy(digits[n:], s[9:13])
	n += copy(digits[n:], s[14:18])
	n += copy(digits[n:], s[19:23])
	copy(digits[n:], s[24:36])
	if _, err := hex.Decode(u[:], digits[:]); err != nil {
		return UUID{}, ErrSyntax
	}
	return u, nil
}

// Source makes UUIDs of version 7 that grow strictly in the order they were
// asked for, even within one millisecond or when the clock stands still. It is
// safe for concurrent use; the zero value is ready.
type Source struct {
	mutex  sync.Mutex
	last   uint64 // milliseconds << 12 | counter, of the newest UUID
	pool   [512]byte
	pooled int // bytes of pool not yet used, at its end
}

// New makes a UUID for the time now: 48 bits of milliseconds, 12 bits of a
// counter (RFC 9562, section 6.2, method 1) and 62 random bits.
func (s *Source) New(now time.Time) UUID {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	stamp := uint64(now.UnixMilli()) << 12
	if stamp <= s.last {
		stamp = s.last + 1
	}
	s.last = stamp
	if s.pooled < 8 {
		rand.Read(s.pool[:]) // never fails: crypto/rand ends the program instead
		s.pooled = len(s.pool)
	}
	var u UUID
	binary.BigEndian.PutUint64(u[0:8], stamp>>12<<16|0x7000|stamp&0xfff)
	copy(u[8:], s.pool[len(s.pool)-s.pooled:])
	s.pooled -= 8
	u[8] = u[8]&0x3f | 0x80
	return u
}

// Follow makes every later UUID of the source greater than u, which another
// run of the program made.
func (s *Source) Follow(u UUID) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	made := binary.BigEndian.Uint64(u[0:8])
	s.last = max(s.last, made>>16<<12|made&0xfff)
}
