package storetest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"purse/internal/avatar"
	"purse/internal/identity"
	"purse/internal/store"
)

// pictures holds an engine to what avatar.Tx says.
func pictures(t *testing.T, open Open) {
	e, _ := fresh(t, open)
	update(t, e, func(tx store.Tx) error {
		for user := range identity.UserID(3) {
			if err := tx.InsertUser(identity.User{ID: user + 1, UUID: [16]byte{byte(user) + 1}, Status: identity.Active, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	picture := func(kind, bytes string) avatar.Picture {
		return avatar.Picture{Type: kind, Bytes: []byte(bytes), Digest: sha256.Sum256([]byte(bytes))}
	}
	is := func(user identity.UserID, want avatar.Picture, there bool) {
		t.Helper()
		view(t, e, func(tx store.Tx) error {
			got, found, err := tx.Picture(user)
			if found != there || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("user %d has %v (%t), want %v (%t)", user, got, found, want, there)
			}
			return err
		})
	}
	first, second := picture("image/png", "\x00\xffone"), picture("image/jpeg", "two")
	for _, want := range []avatar.Picture{first, second} {
		update(t, e, func(tx store.Tx) error { return tx.PutPicture(1, want) })
		is(1, want, true)
	}
	update(t, e, func(tx store.Tx) error { return tx.PutPicture(3, first) })
	is(2, avatar.Picture{}, false)
	view(t, e, func(tx store.Tx) error {
		got, err := tx.PictureDigests([]identity.UserID{1, 2, 3, 4})
		if want := map[identity.UserID]avatar.Digest{1: second.Digest, 3: first.Digest}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("digests %v, want %v", got, want)
		}
		return err
	})
	for range 2 {
		update(t, e, func(tx store.Tx) error { return tx.DeletePicture(1) })
		is(1, avatar.Picture{}, false)
	}
	is(3, first, true)
}

func publicUsers(p *people) {
	for user := range identity.UserID(6) {
		p.addUser(user + 1)
	}
	p.update(func(tx identity.Tx) error {
		for _, user := range []identity.UserID{1, 3, 4, 6} {
			u, err := tx.User(user)
			if err != nil {
				return err
			}
			u.Login = fmt.Sprint("login_", user)
			if user == 4 {
				u.Status = identity.Inactive
			}
			if err := tx.UpdateUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	for _, page := range []struct {
		after identity.UserID
		limit int
		want  string
	}{{0, 10, "[1 3 6]"}, {0, 2, "[1 3]"}, {1, 10, "[3 6]"}, {3, 1, "[6]"}, {6, 10, "[]"}, {5, 10, "[6]"}} {
		p.check(func(tx identity.Tx) error {
			list, err := tx.PublicUsers(page.after, page.limit)
			ids := []identity.UserID{}
			for _, user := range list {
				ids = append(ids, user.ID)
				if user.Login != fmt.Sprint("login_", user.ID) {
					p.t.Errorf("user %d has the login %q", user.ID, user.Login)
				}
			}
			return p.same(fmt.Sprint("after ", page.after), fmt.Sprint(ids), page.want, err)
		})
	}
}

func membershipsOfMany(p *people) {
	for user := range identity.UserID(3) {
		p.addUser(user + 1)
	}
	a, b := identity.Group{ID: 5, Name: "A"}, identity.Group{ID: 6, Name: "B"}
	teller := identity.Role{ID: 10, Name: "TELLER"}
	empty := identity.Role{ID: 11, Name: "EMPTY"}
	p.update(func(tx identity.Tx) error {
		for _, err := range []error{
			tx.InsertGroup(b), tx.InsertGroup(a), tx.InsertRole(empty, nil), tx.InsertRole(teller, []string{"PAY", "COUNT"}),
			tx.SetGroup(1, 6, true), tx.SetGroup(1, 5, true), tx.SetGroup(2, 6, true), tx.SetGroup(3, 5, true),
			tx.SetRole(1, 10, true), tx.SetRole(1, 1, true), tx.SetRole(3, 1, true),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	user := identity.Role{ID: 1, Name: identity.RoleUser}
	p.check(func(tx identity.Tx) error {
		got, err := tx.RolesOf([]identity.UserID{1, 2})
		return p.same("roles", got, map[identity.UserID][]identity.Role{1: {user, teller}}, err)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.GroupsOf([]identity.UserID{2, 1})
		return p.same("groups", got, map[identity.UserID][]identity.Group{1: {a, b}, 2: {b}}, err)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.RolesOf(nil)
		return p.same("nobody's roles", got, map[identity.UserID][]identity.Role{}, err)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.AllGroups()
		return p.same("all groups", got, []identity.Group{a, b}, err)
	})
	p.check(func(tx identity.Tx) error {
		got, err := tx.AllRoles()
		return p.same("all roles", got, []identity.RoleGrants{
			{Role: user, Permissions: []string{identity.EditProfile, identity.UseMoney}},
			{Role: identity.Role{ID: 2, Name: identity.RoleAdmin}, Permissions: []string{identity.Everything, identity.EditProfile, identity.UseMoney}},
			{Role: teller, Permissions: []string{"COUNT", "PAY"}}, {Role: empty},
		}, err)
	})
}
