package storetest

import (
	"errors"
	"time"

	"purse/internal/id"
	"purse/internal/identity"
)

func (p *people) pending(n byte, user identity.UserID) identity.Pending {
	one := identity.Pending{ID: id.UUID{n}, Flow: "a", User: user, Code: [32]byte{n}, Hash: "hash", ExpiresAt: p.clock.Now().Add(time.Duration(n) * time.Second)}
	if user == 0 {
		one.Email, one.Phone, one.Mailed = "ann@example.com", "+77011234567", true
	}
	p.update(func(tx identity.Tx) error { return tx.InsertPending(one) })
	return one
}

// waits checks that a row is there as it was written, or gone.
func (p *people) waits(one identity.Pending, there bool) {
	p.t.Helper()
	want := one
	if !there {
		want = identity.Pending{}
	}
	p.check(func(tx identity.Tx) error {
		got, found, err := tx.Pending(one.ID)
		return p.same("pending", []any{got, found}, []any{want, there}, err)
	})
}

func pendingFound(p *people) {
	join, other := p.pending(1, 0), p.pending(2, 0)
	first, second, another := p.pending(3, 7), p.pending(4, 7), p.pending(5, 8)
	for _, one := range []identity.Pending{join, other, first, second, another} {
		p.waits(one, true)
	}
	p.waits(identity.Pending{ID: id.UUID{9}}, false)
	for range 2 {
		p.update(func(tx identity.Tx) error { return tx.DeletePending(join.ID) })
		p.update(func(tx identity.Tx) error { return tx.DeletePendingOf(7) })
	}
	for _, gone := range []identity.Pending{join, first, second} {
		p.waits(gone, false)
	}
	p.waits(other, true)
	p.waits(another, true)
}

func newcomersForgotten(p *people) {
	change := p.pending(1, 7)
	waiting := map[bool][]identity.Pending{}
	for i, who := range [][2]string{{"ann@example.com", "+1"}, {"ann@example.com", "+2"}, {"bea@example.com", "+1"}, {"bea@example.com", "+2"}, {"", "+2"}, {"bea@example.com", ""}} {
		gone := who[0] == "ann@example.com" || who[1] == "+1"
		one := identity.Pending{ID: id.UUID{byte(i + 2)}, Flow: "a", Email: who[0], Phone: who[1], Hash: "hash", ExpiresAt: p.clock.Now()}
		p.update(func(tx identity.Tx) error { return tx.InsertPending(one) })
		waiting[gone] = append(waiting[gone], one)
	}
	registered := map[string]string{"ann@example.com": "+2", "cat@example.com": "+1", "dan@example.com": "+2"}
	for email, phone := range registered {
		p.update(func(tx identity.Tx) error {
			return tx.PutRegistration(identity.Registration{Email: email, Phone: phone, CreatedAt: p.clock.Now()})
		})
	}
	p.update(func(tx identity.Tx) error { return tx.DeleteNewcomers("", "") })
	for _, one := range append(waiting[true], waiting[false]...) {
		p.waits(one, true)
	}
	p.update(func(tx identity.Tx) error { return tx.DeleteNewcomers("ann@example.com", "+1") })
	for gone, list := range waiting {
		for _, one := range list {
			p.waits(one, !gone)
		}
	}
	p.waits(change, true)
	for email := range registered {
		p.check(func(tx identity.Tx) error {
			_, found, err := tx.Registration(email)
			return p.same("registration of "+email, found, email == "dan@example.com", err)
		})
	}
}

func fiftyPending(p *people) {
	one := p.pending(1, 0)
	gone := errors.New("gone")
	won := p.race(gone, func(tx identity.Tx, _ int) error {
		_, found, err := tx.Pending(one.ID)
		if err != nil {
			return err
		}
		if !found {
			return gone
		}
		return tx.DeletePending(one.ID)
	})
	if won != 1 {
		p.t.Errorf("%d units spent one row", won)
	}
}

func oldPendings(p *people) {
	for n := range byte(4) {
		p.pending(n+1, identity.UserID(n))
	}
	now := p.clock.Now()
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeletePendings(now, 9) }, 0)
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeletePendings(now.Add(3*time.Second), 2) }, 2, 1, 0)
}
