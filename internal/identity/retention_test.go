package identity_test

import (
	"fmt"
	"testing"
	"time"

	"purse/internal/identity"
)

func (w *world) removed(want int) {
	w.t.Helper()
	got, err := w.RemoveExpired(w.t.Context())
	w.want(nil, err)
	if got != want {
		w.t.Fatalf("removed %d rows, want %d", got, want)
	}
}

func TestWhatHasDoneItsWorkIsRemovedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.register(ann) // a session
	w.removed(0)
	code := func() {
		w.want(nil, w.RequestSignIn(t.Context(), ann.Email, goodPassword, atBank))
	}
	code()
	_, err := w.ConfirmSignIn(t.Context(), ann.Email, "ABCDEFG2", atBank)
	w.want(identity.ErrInvalidCredentials, err)
	w.removed(0)
	w.clock.Advance(10 * time.Minute)
	w.removed(2) // the code, the wrong try
	w.resetToken(ann)
	w.clock.Advance(time.Hour - time.Microsecond)
	w.removed(1) // the count of the code for the registration
	w.clock.Advance(time.Microsecond)
	w.removed(1)
	for range 10 {
		w.want(identity.ErrInvalidCredentials, w.fail("nobody@example.com", "192.0.2.1"))
	}
	w.clock.Advance(time.Hour)
	w.removed(20)                        // for the address and for the account
	w.clock.Advance(time.Minute)         // the block ended a minute after
	w.removed(1)                         //
	w.clock.Advance(29 * 24 * time.Hour) // the session ended in the first hour
	w.removed(0)
	w.clock.Advance(24 * time.Hour)
	w.removed(1)
	w.removed(0)
}

func TestRemovingGoesOnUntilNothingIsLeft(t *testing.T) {
	w := newWorld(t)
	const rows = 1300 // more than two batches
	err := w.options.Work.Update(t.Context(), func(tx identity.Tx) error {
		for i := range rows {
			var person identity.Person
			copy(person[:], fmt.Sprint(i))
			if err := tx.AddWrongCode("flow", person); err != nil {
				return err
			}
		}
		return nil
	})
	w.want(nil, err)
	w.clock.Advance(10 * time.Minute)
	w.removed(rows)
}
