package wallet

import (
	"encoding/json"
	"testing"
	"time"

	"purse/internal/money"
)

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAmountsAreDecimalStringsAndTimesAreDjangos(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("", 3600))
	for want, v := range map[string]any{
		`"4000.00"`: amount(money.New(400_000, money.KZT)), `"0.05"`: amount(money.New(5, money.USD)), `"7"`: amount(money.New(7, money.JPY)),
		`"92233720368547758.07"`:        amount(money.New(1<<63-1, money.EUR)),
		`"2026-03-01T12:00:00Z"`:        moment(at),
		`"2026-03-01T12:00:00.100000Z"`: moment(at.Add(100 * time.Millisecond)),
		`"2026-03-01T12:00:00.000001Z"`: moment(at.Add(1999 * time.Nanosecond)),
	} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
