package identity_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"purse/internal/fault"
	"purse/internal/identity"
)

// senders are the ways in which anybody has a code sent to an address or number.
var senders = map[string]struct {
	options []func(*identity.Options)
	send    func(w *world, n int) error // to somebody; n is who asks
	other   func(w *world) error        // to somebody else
}{
	"a registration, to the e-mail": {
		send: func(w *world, n int) error {
			return w.Register(w.t.Context(), identity.Identifiers{Email: "victim@example.com", Phone: fmt.Sprintf("+1555010%04d", n), SocialSecurity: fmt.Sprintf("%09d", n)})
		},
		other: func(w *world) error {
			return w.Register(w.t.Context(), identity.Identifiers{Email: "other@example.com", Phone: "+15550109999", SocialSecurity: "999999999"})
		},
	},
	"joining, to the e-mail": {
		send: func(w *world, n int) error {
			_, err := w.StartJoin(w.t.Context(), "Victim@Example.com", fmt.Sprintf("+7701123%04d", n), goodPassword)
			return err
		},
		other: func(w *world) error {
			_, err := w.StartJoin(w.t.Context(), "other@example.com", "+77011230000", goodPassword)
			return err
		},
	},
	"joining, to the phone": {
		options: []func(*identity.Options){bySMS},
		send: func(w *world, n int) error {
			_, err := w.StartJoin(w.t.Context(), fmt.Sprintf("person%d@example.com", n), "+7 701 123-45-67", goodPassword)
			return err
		},
		other: func(w *world) error {
			_, err := w.StartJoin(w.t.Context(), "person1@example.com", "+77011234568", goodPassword)
			return err
		},
	},
}

func TestTenCodesGoToOneAddressAndThenTheyComeSeldom(t *testing.T) {
	for name, sender := range senders {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sender.options...)
			for n := range 10 {
				w.want(nil, sender.send(w, n))
				w.clock.Advance(time.Second)
			}
			sent := w.mails()
			for n, minutes := range []time.Duration{1, 2, 4, 8, 15, 15} {
				err := sender.send(w, 11)
				w.want(identity.ErrTooManyMessages, err)
				if wait := fault.From(err).RetryAfter; wait <= minutes*time.Minute-time.Minute || wait > minutes*time.Minute {
					t.Fatalf("refusal %d says to wait %s", n, wait)
				}
				w.want(nil, sender.other(w))
				w.clock.Advance(fault.From(err).RetryAfter)
				w.want(nil, sender.send(w, 12+n))
			}
			if got := w.mails() - sent; got != 12 {
				t.Errorf("%d messages were sent, want 6 to each of the two", got)
			}
			w.clock.Advance(2 * time.Hour)
			for n := range 10 {
				w.want(nil, sender.send(w, 20+n))
			}
		})
	}
}

func TestOfFiftyWhoHaveACodeSentToOneAddressAtOnceTenSucceed(t *testing.T) {
	for name, sender := range senders {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sender.options...)
			var wait sync.WaitGroup
			outcomes := make([]error, 50)
			for n := range outcomes {
				wait.Go(func() { outcomes[n] = sender.send(w, n) })
			}
			wait.Wait()
			sent := 0
			for _, err := range outcomes {
				if err == nil {
					sent++
				} else if !errors.Is(err, identity.ErrTooManyMessages) {
					t.Errorf("refused with %v", err)
				}
			}
			if sent != 10 || w.mails() != 10 {
				t.Errorf("%d succeeded, and %d messages were sent", sent, w.mails())
			}
		})
	}
}

func TestCodesForANewPasswordAreCountedToo(t *testing.T) {
	w := newWorld(t)
	user, _ := w.join("bea@example.com", joinPhone)
	change := func() error {
		_, err := w.StartPasswordChange(t.Context(), user.ID, goodPassword, "another good password", atSigned)
		return err
	}
	for range 9 { // the tenth was for joining
		w.want(nil, change())
	}
	w.want(identity.ErrTooManyMessages, change())
	w.clock.Advance(time.Minute)
	w.want(nil, change())
}
