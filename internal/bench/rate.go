package bench

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Rate is how many requests arrive in a second: a number of its own, or a share of
// what the clients got through when each sent its next request as soon as the last
// was answered. The zero value is that: no fixed rate.
type Rate struct {
	PerSecond float64
	Share     float64 // 0.8 is 80 %
}

// mostRate is more than one machine can send, and mostShare more than any can take.
const (
	mostRate  = 1_000_000
	mostShare = 10
)

var errRate = errors.New(`write a rate as a share of what is measured first, such as 80%, or as requests a second, such as 5000`)

// ParseRate reads "80%", "5000" or "5000/s"; "" is the zero Rate.
func ParseRate(text string) (Rate, error) {
	if text == "" {
		return Rate{}, nil
	}
	share, isShare := strings.CutSuffix(text, "%")
	number := strings.TrimSpace(strings.TrimSuffix(share, "/s"))
	if isShare && strings.HasSuffix(share, "/s") {
		return Rate{}, errRate
	}
	value, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || math.IsNaN(value) || value <= 0:
		return Rate{}, errRate
	case isShare && value <= 100*mostShare:
		return Rate{Share: value / 100}, nil
	case !isShare && value <= mostRate:
		return Rate{PerSecond: value}, nil
	}
	return Rate{}, errRate
}

// of is the rate in requests a second, given what was measured; 0 is no fixed rate.
func (r Rate) of(capacity float64) float64 {
	if r.Share > 0 {
		return r.Share * capacity
	}
	return r.PerSecond
}

// UnmarshalText reads a flag.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}
