package storetest

import (
	"errors"
	"fmt"
	"time"

	"purse/internal/id"
	"purse/internal/identity"
)

// addSession makes a session under the token {n}.
func (p *people) addSession(n byte, user identity.UserID) identity.Session {
	p.t.Helper()
	now := p.clock.Now()
	s := identity.Session{
		ID: p.ids.New(now), User: user, Surface: identity.Bank, Assurance: identity.TwoFactors, UserAgent: "Browser/1 (Zoë's)", Address: "2001:db8::1",
		CreatedAt: now, LastUsedAt: now.Add(time.Duration(n) * time.Second), ExpiresAt: now.Add(time.Duration(n) * time.Minute),
	}
	p.update(func(tx identity.Tx) error { return tx.InsertSession([32]byte{n}, s) })
	return s
}

func (p *people) session(n byte, want *identity.Session) {
	p.t.Helper()
	p.check(func(tx identity.Tx) error {
		got, found, err := tx.SessionByToken([32]byte{n})
		if want == nil {
			return p.same("found", found, false, err)
		}
		return p.same("session", []any{got, found}, []any{*want, true}, err)
	})
}

func sessionFound(p *people) {
	p.addUser(1)
	first, second := p.addSession(1, 1), p.addSession(2, 1)
	p.session(1, &first)
	p.session(2, &second)
	p.session(3, nil)
	for _, want := range []bool{true, false} {
		p.update(func(tx identity.Tx) error {
			ended, err := tx.EndSession(1, first.ID, tx.Now())
			return p.same("ended", ended, want, err)
		})
	}
	p.session(1, nil)
	p.session(2, &second)
	p.update(func(tx identity.Tx) error { return tx.SetUserStatus(1, identity.Inactive) })
	p.session(2, nil)
	p.update(func(tx identity.Tx) error { return tx.SetUserStatus(1, identity.Active) })
	p.session(2, &second)
}

func sessionSlides(p *people) {
	p.addUser(1)
	s := p.addSession(1, 1)
	s.LastUsedAt, s.ExpiresAt = s.LastUsedAt.Add(time.Hour), s.ExpiresAt.Add(time.Hour)
	slide := func(token byte, want bool) {
		p.t.Helper()
		p.update(func(tx identity.Tx) error {
			slid, err := tx.SlideSession([32]byte{token}, s.LastUsedAt, s.ExpiresAt)
			return p.same("slid", slid, want, err)
		})
	}
	slide(1, true)
	slide(2, false)
	p.session(1, &s)
	p.update(func(tx identity.Tx) error { return tx.EndSessions(1, id.UUID{}, tx.Now()) })
	slide(1, false)
}

func sessionList(p *people) {
	p.addUser(1)
	p.addUser(2)
	first, third, second := p.addSession(1, 1), p.addSession(3, 1), p.addSession(2, 1)
	other := p.addSession(4, 2)
	list := func(user identity.UserID, after time.Duration, want ...identity.Session) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, err := tx.Sessions(user, p.clock.Now().Add(after))
			return p.same("sessions", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want), err)
		})
	}
	list(1, 0, third, second, first)
	list(1, 2*time.Minute, third) // one that expires now has expired
	p.update(func(tx identity.Tx) error {
		ended, err := tx.EndSession(2, first.ID, tx.Now())
		return p.same("ended another's", ended, false, err)
	})
	p.update(func(tx identity.Tx) error { return tx.EndSessions(1, id.UUID{}, tx.Now()) })
	list(1, 0)
	list(2, 0, other)
}

func oldSessions(p *people) {
	p.addUser(1)
	for n := range byte(4) {
		p.addSession(n, 1)
	}
	p.update(func(tx identity.Tx) error { return tx.EndSessions(1, id.UUID{}, tx.Now()) })
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteSessions(p.clock.Now().Add(2*time.Minute), 2) }, 2, 1, 0)
}

func permissionUnion(p *people) {
	p.addUser(1)
	p.addUser(2)
	teller := identity.Role{ID: 10, Name: "TELLER"}
	p.update(func(tx identity.Tx) error {
		if err := tx.InsertRole(teller, []string{"PAY", "COUNT", "PAY"}); err != nil {
			return err
		}
		return tx.SetRole(2, teller.ID, true)
	})
	permissions := func(user identity.UserID, want ...string) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, err := tx.Permissions(user)
			return p.same("permissions", got, want, err)
		})
	}
	permissions(1)
	for range 2 {
		p.update(func(tx identity.Tx) error {
			if err := tx.SetPermission(1, "PAY", true); err != nil {
				return err
			}
			return tx.SetRole(1, teller.ID, true)
		})
		permissions(1, "COUNT", "PAY")
	}
	p.update(func(tx identity.Tx) error { return tx.SetRole(1, teller.ID, false) })
	permissions(1, "PAY")
	p.update(func(tx identity.Tx) error { return tx.SetPermission(1, "PAY", false) })
	permissions(1)
	permissions(2, "COUNT", "PAY")
}

func uniqueNames(p *people) {
	p.addUser(1)
	var roles []identity.Role
	for _, name := range []string{identity.RoleUser, identity.RoleAdmin} { // there from the start
		p.check(func(tx identity.Tx) error {
			role, err := tx.RoleNamed(name)
			roles = append(roles, role)
			return p.same("role", role.Name, name, err)
		})
	}
	friends := identity.Group{ID: 5, Name: "Friends"}
	p.update(func(tx identity.Tx) error { return tx.InsertGroup(friends) })
	for what, insert := range map[string]func(tx identity.Tx) error{
		"role":  func(tx identity.Tx) error { return tx.InsertRole(identity.Role{ID: 11, Name: identity.RoleUser}, nil) },
		"group": func(tx identity.Tx) error { return tx.InsertGroup(identity.Group{ID: 6, Name: "Friends"}) },
	} {
		if err := p.refused(p.work.Update(p.t.Context(), insert), identity.ErrNameTaken); err != nil {
			p.t.Errorf("%s: %v", what, err)
		}
	}
	p.check(func(tx identity.Tx) error {
		_, err := tx.RoleNamed("user")
		return p.refused(err, identity.ErrNoRole)
	})
	p.check(func(tx identity.Tx) error {
		_, err := tx.GroupNamed("Family")
		return p.refused(err, identity.ErrNoGroup)
	})
	p.update(func(tx identity.Tx) error {
		for _, role := range roles {
			if err := tx.SetRole(1, role.ID, true); err != nil {
				return err
			}
		}
		return tx.SetGroup(1, friends.ID, true)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.Roles(1)
		return p.same("roles", got, roles, err)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.Groups(1)
		return p.same("groups", got, []identity.Group{friends}, err)
	})
	p.update(func(tx identity.Tx) error { return tx.SetGroup(1, friends.ID, false) })
	p.check(func(tx identity.Tx) error {
		got, err := tx.Groups(1)
		return p.same("groups", len(got), 0, err)
	})
}

func sessionSpared(p *people) {
	p.addUser(1)
	p.addUser(2)
	first, second, other := p.addSession(1, 1), p.addSession(2, 1), p.addSession(3, 2)
	p.update(func(tx identity.Tx) error { return tx.EndSessions(1, second.ID, tx.Now()) })
	p.session(1, nil)
	p.session(2, &second)
	p.session(3, &other)
	p.update(func(tx identity.Tx) error { return tx.EndSessions(1, first.ID, tx.Now()) })
	p.session(2, nil)
}

// addRefresh makes a refresh token that expires after some minutes.
func (p *people) addRefresh(minutes time.Duration) identity.Refresh {
	p.t.Helper()
	r := identity.Refresh{ID: p.ids.New(p.clock.Now()), Session: p.ids.New(p.clock.Now()), User: 1, ExpiresAt: p.clock.Now().Add(minutes * time.Minute)}
	p.update(func(tx identity.Tx) error { return tx.InsertRefresh(r) })
	return r
}

func refreshSpent(p *people) {
	p.addUser(1)
	want, other := p.addRefresh(1), p.addRefresh(2)
	read := func(want identity.Refresh) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			got, found, err := tx.Refresh(want.ID)
			return p.same("refresh token", []any{got, found}, []any{want, true}, err)
		})
	}
	read(want)
	for i, first := range []bool{true, false} {
		p.update(func(tx identity.Tx) error {
			if i == 0 {
				want.SpentAt = tx.Now()
			}
			got, err := tx.SpendRefresh(want.ID, tx.Now())
			return p.same("spent", got, first, err)
		})
		read(want)
		p.clock.Advance(time.Second)
	}
	read(other)
	unknown := p.ids.New(p.clock.Now())
	p.check(func(tx identity.Tx) error {
		_, found, err := tx.Refresh(unknown)
		return p.same("found", found, false, err)
	})
	p.update(func(tx identity.Tx) error {
		spent, err := tx.SpendRefresh(unknown, tx.Now())
		return p.same("spent", spent, false, err)
	})
}

func fiftyRefresh(p *people) {
	p.addUser(1)
	r := p.addRefresh(1)
	late := errors.New("late")
	won := p.race(late, func(tx identity.Tx, _ int) error {
		found, _, err := tx.Refresh(r.ID)
		if err != nil {
			return err
		}
		first, err := tx.SpendRefresh(r.ID, tx.Now())
		if err == nil && first != found.SpentAt.IsZero() {
			return errors.New("the row that was read was not locked")
		}
		if err == nil && !first {
			return late
		}
		return err
	})
	if won != 1 {
		p.t.Errorf("%d units spent one refresh token", won)
	}
}

func oldRefreshes(p *people) {
	p.addUser(1)
	for minutes := range time.Duration(4) {
		p.addRefresh(minutes)
	}
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteRefreshes(p.clock.Now().Add(2*time.Minute), 2) }, 2, 1, 0)
}

// everythingEnds has one session that lives, one that has expired and one that
// was ended, and each thing that sessions come from.
func everythingEnds(p *people) {
	p.addUser(1)
	for n := range byte(3) {
		p.addSession(n+1, 1)
	}
	soon := p.clock.Now().Add(time.Hour)
	refresh, pending := identity.Refresh{ID: p.ids.New(soon), Session: p.ids.New(soon), User: 1, ExpiresAt: soon}, identity.Pending{ID: p.ids.New(soon), Flow: "a", User: 1, ExpiresAt: soon}
	p.update(func(tx identity.Tx) error {
		must(tx.SetCredential(1, "hash"))
		must(tx.InsertRefresh(refresh))
		must(tx.PutChatSession(identity.ChatSession{Chat: 7, User: 1, Session: refresh.Session}))
		must(tx.PutCode(identity.CodeRow{Flow: "a", Person: identity.Person{1}, ExpiresAt: soon}))
		must(tx.InsertPending(pending))
		must(tx.PutRegistration(identity.Registration{Email: "ann@example.com"}))
		must(tx.PutReset(identity.Reset{User: 1, Token: [32]byte{1}, ExpiresAt: soon}))
		must(tx.PutEmailLink(identity.EmailLink{User: 1, ExpiresAt: soon}))
		sessions, err := tx.Sessions(1, tx.Now())
		must(err)
		_, err = tx.EndSession(1, sessions[0].ID, tx.Now()) // the third
		return err
	})
	p.clock.Advance(90 * time.Second)
	for _, want := range []int{1, 0} {
		p.update(func(tx identity.Tx) error {
			ended, err := tx.EndEverything()
			return p.same("ended", ended, want, err)
		})
	}
	for n := range byte(3) {
		p.session(n+1, nil)
	}
	p.check(func(tx identity.Tx) error {
		_, renewable, err := tx.Refresh(refresh.ID)
		must(err)
		_, chat, err := tx.ChatSession(7)
		must(err)
		_, code, err := tx.Code("a", identity.Person{1})
		must(err)
		_, waits, err := tx.Pending(pending.ID)
		must(err)
		_, registration, err := tx.Registration("ann@example.com")
		must(err)
		_, reset, err := tx.Reset([32]byte{1})
		must(err)
		_, link, err := tx.EmailLink(1)
		must(err)
		hash, err := tx.Credential(1)
		return p.same("what is left", []bool{renewable, chat, code, waits, registration, reset, link, hash == "hash"}, []bool{false, false, false, false, false, false, false, true}, err)
	})
}
