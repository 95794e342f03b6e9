package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/botclient"
	"purse/internal/card"
	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/number"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/wallet"
)

// renewals is what the change of the root key needs of an engine: rows in pages,
// texts that are replaced only while they are the ones that were read, and
// claims by hashes that two keys agree on.
func renewals(t *testing.T, open Open) {
	t.Run("sealed rows come in pages and are replaced while they are the same", func(t *testing.T) { resealed(t, open) })
	t.Run("claims are found many at once", func(t *testing.T) { manyClaims(t, open) })
	t.Run("texts are found under either key, many at once", func(t *testing.T) { manyHashed(t, open) })
	t.Run("of fifty who claim a text under two keys one gets it", func(t *testing.T) { oneClaimant(t, open) })
	t.Run("a claim that moves to another key is always somebody's", func(t *testing.T) { movingClaim(t, open) })
	t.Run("a claim that is released while it moves is gone", func(t *testing.T) { releasedWhileMoving(t, open) })
}

// column is one column of sealed texts: how its rows are listed and replaced.
type column struct {
	name   string
	list   func(tx store.Tx, after, limit int) (map[int][]byte, error) // by row, which are numbered from 1
	reseal func(tx store.Tx, row int, from, to []byte) error
}

var columns = []column{
	{"social security numbers", func(tx store.Tx, after, limit int) (map[int][]byte, error) {
		rows, err := tx.SealedNumbers(identity.UserID(after), limit)
		found := map[int][]byte{}
		for _, r := range rows {
			found[int(r.User)] = r.Sealed
		}
		return found, err
	}, func(tx store.Tx, row int, from, to []byte) error {
		return tx.ResealNumber(identity.UserID(row), from, to)
	}},
	{"messages", func(tx store.Tx, after, limit int) (map[int][]byte, error) {
		rows, err := tx.OutboxAfter(id.UUID{15: byte(after)}, limit)
		found := map[int][]byte{}
		for _, r := range rows {
			found[int(r.ID[15])] = r.Sealed
		}
		return found, err
	}, func(tx store.Tx, row int, from, to []byte) error {
		return tx.ResealOutbox(id.UUID{15: byte(row)}, from, to)
	}},
	{"secrets", func(tx store.Tx, after, limit int) (map[int][]byte, error) { // in one page
		rows, err := tx.BotSecrets()
		found := map[int][]byte{}
		for _, r := range rows {
			if int(r.Secret) > after && len(found) < limit {
				found[int(r.Secret)] = r.Sealed
			}
		}
		return found, err
	}, func(tx store.Tx, row int, from, to []byte) error {
		return tx.ResealBotSecret("bot", botclient.SecretID(row), from, to)
	}},
}

func resealed(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	update(t, e, func(tx store.Tx) error {
		for i := 1; i <= 3; i++ {
			sealed := []byte{0, byte(i), 255}
			must(tx.InsertUser(identity.User{ID: identity.UserID(i), UUID: id.UUID{15: byte(i)}, Status: identity.Active, CreatedAt: tx.Now(), SocialSecurity: sealed}))
			must(tx.InsertOutbox(notify.Row{ID: id.UUID{15: byte(i)}, Sealed: sealed, State: notify.Queued, DueAt: tx.Now()}))
			must(tx.InsertBotSecret(botclient.Row{Client: "bot", Secret: botclient.SecretID(i), Sealed: sealed, CreatedAt: tx.Now()}))
		}
		// These have nothing that is sealed.
		must(tx.InsertOutbox(notify.Row{ID: id.UUID{15: 9}, State: notify.Failed, DueAt: tx.Now()}))
		return tx.InsertUser(identity.User{ID: 9, UUID: id.UUID{15: 9}, Status: identity.Active, CreatedAt: tx.Now()})
	})
	for _, c := range columns {
		update(t, e, func(tx store.Tx) error {
			must(c.reseal(tx, 2, []byte{0, 2, 255}, []byte{0, 22}))
			must(c.reseal(tx, 3, []byte{0, 2, 255}, []byte{0, 33})) // which row 3 does not have
			return c.reseal(tx, 7, nil, []byte{1})                  // there is no such row
		})
		view(t, e, func(tx store.Tx) error {
			for _, page := range []struct {
				after, limit int
				want         map[int][]byte
			}{
				{0, 2, map[int][]byte{1: {0, 1, 255}, 2: {0, 22}}},
				{2, 2, map[int][]byte{3: {0, 3, 255}}},
				{3, 2, map[int][]byte{}},
			} {
				if got, err := c.list(tx, page.after, page.limit); err != nil || !reflect.DeepEqual(got, page.want) {
					t.Errorf("%s after %d: got %v, %v, want %v", c.name, page.after, got, err, page.want)
				}
			}
			return nil
		})
	}
}

func manyClaims(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	update(t, e, func(tx store.Tx) error {
		must(tx.Claim(claim.AccountNumber, "a", 1))
		must(tx.Claim(claim.AccountNumber, "b", 2))
		return tx.Claim(claim.SocialSecurity, "c", 3)
	})
	view(t, e, func(tx store.Tx) error {
		got, err := tx.FindClaims(claim.AccountNumber, []string{"b", "c", "a", "none\x00"})
		if want := (map[string]int64{"a": 1, "b": 2}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if none, err := tx.FindClaims(claim.AccountNumber, nil); len(none) != 0 || err != nil {
			t.Errorf("of nothing: %v, %v", none, err)
		}
		return err
	})
}

// rootOf has keys of which each byte is one; the first is written with.
func rootOf(t *testing.T, keys ...byte) *secret.Root {
	t.Helper()
	var texts [][]byte
	for _, key := range keys {
		texts = append(texts, bytes.Repeat([]byte{key}, secret.RootKeyBytes))
	}
	root, err := secret.NewRoot(texts[0], texts[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func hashed(t *testing.T, keys ...byte) claim.Hashed {
	t.Helper()
	return claim.NewHashed(claim.SocialSecurity, rootOf(t, keys...).Hasher("x"))
}

// with is the shop over the same rows under other keys; its own is 0. What is
// kept in a database when keys change is kept.
func (s *shop) with(keys ...byte) *shop {
	s.t.Helper()
	root := rootOf(s.t, keys...)
	root.KeepFrom(rootOf(s.t, 0), card.KeptKey)
	other := &shop{t: s.t, engine: s.engine, clock: s.clock, numbers: number.NewDirectory(store.Narrow[number.Tx](s.engine), root)}
	other.wallets = wallet.New(wallet.Options{Work: store.Narrow[wallet.Tx](s.engine), Payments: s.payments, Numbers: other.numbers})
	other.cards = card.New(card.Options{Work: store.Narrow[card.Tx](s.engine), Payments: s.payments, Numbers: other.numbers, Root: root})
	return other
}

// Nodes are restarted one after the other: first some know a second key, then
// some write with it, then some know that one alone.
func oneClaimant(t *testing.T, open Open) {
	for _, stage := range []struct {
		name  string
		nodes []claim.Hashed
	}{
		{"some know the new key", []claim.Hashed{hashed(t, 1), hashed(t, 1, 2)}},
		{"some write with the new key", []claim.Hashed{hashed(t, 1, 2), hashed(t, 2, 1)}},
		{"some know the new key alone", []claim.Hashed{hashed(t, 2, 1), hashed(t, 2)}},
	} {
		t.Run(stage.name, func(t *testing.T) {
			e, _ := fresh(t, open)
			won := atomic.Int32{}
			var wait sync.WaitGroup
			for i := range callers {
				wait.Go(func() {
					err := e.Update(context.Background(), func(tx store.Tx) error {
						return stage.nodes[i%2].Claim(tx, "text", int64(i))
					})
					switch {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, claim.ErrTaken):
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if won.Load() != 1 {
				t.Errorf("%d have it", won.Load())
			}
			for i, node := range stage.nodes {
				update(t, e, func(tx store.Tx) error {
					if _, found, err := node.Find(tx, "text"); err != nil || !found {
						t.Errorf("node %d does not find it: %v", i, err)
					}
					return nil
				})
			}
		})
	}
}

func movingClaim(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	before, both := hashed(t, 1), hashed(t, 2, 1)
	const texts = 20
	var held []claim.Held
	update(t, e, func(tx store.Tx) error {
		for i := range texts {
			held = append(held, claim.Held{Text: fmt.Sprint(i), Subject: int64(i)})
			must(before.Claim(tx, fmt.Sprint(i), int64(i)))
		}
		return nil
	})
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			err := e.Update(context.Background(), func(tx store.Tx) error {
				if i < 2 { // two that move at once
					_, err := both.Renew(tx, held, true)
					return err
				}
				subject, found, err := both.Find(tx, fmt.Sprint(i%texts))
				if !found || subject != int64(i%texts) {
					t.Errorf("text %d is %d's, %v", i%texts, subject, found)
				}
				if err := both.Claim(tx, fmt.Sprint(i%texts), 99); !errors.Is(err, claim.ErrTaken) {
					t.Errorf("another claims it: %v", err)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	view(t, e, func(tx store.Tx) error {
		for _, one := range []struct {
			under claim.Hashed
			want  secret.Tally
		}{{hashed(t, 2), secret.Tally{Rows: texts}}, {hashed(t, 1), secret.Tally{Rows: texts, Unknown: texts}}, {hashed(t, 1, 2), secret.Tally{Rows: texts, Stale: texts}}} {
			if got, err := one.under.Renew(tx, held, false); err != nil || got != one.want {
				t.Errorf("got %+v, %v, want %+v", got, err, one.want)
			}
		}
		return nil
	})
}

// manyHashed: whoever has one of many texts under either key is found.
func manyHashed(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	update(t, e, func(tx store.Tx) error {
		must(hashed(t, 1).Claim(tx, "old", 1))
		return hashed(t, 2).Claim(tx, "new", 2)
	})
	view(t, e, func(tx store.Tx) error {
		got, err := hashed(t, 2, 1).FindMany(tx, []string{"new", "old", "none", "old"})
		if want := (map[string]int64{"old": 1, "new": 2}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		return nil
	})
}

func releasedWhileMoving(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	before, both := hashed(t, 1), hashed(t, 2, 1)
	for range 10 {
		update(t, e, func(tx store.Tx) error { return before.Claim(tx, "text", 1) })
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				err := e.Update(context.Background(), func(tx store.Tx) error {
					if i == 0 {
						return both.Release(tx, "text")
					}
					_, err := both.Renew(tx, []claim.Held{{Text: "text", Subject: 1}}, true)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		view(t, e, func(tx store.Tx) error {
			if _, found, err := both.Find(tx, "text"); found || err != nil {
				t.Errorf("it is there still: %v", err)
			}
			return nil
		})
	}
}

// renewalRules is what the products do when the root key changes.
var renewalRules = map[string]func(s *shop){
	"cards and wallets change to another key and stay what they are": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		one, deleted := s.card(ann, 0), s.card(ann, 0)
		s.must(s.cards.Delete(s.t.Context(), ann, deleted.Number))
		both := s.with(2, 0)
		tally, _, err := both.cards.RenewKeys(s.t.Context(), 0, 10, false)
		s.must(err)
		if tally != (secret.Tally{Rows: 2, Stale: 2}) {
			s.t.Errorf("cards: %+v", tally)
		}
		if tally, _, err := s.with(3, 2).cards.RenewKeys(s.t.Context(), 0, 10, false); err != nil || tally.Unknown != 2 {
			s.t.Errorf("cards under keys that are others: %+v, %v", tally, err)
		}
		tally, last, err := both.cards.RenewKeys(s.t.Context(), 0, 1, true)
		s.must(err)
		if tally != (secret.Tally{Rows: 1, Stale: 1}) || last != one.ID {
			s.t.Errorf("the first card: %+v, %d", tally, last)
		}
		_, _, err = both.cards.RenewKeys(s.t.Context(), last, 10, true)
		s.must(err)
		wallets, last, err := both.wallets.RenewKeys(s.t.Context(), 0, 10, true)
		s.must(err)
		if wallets != (secret.Tally{Rows: 1, Stale: 1}) || last != one.Wallet {
			s.t.Errorf("wallets: %+v, %d", wallets, last)
		}
		after := s.with(2)
		again, err := after.cards.ByLastFour(s.t.Context(), ann, one.LastFour)
		s.must(err)
		if again != one {
			s.t.Error("the card looks different under the new key")
		}
		for _, text := range []string{one.Number, deleted.Number} {
			_, err := after.numbers.Find(s.t.Context(), text)
			s.must(err)
		}
		tally, _, err = after.cards.RenewKeys(s.t.Context(), 0, 10, false)
		s.must(err)
		if tally != (secret.Tally{Rows: 2}) {
			s.t.Errorf("afterwards: %+v", tally)
		}
	},
	"every wallet's number is found by its owner afterwards": func(s *shop) {
		var all []ledger.OwnerID
		for range 5 {
			all = append(all, s.customer("Ann", "Lee"))
		}
		both := s.with(2, 0)
		for after, end := ledger.AccountID(0), false; !end; {
			tally, last, err := both.wallets.RenewKeys(s.t.Context(), after, 2, true)
			s.must(err)
			after, end = last, tally.Rows < 2
		}
		after := s.with(2)
		for _, owner := range all {
			var w wallet.Wallet
			s.update(func(tx store.Tx) (err error) {
				w, err = wallet.Default(tx, owner)
				return err
			})
			if found, err := after.numbers.Find(s.t.Context(), w.Number); err != nil || found.Account != w.ID {
				s.t.Errorf("wallet %d: %+v, %v", w.ID, found, err)
			}
		}
	},
}
