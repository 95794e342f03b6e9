package bank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// TestADeletedCardIsUnknownAlsoWhereTheConversionIsRefused pays from a deleted
// card across currencies, which is refused before the ledger looks.
func TestADeletedCardIsUnknownAlsoWhereTheConversionIsRefused(t *testing.T) {
	s := start(t, options{})
	cookie := s.person("ann")
	card := func() string {
		var made struct{ Number string }
		if w := s.do("POST", "/card/create", "", "Cookie", cookie); json.Unmarshal(w.Body.Bytes(), &made) != nil || w.Code != http.StatusOK {
			t.Fatalf("a card: %d %s", w.Code, w.Body)
		}
		return made.Number
	}
	deleted, living := card(), card()
	if w := s.do("DELETE", "/card/delete", fmt.Sprintf(`{"card_number":%q}`, deleted), "Cookie", cookie); w.Code != http.StatusOK {
		t.Fatalf("deleting: %d %s", w.Code, w.Body)
	}
	var tenge string
	err := s.engine.Update(t.Context(), func(tx store.Tx) error {
		owner, _, err := tx.FindClaim("email", email("ann"))
		if err != nil {
			return err
		}
		w, err := walletOf(tx, s.numbers, ledger.OwnerID(owner), money.KZT)
		tenge = w.Number
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pay := func(from, to, want string) {
		t.Helper()
		w := s.do("POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":0.01}`, from, to), "Cookie", cookie)
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	const unknown = `406 {"detail":"The sender's card was not found"}`
	pay(deleted, tenge, unknown) // while there are no rates
	pay(living, tenge, `503 {"detail":"There is no exchange rate for this currency at the moment"`)
	if err := s.rates.Replace(t.Context(), "USD", map[string]string{"KZT": "0.1"}); err != nil {
		t.Fatal(err)
	}
	pay(deleted, tenge, unknown) // where nothing would arrive
	pay(living, tenge, `403 {"detail":"The amount is too small to arrive in the receiver's currency"}`)
	pay(deleted, living, unknown) // within one currency
}
