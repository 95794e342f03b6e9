package bind_test

import (
	"testing"

	"purse/internal/httpkit/bind"
)

// BenchmarkTransfer is the hot path: one transfer's body, read and checked.
func BenchmarkTransfer(b *testing.B) {
	body := []byte(`{"from_card_number":"9123456789012345","to_card_number":"9123456789012352","amount":12.5}`)
	b.ReportAllocs()
	for b.Loop() {
		in := bind.Parse(body, "application/json")
		in.String("from_card_number", bind.Max(32))
		in.String("to_card_number", bind.Max(32))
		in.Decimal("amount", bind.Positive)
		if err := in.Err(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransferRefused is the same with everything wrong.
func BenchmarkTransferRefused(b *testing.B) {
	body := []byte(`{"from_card_number":1,"amount":"x"}`)
	b.ReportAllocs()
	for b.Loop() {
		in := bind.Parse(body, "application/json")
		in.String("from_card_number", bind.Max(32))
		in.String("to_card_number", bind.Max(32))
		in.Decimal("amount", bind.Positive)
		if in.Err() == nil {
			b.Fatal("accepted")
		}
	}
}
