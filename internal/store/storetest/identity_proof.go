package storetest

import (
	"errors"
	"time"

	"purse/internal/id"
	"purse/internal/identity"
)

func codeReplaced(p *people) {
	other := identity.CodeRow{Flow: "b", Person: identity.Person{1}, Hash: [32]byte{9}, ExpiresAt: p.clock.Now()}
	p.update(func(tx identity.Tx) error { return tx.PutCode(other) })
	for n := range byte(2) {
		want := identity.CodeRow{Flow: "a", Person: identity.Person{1}, Hash: [32]byte{n}, ExpiresAt: p.clock.Now().Add(time.Duration(n) * time.Minute)}
		p.update(func(tx identity.Tx) error { return tx.PutCode(want) })
		p.check(func(tx identity.Tx) error {
			got, found, err := tx.Code("a", identity.Person{1})
			return p.same("code", []any{got, found}, []any{want, true}, err)
		})
	}
	for range 2 {
		p.update(func(tx identity.Tx) error { return tx.DeleteCode("a", identity.Person{1}) })
	}
	for flow, want := range map[identity.Flow]bool{"a": false, "b": true} {
		p.check(func(tx identity.Tx) error {
			_, found, err := tx.Code(flow, identity.Person{1})
			return p.same("found", found, want, err)
		})
	}
	p.check(func(tx identity.Tx) error {
		_, found, err := tx.Code("b", identity.Person{2})
		return p.same("found", found, false, err)
	})
}

func wrongTries(p *people) {
	start := p.clock.Now()
	for range 3 {
		p.update(func(tx identity.Tx) error { return tx.AddWrongCode("a", identity.Person{1}) })
		p.clock.Advance(time.Minute)
	}
	p.update(func(tx identity.Tx) error { return tx.AddWrongCode("b", identity.Person{1}) })
	p.update(func(tx identity.Tx) error { return tx.AddWrongCode("a", identity.Person{2}) })
	for after, want := range map[time.Duration]int{-time.Microsecond: 3, 0: 2, time.Minute: 1, 2 * time.Minute: 0} {
		p.check(func(tx identity.Tx) error {
			got, err := tx.WrongCodes("a", identity.Person{1}, start.Add(after))
			return p.same("wrong tries after "+after.String(), got, want, err)
		})
	}
}

func oldCodes(p *people) {
	now := p.clock.Now()
	for n := range byte(4) {
		p.update(func(tx identity.Tx) error {
			if err := tx.AddWrongCode("a", identity.Person{n}); err != nil {
				return err
			}
			return tx.PutCode(identity.CodeRow{Flow: "a", Person: identity.Person{n}, ExpiresAt: now.Add(time.Duration(n) * time.Second)})
		})
	}
	before := now.Add(-time.Microsecond)
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteCodes(before, before, 10) }, 0)
	// Two codes have expired; the four wrong tries were all made now.
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteCodes(now.Add(time.Second), now, 3) }, 3, 3, 0)
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteCodes(now.Add(time.Hour), before, 1) }, 1, 1, 0)
}

func failureCount(p *people) {
	start := p.clock.Now()
	scope, other := identity.Scope{1}, identity.Scope{2}
	var attempts []id.UUID
	for n := range 3 {
		attempt := p.ids.New(start)
		attempts = append(attempts, attempt)
		p.update(func(tx identity.Tx) error {
			if err := tx.AddFailure(other, attempt, start); err != nil {
				return err
			}
			return tx.AddFailure(scope, attempt, start.Add(time.Duration(n)*time.Minute))
		})
	}
	count := func(scope identity.Scope, after time.Duration, want int) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, err := tx.Failures(scope, start.Add(after))
			return p.same("failures", got, want, err)
		})
	}
	count(scope, -time.Microsecond, 3)
	count(scope, 0, 2)
	count(scope, 2*time.Minute, 0)
	for range 2 {
		p.update(func(tx identity.Tx) error { return tx.DeleteFailure(scope, attempts[1]) })
	}
	count(scope, -time.Microsecond, 2)
	count(other, -time.Microsecond, 3)
	p.update(func(tx identity.Tx) error { return tx.ClearFailures(scope) })
	count(scope, -time.Microsecond, 0)
	count(other, -time.Microsecond, 3)
}

func blockKept(p *people) {
	scope, other := identity.Scope{1}, identity.Scope{2}
	read := func(scope identity.Scope, want identity.Block) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, err := tx.Block(scope)
			return p.same("block", got, want, err)
		})
	}
	set := func(scope identity.Scope, block identity.Block) {
		p.t.Helper()
		p.update(func(tx identity.Tx) error { return tx.SetBlock(scope, block) })
		read(scope, block)
	}
	read(scope, identity.Block{})
	set(other, identity.Block{Strikes: 9, Until: p.clock.Now()})
	set(scope, identity.Block{Strikes: 1, Until: p.clock.Now().Add(time.Microsecond)})
	set(scope, identity.Block{Strikes: 2, Until: p.clock.Now().Add(time.Minute)})
	set(scope, identity.Block{})
	set(scope, identity.Block{Strikes: 1, Until: p.clock.Now()})
	p.update(func(tx identity.Tx) error { return tx.ClearFailures(scope) })
	read(scope, identity.Block{})
	read(other, identity.Block{Strikes: 9, Until: p.clock.Now()})
}

func oldFailures(p *people) {
	now := p.clock.Now()
	for n := range byte(4) {
		p.update(func(tx identity.Tx) error {
			at := now.Add(time.Duration(n) * time.Second)
			if err := tx.AddFailure(identity.Scope{n}, p.ids.New(now), at); err != nil {
				return err
			}
			return tx.SetBlock(identity.Scope{n}, identity.Block{Strikes: 1, Until: at})
		})
	}
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteFailures(now.Add(2*time.Second), 4) }, 4, 2, 0)
	p.check(func(tx identity.Tx) error {
		block, err := tx.Block(identity.Scope{3})
		return p.same("strikes", block.Strikes, 1, err)
	})
}

func resetOnce(p *people) {
	p.addUser(1)
	p.addUser(2)
	older := identity.Reset{User: 1, Token: [32]byte{1}, ExpiresAt: p.clock.Now()}
	newer := identity.Reset{User: 1, Token: [32]byte{2}, ExpiresAt: p.clock.Now().Add(time.Second)}
	other := identity.Reset{User: 2, Token: [32]byte{3}, ExpiresAt: p.clock.Now().Add(time.Hour)}
	for _, r := range []identity.Reset{older, other, newer} {
		p.update(func(tx identity.Tx) error { return tx.PutReset(r) })
	}
	read := func(token byte, want identity.Reset) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, found, err := tx.Reset([32]byte{token})
			return p.same("reset", []any{got, found}, []any{want, want.User != 0}, err)
		})
	}
	read(1, identity.Reset{})
	read(2, newer)
	read(3, other)
	gone := errors.New("gone")
	won := p.race(gone, func(tx identity.Tx, _ int) error {
		deleted, err := tx.DeleteReset(1)
		if err == nil && !deleted {
			return gone
		}
		return err
	})
	if won != 1 {
		p.t.Errorf("%d units deleted one reset", won)
	}
	read(2, identity.Reset{})
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteResets(p.clock.Now().Add(time.Hour-1), 9) }, 0)
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteResets(p.clock.Now().Add(time.Hour), 9) }, 1, 0)
}

func fiftySpend(p *people) {
	p.update(func(tx identity.Tx) error {
		return tx.PutCode(identity.CodeRow{Flow: "a", Person: identity.Person{1}, ExpiresAt: p.clock.Now()})
	})
	gone := errors.New("gone")
	won := p.race(gone, func(tx identity.Tx, _ int) error {
		_, found, err := tx.Code("a", identity.Person{1})
		if err != nil {
			return err
		}
		if !found {
			return gone
		}
		return tx.DeleteCode("a", identity.Person{1})
	})
	if won != 1 {
		p.t.Errorf("%d units spent one code", won)
	}
}

func fiftyWrongTries(p *people) {
	full := errors.New("full")
	won := p.race(full, func(tx identity.Tx, _ int) error {
		count, err := tx.WrongCodes("a", identity.Person{1}, tx.Now().Add(-time.Minute))
		if err != nil {
			return err
		}
		if count >= 5 {
			return full
		}
		return tx.AddWrongCode("a", identity.Person{1})
	})
	if won != 5 {
		p.t.Errorf("%d tries were let in", won)
	}
}

func fiftyFailures(p *people) {
	full := errors.New("full")
	won := p.race(full, func(tx identity.Tx, caller int) error {
		if _, err := tx.Block(identity.Scope{1}); err != nil {
			return err
		}
		count, err := tx.Failures(identity.Scope{1}, tx.Now().Add(-time.Minute))
		if err != nil {
			return err
		}
		if count >= 10 {
			return full
		}
		return tx.AddFailure(identity.Scope{1}, id.UUID{byte(caller)}, tx.Now())
	})
	if won != 10 {
		p.t.Errorf("%d attempts were let in", won)
	}
}

func emailLinkKept(p *people) {
	p.addUser(1)
	p.addUser(2)
	read := func(user identity.UserID, want identity.EmailLink, there bool) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, found, err := tx.EmailLink(user)
			if !there {
				return p.same("link is there", found, false, err)
			}
			return p.same("link", []any{got, found}, []any{want, true}, err)
		})
	}
	other := identity.EmailLink{User: 2, Hash: [32]byte{9}, ExpiresAt: p.clock.Now()}
	p.update(func(tx identity.Tx) error { return tx.PutEmailLink(other) })
	for n := range byte(2) {
		link := identity.EmailLink{User: 1, Hash: [32]byte{n}, ExpiresAt: p.clock.Now().Add(time.Duration(n+1) * time.Minute)}
		p.update(func(tx identity.Tx) error { return tx.PutEmailLink(link) })
		read(1, link, true)
	}
	for range 2 {
		p.update(func(tx identity.Tx) error { return tx.DeleteEmailLink(1) })
	}
	read(1, identity.EmailLink{}, false)
	read(2, other, true)
}

func oldEmailLinks(p *people) {
	for user := range identity.UserID(4) {
		p.addUser(user + 1)
		link := identity.EmailLink{User: user + 1, ExpiresAt: p.clock.Now().Add(time.Duration(user) * time.Second)}
		p.update(func(tx identity.Tx) error { return tx.PutEmailLink(link) })
	}
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteEmailLinks(p.clock.Now().Add(2*time.Second), 2) }, 2, 1, 0)
}
