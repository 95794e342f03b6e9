package payment

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"purse/internal/fault"
	"purse/internal/ledger"
)

// What a key remembers of a Bulk is a text: for each payment, after the sign
// isMade, its transfer's id in base64 or, after isRefused, the code of what refused
// it; of an atomic one that was refused isNone, the index, isRefused and the code.
const (
	isMade    = "="
	isRefused = "!"
	isNone    = "-"
)

// refOf is what to remember. Of an atomic one that a rule refused, which has been
// undone, that is where; other errors are returned, and nothing is remembered.
func refOf(all []Done, err error) (string, error) {
	var at *RefusedAt
	if errors.As(err, &at) && fault.KindOf(err) == fault.Refused {
		return isNone + strconv.Itoa(at.Index) + isRefused + string(fault.From(at.Err).Code), nil
	}
	if err != nil {
		return "", err
	}
	ref := make([]byte, 0, len(all)*(1+base64.RawURLEncoding.EncodedLen(len(ledger.TransferID{}))))
	for i := range all {
		if all[i].Err != nil {
			ref = append(append(ref, isRefused...), fault.From(all[i].Err).Code...)
			continue
		}
		ref = base64.RawURLEncoding.AppendEncode(append(ref, isMade...), all[i].Transfer[:])
	}
	return string(ref), nil
}

var errRef = fault.ErrInternal.Because(errors.New("payment: a key does not name payments"))

// readRef is what refOf remembered.
func readRef(ref string) ([]Done, error) {
	if rest, refused := strings.CutPrefix(ref, isNone); refused {
		index, code, _ := strings.Cut(rest, isRefused)
		i, err := strconv.Atoi(index)
		refusal, known := fault.ByCode(fault.Code(code))
		if err != nil || !known {
			return nil, errRef
		}
		return nil, &RefusedAt{i, refusal}
	}
	all := make([]Done, 0, strings.Count(ref, isMade)+strings.Count(ref, isRefused))
	for ref != "" {
		end := strings.IndexAny(ref[1:], isMade+isRefused) + 1
		if end == 0 {
			end = len(ref)
		}
		one := Done{}
		switch text := ref[1:end]; ref[:1] {
		case isMade:
			id, err := base64.RawURLEncoding.DecodeString(text)
			if err != nil || len(id) != len(one.Transfer) {
				return nil, errRef
			}
			copy(one.Transfer[:], id)
		case isRefused:
			refusal, known := fault.ByCode(fault.Code(text))
			if !known {
				return nil, errRef
			}
			one.Err = refusal
		default:
			return nil, errRef
		}
		all = append(all, one)
		ref = ref[end:]
	}
	return all, nil
}
