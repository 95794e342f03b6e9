package storetest

import (
	"reflect"
	"testing"
	"time"

	"purse/internal/botclient"
	"purse/internal/store"
)

// bots is what botclient.Tx says.
func bots(t *testing.T, open Open) {
	t.Run("secrets are listed by client and age and go one by one", func(t *testing.T) {
		e, _ := fresh(t, open)
		row := func(client botclient.ID, secret botclient.SecretID) botclient.Row {
			return botclient.Row{Client: client, Secret: secret, Sealed: []byte{0, byte(secret)}, CreatedAt: start.Add(time.Duration(secret) * time.Second)}
		}
		rows := []botclient.Row{row("one", 2), row("one", 11), row("two", 3)}
		update(t, e, func(tx store.Tx) error {
			for _, i := range []int{2, 1, 0} {
				if err := tx.InsertBotSecret(rows[i]); err != nil {
					return err
				}
			}
			return nil
		})
		list := func(want ...botclient.Row) {
			t.Helper()
			view(t, e, func(tx store.Tx) error {
				got, err := tx.BotSecrets()
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
				return err
			})
		}
		list(rows...)
		for i, want := range []bool{true, false} {
			update(t, e, func(tx store.Tx) error {
				gone, err := tx.DeleteBotSecret("one", 2)
				if gone != want {
					t.Errorf("deleted, time %d: %v", i, gone)
				}
				if other, err := tx.DeleteBotSecret("one", 3); other || err != nil {
					t.Errorf("another client's was deleted: %v, %v", other, err)
				}
				return err
			})
		}
		list(rows[1:]...)
	})

	t.Run("of fifty uses of a signature one is first", func(t *testing.T) {
		e, _ := fresh(t, open)
		firsts := make(chan bool, callers)
		for range callers {
			go func() {
				first := false
				err := e.Update(t.Context(), func(tx store.Tx) (err error) {
					first, err = tx.UseBotSignature([32]byte{1}, start)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				firsts <- first
			}()
		}
		won := 0
		for range callers {
			if <-firsts {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d were first", won)
		}
	})

	t.Run("old signatures go in batches", func(t *testing.T) {
		e, _ := fresh(t, open)
		use := func(n byte) (first bool) {
			update(t, e, func(tx store.Tx) (err error) {
				first, err = tx.UseBotSignature([32]byte{n}, start.Add(time.Duration(n)*time.Second))
				return err
			})
			return first
		}
		for n := range byte(4) {
			use(n)
		}
		for _, want := range []int{2, 1, 0} {
			update(t, e, func(tx store.Tx) error {
				removed, err := tx.DeleteBotSignatures(start.Add(2*time.Second), 2)
				if removed != want {
					t.Errorf("%d went, want %d", removed, want)
				}
				return err
			})
		}
		if !use(2) || use(3) {
			t.Error("the wrong ones went")
		}
	})
}
