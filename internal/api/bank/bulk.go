package bank

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/limit"
	"purse/internal/payment"
	"purse/internal/surface"
)

// limitBulk counts bulks, whatever is in them: 20 a second for each user, and a
// minute's worth at once. Full ones are 20,000 transfers a second, which leaves room
// for others.
var limitBulk = httpkit.Limit{Name: "bulk", Rate: limit.Rate{Count: 1200, Period: time.Minute}, Per: httpkit.PerCaller}

// maxKey bounds the key of a single transfer, as the header is bounded.
const maxKey = 255

// errKeyInAtomic is a key of one transfer among those that stand or fall together.
var errKeyInAtomic = fault.Define(fault.Invalid, "bank.key_in_atomic", "a transfer of an atomic bulk has no key of its own")

func (s Services) transferAll(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	request := card.BulkRequest{Owner: surface.Owner(c), Atomic: in.Bool("atomic"), Key: surface.Key(c)}
	list := in.Objects("transfers", card.MaxBulk)
	request.Transfers = make([]card.BulkTransfer, list.Len())
	for i, one := range list.All() {
		request.Transfers[i] = readTransfer(c, one, request.Atomic)
	}
	if err := in.Err(); err != nil {
		return err
	}
	done, err := s.Cards.TransferAll(c.Context(), request)
	if err != nil {
		return explainAll(list, err)
	}
	return c.JSON(http.StatusOK, bulkAnswer{c, done})
}

func readTransfer(c *httpkit.Call, one *bind.Source, atomic bool) card.BulkTransfer {
	t := card.BulkTransfer{
		From:   one.String("from_card_number", bind.Max(maxNumber), bind.AllowEmpty),
		To:     one.String("to_card_number", bind.Max(maxNumber), bind.AllowEmpty),
		Amount: one.Decimal("amount", bind.Positive),
	}
	key, given := one.OptionalString("key", bind.Max(maxKey))
	switch {
	case given && atomic:
		one.Refuse("key", errKeyInAtomic)
	case given:
		t.Key = surface.ItemKey(c, key, t.From, t.To, t.Amount.String())
	}
	return t
}

// explainAll is explain for an error of a bulk: what is wrong with single
// transfers becomes violations of theirs.
func explainAll(list *bind.List, err error) error {
	var invalid card.Invalid
	if !errors.As(err, &invalid) {
		return explain(nil, err)
	}
	var violations bind.Violations
	for _, one := range invalid {
		violations = append(violations, list.Explain(one.Index, one.Err)...)
	}
	return bind.ErrInput.Because(violations)
}

// refused words an error as the answer to a single transfer is worded.
func refused(c *httpkit.Call, err error) answer {
	f := fault.From(err)
	if known, ok := surface.Words(c, f.Code, answers, differently); ok {
		return known
	}
	if text, told := unavailable[f.Code]; told {
		return answer{http.StatusServiceUnavailable, text}
	}
	return answer{http.StatusUnprocessableEntity, "The key was used before with another transfer"} // ledger.ErrKeyReused: all others have words
}

// bulkAnswer writes its own JSON: of a thousand transfers it is long.
type bulkAnswer struct {
	call *httpkit.Call
	done []payment.Done
}

// AppendJSON appends the answer's JSON to b.
func (a bulkAnswer) AppendJSON(b []byte) []byte {
	count := 0
	for i := range a.done {
		if a.done[i].Err == nil {
			count++
		}
	}
	b = append(b, `{"done":`...)
	b = strconv.AppendInt(b, int64(count), 10)
	b = append(b, `,"refused":`...)
	b = strconv.AppendInt(b, int64(len(a.done)-count), 10)
	b = append(b, `,"results":[`...)
	for i := range a.done {
		if i > 0 {
			b = append(b, ',')
		}
		if one := &a.done[i]; one.Err == nil {
			b = append(b, `{"status":"done","transfer_id":"`...)
			b = append(b, one.Transfer.String()...)
			b = append(b, `"}`...)
		} else {
			b = appendRefusal(append(b, `{"status":"refused",`...), refused(a.call, one.Err))
			b = append(b, '}')
		}
	}
	return append(b, `]}`...)
}

// appendRefusal appends the members that say why a transfer is refused.
func appendRefusal(b []byte, a answer) []byte {
	b = append(b, `"code":`...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, `,"detail":`...)
	return strconv.AppendQuote(b, a.detail) // our own words, in ASCII
}

// refusedAt is the answer of an atomic bulk, of which nothing was done.
type refusedAt struct {
	answer
	index int
}

// AppendJSON appends the answer's JSON to b.
func (r refusedAt) AppendJSON(b []byte) []byte {
	b = appendRefusal(append(b, '{'), r.answer)
	b = append(b, `,"index":`...)
	b = strconv.AppendInt(b, int64(r.index), 10)
	return append(b, '}')
}

// writeRefusal answers an atomic bulk of which a transfer is refused. What is not
// there for the moment is answered as for a single one: the whole may come again.
func writeRefusal(c *httpkit.Call, err error) bool {
	var at *payment.RefusedAt
	if !errors.As(err, &at) || fault.KindOf(err) == fault.Unavailable || fault.KindOf(err) == fault.Internal {
		return false
	}
	_ = c.JSON(http.StatusBadRequest, refusedAt{refused(c, at.Err), at.Index}) // appended: cannot fail
	return true
}
