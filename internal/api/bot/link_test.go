package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/wallet"
)

func TestOfFiftyConfirmationsOfOneCodeOneLinks(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine, true)
		s.want(200, `"created":true`, registerChat(chat))
		s.open(1, ledger.Gift, money.New(5, money.KRW))
		_, ann, _ := s.join("ann")
		_, bob, _ := s.join("bob")
		code := s.code(chat)
		statuses, _ := s.together(callers, func(i int) request { return confirm(chat, code).as([]string{ann, bob}[i%2]) })
		if statuses[200] != 1 || statuses[400] != callers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
		boxes := 0
		for _, token := range []string{ann, bob} {
			boxes += strings.Count(s.do(accounts.as(token)).Body.String(), `"kind":"gift"`)
		}
		if boxes != 1 {
			t.Errorf("the merged user's gift box is seen %d times", boxes)
		}
	})
}

func TestSecurity13ACodeIsWorthNothingForAnotherChat(t *testing.T) {
	s := start(t, enginetest.SQLite, true)
	_, ann, _ := s.join("ann")
	_, bob, _ := s.join("bob")
	mine, theirs := s.code(1), s.code(2)
	for name, r := range map[string]request{
		"another chat's code":     confirm(1, theirs).as(bob),
		"one's code, other chat":  confirm(2, mine).as(bob),
		"no code":                 confirm(1, "").as(bob),
		"a code in another case":  confirm(1, swapCase(mine)).as(bob),
		"a code with its spaces":  confirm(3, " ").as(bob),
		"a chat without any code": confirm(4, mine).as(ann),
	} {
		t.Run(name, func(t *testing.T) { s.want(400, `{"detail":"Invalid or expired code"}`, r) })
	}
	s.want(400, "", confirm(1, mine).as(bob)) // one try too many, whoever's code it is
	s.want(200, "", confirm(1, mine).as(ann))
	s.want(200, "", confirm(2, theirs).as(ann))
	s.want(404, "", getToken(1)) // she has the other chat now
}

func swapCase(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - 32
		case c >= 'A' && c <= 'Z':
			return c + 32
		}
		return c
	}, text)
}

func TestLinkingMergesWhatTheChatsOwnUserHas(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine, true)
		chats := identity.UserID(s.want(200, `"created":true`, registerChat(chat))["user_id"].(float64))
		s.open(chats, ledger.Gift, money.New(1000, money.KRW))
		s.open(chats, ledger.Card, money.New(100, money.USD))
		user, access, _ := s.join("ann")
		s.open(user, ledger.Gift, money.New(500, money.KRW))
		code := s.code(chat)
		s.want(409, `{"detail":"This Telegram account belongs to another user"}`, confirm(chat, code).as(access))
		s.want(200, fmt.Sprintf(`"user_id":%d`, chats), getToken(chat))
		err := s.engine.Update(t.Context(), func(tx store.Tx) error { // the money is spent
			all, err := tx.AccountsOf(ledger.OwnerID(chats))
			if err != nil {
				return err
			}
			out, err := ledger.System(tx, ledger.CashOut, money.USD)
			if err != nil {
				return err
			}
			_, err = ledger.Post(tx, ledger.Request{Kind: "withdrawal", Postings: []ledger.Posting{{From: all[1].ID, To: out, Amount: all[1].Balance}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.want(200, fmt.Sprintf(`"user_id":%d`, user), confirm(chat, code).as(access))
		w := s.do(accounts.as(access))
		if got := w.Body.String(); strings.Count(got, `"kind":`) != 2 || !strings.Contains(got, `"kind":"gift","number":null,"name":"Gift box","currency":"KRW","balance":1500,"is_active":true`) || !strings.Contains(got, `"kind":"card"`) {
			t.Errorf("the accounts: %s", got)
		}
		s.want(200, fmt.Sprintf(`"user_id":%d`, user), getToken(chat))
		if err := s.engine.View(t.Context(), func(tx store.Tx) error {
			return ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("the book: %v", b) }, func(int64, int64) {})
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestAccountsAreListedWithWhatTheDocumentPrints(t *testing.T) {
	s := start(t, enginetest.SQLite, true)
	user, access, _ := s.join("ann")
	var w wallet.Wallet
	if err := s.engine.Update(t.Context(), func(tx store.Tx) (err error) {
		w, err = wallet.Open(tx, s.numbers, ledger.OwnerID(user), money.KWD)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other, _, _ := s.join("bob")
	s.open(other, ledger.Gift, money.New(1, money.KRW))
	want := fmt.Sprintf(`[{"id":%d,"kind":"wallet","number":%q,"name":"My wallet","currency":"KWD","balance":0.000,"is_active":true,"created_at":"2026-03-01T12:00:00"}]`, w.ID, w.Number)
	if got := s.do(accounts.as(access)).Body.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	s.want(200, "[]", accounts.as(s.want(200, "", registerChat(chat))["jwt_token"].(string)))
}
