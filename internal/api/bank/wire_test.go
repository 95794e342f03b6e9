package bank

import (
	"encoding/json"
	"testing"
	"time"

	"purse/internal/card"
	"purse/internal/id"
	"purse/internal/money"
)

func TestTheHotAnswerIsWhatTheEncoderWouldWrite(t *testing.T) {
	var ids id.Source
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, minor := range []int64{1, 50, 5000, 123456789012345678} {
		for _, currency := range []money.Currency{money.USD, money.KRW, money.KWD} {
			sum, left := money.New(minor, currency), money.New(minor/3, currency)
			done := card.Transferred{ID: ids.New(now), Amount: sum, Remaining: left}
			want, err := json.Marshal(struct {
				Message   string `json:"message"`
				Amount    amount `json:"amount"`
				Transfer  string `json:"transfer_id"`
				Remaining amount `json:"remaining_card_balance"`
			}{"Transferred " + sum.String(), amount(sum), done.ID.String(), amount(left)})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(transferred(done).AppendJSON(nil)); got != string(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}
