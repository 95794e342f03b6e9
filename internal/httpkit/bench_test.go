package httpkit

import (
	"io"
	"net/http"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/httpkit/limit"
	"purse/internal/logging"
)

type echoAnswer struct{ body []byte }

func (e *echoAnswer) AppendJSON(b []byte) []byte { return append(b, e.body...) }

// BenchmarkChain is everything around an echo handler but net/http's own work:
// signed in, limited, with an idempotency key, logged and counted.
func BenchmarkChain(b *testing.B) {
	log := logging.Open(logging.Options{Writer: io.Discard})
	defer log.Close()
	surface := testSurface(Route{
		Method: "POST", Path: "/card/transfer", Access: SignedIn, MovesMoney: true, Limit: Limit{Name: "bench", Rate: limit.Rate{Count: 1 << 40, Period: time.Minute}, Per: PerCaller},
		Handle: func(c *Call) error { return c.JSON(http.StatusOK, &echoAnswer{c.Body()}) },
	})
	surface.Authenticate = func(*Call) (Caller, error) { return Caller{UserID: 7}, nil }
	h, err := New(Config{Log: log, Limiter: limit.NewMemory(clock.System{}), Metrics: NewMetrics(log), Origins: Origins{friend}}, surface)
	if err != nil {
		b.Fatal(err)
	}
	const body = `{"from_card_number":"9000000000000001","to_card_number":"9000000000000019","amount":"50.00"}`
	r, err := http.NewRequest("POST", "http://purse.example/card/transfer", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:4711"
	r.ContentLength = int64(len(body))
	r.Header.Set("Idempotency-Key", `"0190a2c4-7b1e-7cc3-98c4-dc0c0c07398f"`)
	reader := &rewound{text: body}
	r.Body = reader
	w := newRecorder()
	b.ReportAllocs()
	for b.Loop() {
		reader.at = 0
		clear(w.header)
		w.status = 0
		h.ServeHTTP(w, r)
	}
	if w.status != 200 {
		b.Fatalf("status %d", w.status)
	}
}

type rewound struct {
	text string
	at   int
}

func (r *rewound) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at += n
	return n, nil
}

func (r *rewound) Close() error { return nil }
