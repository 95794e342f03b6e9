package botclient

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"purse/internal/secret"
)

// Skew is how far a signature's time may be from the server's clock.
const Skew = 300 * time.Second

// Signed is a request with its signature, as it was sent. An absent header is "".
type Signed struct {
	Client    string // X-Client-Id
	Timestamp string // X-Timestamp: Unix seconds in decimal
	Signature string // X-Signature: hexadecimal
	Method    string
	Target    string // the path as sent, with "?" and the raw query if there is one
	Body      []byte
}

// Verify accepts the signature of a request once: ErrUnsigned when it names no
// client, ErrSignature for everything that is wrong, and for one that was
// accepted before, by whichever node.
func (s *Service) Verify(ctx context.Context, r Signed) error {
	if r.Client == "" {
		return ErrUnsigned
	}
	at, inTime := s.inTime(r.Timestamp)
	got, whole := readSignature(r.Signature)
	secrets, err := s.secrets(ctx, ID(r.Client))
	if err != nil {
		return err
	}
	if len(secrets) == 0 {
		secrets = [][]byte{s.absent} // what does not exist takes as long
	}
	right := false
	for _, key := range secrets {
		want := Sign(key, r.Timestamp, r.Method, r.Target, r.Body)
		right = secret.Equal(got[:], want[:]) || right
	}
	if !right || !whole || !inTime {
		return ErrSignature
	}
	return s.use(ctx, got, at.Add(Skew))
}

// use accepts a right signature, which is good until end, if it was not before.
func (s *Service) use(ctx context.Context, signature [sha256.Size]byte, end time.Time) error {
	first := false
	err := s.work.Update(ctx, func(tx Tx) (err error) {
		first, err = tx.UseBotSignature(sha256.Sum256(signature[:]), end.Add(Skew)) // nodes' clocks may differ
		return err
	})
	if err == nil && !first {
		return ErrSignature
	}
	return err
}

// Sign is the signature of a request: HMAC-SHA256 over the timestamp, the
// method, the target and the body's SHA-256 in hexadecimal, a line each.
func Sign(key []byte, timestamp, method, target string, body []byte) (signature [sha256.Size]byte) {
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(timestamp + "\n" + method + "\n" + target + "\n" + hex.EncodeToString(digest[:])))
	mac.Sum(signature[:0])
	return signature
}

// inTime reads a timestamp and says whether it is within Skew of the clock.
func (s *Service) inTime(text string) (at time.Time, ok bool) {
	at, ok = readTimestamp(text)
	age := s.age(at)
	return at, ok && age <= Skew && age >= -Skew
}

// age is how long ago a timestamp was, in the whole seconds in which it is given.
func (s *Service) age(at time.Time) time.Duration {
	return s.clock.Now().Truncate(time.Second).Sub(at)
}

// maxTimestamp is how many digits a timestamp may have: the year 33658 has 12.
const maxTimestamp = 12

// readTimestamp reads Unix seconds: decimal digits and nothing else.
func readTimestamp(text string) (time.Time, bool) {
	if text == "" || len(text) > maxTimestamp || strings.Trim(text, secret.Digits) != "" {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

// readSignature reads 32 bytes in hexadecimal, in either case.
func readSignature(text string) (signature [sha256.Size]byte, ok bool) {
	if len(text) != hex.EncodedLen(len(signature)) {
		return signature, false
	}
	n, err := hex.Decode(signature[:], []byte(text))
	return signature, err == nil && n == len(signature)
}
