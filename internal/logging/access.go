package logging

import (
	"net/netip"
	"strconv"
	"time"
)

// Access is one finished request. Its strings are Purse's own or have been
// checked, so none needs quoting: a route is logged by its pattern, never by the
// path that was asked for, and a query string not at all.
type Access struct {
	At        time.Time
	RequestID string
	Method    string
	Route     string // the pattern; empty when no route matched
	Surface   string
	Address   netip.Addr
	UserID    int64 // 0: nobody signed in
	Status    int
	Bytes     int64 // of the answer's body
	Took      time.Duration
}

// Access logs one request. It never waits: when the buffer is full the line is
// dropped and counted.
func (l *Log) Access(a *Access) {
	if !l.access {
		return
	}
	l.mutex.Lock()
	if len(l.waiting) >= bufferBytes {
		l.mutex.Unlock()
		l.dropped.Add(1)
		return
	}
	first := len(l.waiting) == 0
	if l.text {
		l.waiting = a.appendText(l.waiting)
	} else {
		l.waiting = a.appendJSON(l.waiting)
	}
	l.mutex.Unlock()
	if first {
		l.notify()
	}
}

func (a *Access) appendJSON(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime(b, a.At)
	b = append(b, `","level":"INFO","msg":"request","request_id":"`...)
	b = append(b, a.RequestID...)
	b = append(b, `","method":"`...)
	b = append(b, a.Method...)
	b = append(b, `","route":"`...)
	b = append(b, a.Route...)
	b = append(b, `","surface":"`...)
	b = append(b, a.Surface...)
	b = append(b, `","address":"`...)
	if a.Address.IsValid() {
		b = a.Address.AppendTo(b)
	}
	b = append(b, `","user":`...)
	b = strconv.AppendInt(b, a.UserID, 10)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(a.Status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, a.Bytes, 10)
	b = append(b, `,"took_us":`...)
	b = strconv.AppendInt(b, a.Took.Microseconds(), 10)
	return append(b, "}\n"...)
}

func (a *Access) appendText(b []byte) []byte {
	b = append(b, "time="...)
	b = appendTime(b, a.At)
	b = append(b, " level=INFO msg=request status="...)
	b = strconv.AppendInt(b, int64(a.Status), 10)
	b = append(b, " method="...)
	b = append(b, a.Method...)
	b = append(b, " route="...)
	b = append(b, a.Route...)
	b = append(b, " surface="...)
	b = append(b, a.Surface...)
	b = append(b, " took_us="...)
	b = strconv.AppendInt(b, a.Took.Microseconds(), 10)
	b = append(b, " bytes="...)
	b = strconv.AppendInt(b, a.Bytes, 10)
	b = append(b, " user="...)
	b = strconv.AppendInt(b, a.UserID, 10)
	b = append(b, " address="...)
	if a.Address.IsValid() {
		b = a.Address.AppendTo(b)
	}
	b = append(b, " request_id="...)
	b = append(b, a.RequestID...)
	return append(b, '\n')
}

// appendDropped tells how many access lines are missing here.
func (l *Log) appendDropped(b []byte, n uint64) []byte {
	now := time.Now().UTC() // the log's own time is the machine's, as slog's is
	if l.text {
		b = append(b, "time="...)
		b = appendTime(b, now)
		b = append(b, ` level=WARN msg="access lines dropped" count=`...)
		return append(strconv.AppendUint(b, n, 10), '\n')
	}
	b = append(b, `{"time":"`...)
	b = appendTime(b, now)
	b = append(b, `","level":"WARN","msg":"access lines dropped","count":`...)
	return append(strconv.AppendUint(b, n, 10), "}\n"...)
}

// appendTime writes t as RFC 3339 in UTC with microseconds. It spells the
// digits itself because time.AppendFormat takes a third of the whole line's time.
func appendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = appendDigits(b, year, 4)
	b = append(b, '-')
	b = appendDigits(b, int(month), 2)
	b = append(b, '-')
	b = appendDigits(b, day, 2)
	b = append(b, 'T')
	b = appendDigits(b, hour, 2)
	b = append(b, ':')
	b = appendDigits(b, minute, 2)
	b = append(b, ':')
	b = appendDigits(b, second, 2)
	b = append(b, '.')
	b = appendDigits(b, t.Nanosecond()/1000, 6)
	return append(b, 'Z')
}

func appendDigits(b []byte, n, width int) []byte {
	at := len(b) + width
	b = append(b, "000000"[:width]...)
	for i := at - 1; i >= at-width; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
