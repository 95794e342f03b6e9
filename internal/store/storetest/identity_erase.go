package storetest

import (
	"time"

	"purse/internal/identity"
)

// erasedUser fills everything that belongs to two users, and erases one.
func erasedUser(p *people) {
	full := identity.User{
		Profile: identity.Profile{
			FirstName: "Ann", LastName: "Lee", DateOfBirth: time.Date(1990, 2, 28, 0, 0, 0, 0, time.UTC), Address: "1 Main St", City: "Springfield", State: "IL", PostCode: "62701",
			Patronymic: "Petrovna", Username: "annie", Description: "words", BackgroundColor: "#102030", ProfileImage: "https://img.example/a.png",
		},
		Email: "ann@example.com", Phone: "+15550100000", Login: "ann", TelegramID: 7, EmailVerified: true, SocialSecurity: []byte("sealed"), TwoFactorRequired: true,
		Status: identity.Active, CreatedAt: p.clock.Now(), UpdatedAt: p.clock.Now(),
	}
	var users [2]identity.User
	for i := range users {
		u := full
		u.ID, u.UUID = identity.UserID(i+1), p.ids.New(p.clock.Now())
		users[i] = u
		p.update(func(tx identity.Tx) error {
			must(tx.InsertUser(u))
			must(tx.SetCredential(u.ID, "hash"))
			must(tx.PutReset(identity.Reset{User: u.ID, Token: [32]byte{byte(i)}, ExpiresAt: p.clock.Now()}))
			must(tx.PutEmailLink(identity.EmailLink{User: u.ID, ExpiresAt: p.clock.Now()}))
			role, err := tx.RoleNamed(identity.RoleUser)
			must(err)
			must(tx.SetRole(u.ID, role.ID, true))
			must(tx.SetPermission(u.ID, "LEND", true))
			group := identity.Group{ID: identity.GroupID(i + 1), Name: string(rune('a' + i))}
			must(tx.InsertGroup(group))
			must(tx.SetGroup(u.ID, group.ID, true))
			session := identity.Session{ID: p.ids.New(p.clock.Now()), User: u.ID, Surface: "bank", Assurance: 1, CreatedAt: p.clock.Now(), LastUsedAt: p.clock.Now(), ExpiresAt: p.clock.Now().Add(time.Hour)}
			must(tx.InsertSession([32]byte{byte(i)}, session))
			return tx.InsertRefresh(identity.Refresh{ID: [16]byte{byte(i + 1)}, Session: session.ID, User: u.ID, ExpiresAt: p.clock.Now().Add(time.Hour)})
		})
	}
	p.clock.Advance(time.Minute)
	p.update(func(tx identity.Tx) error {
		tx.Scrub()
		return tx.EraseUser(1)
	})
	users[0] = identity.User{ID: 1, UUID: users[0].UUID, Status: identity.Inactive, CreatedAt: users[0].CreatedAt, UpdatedAt: p.clock.Now()}
	for i, u := range users {
		kept := i == 1
		p.check(func(tx identity.Tx) error {
			got, err := tx.User(u.ID)
			if err := p.same("user", got, u, err); err != nil {
				return err
			}
			hash, err := tx.Credential(u.ID)
			must(err)
			_, reset, err := tx.Reset([32]byte{byte(i)})
			must(err)
			_, link, err := tx.EmailLink(u.ID)
			must(err)
			_, session, err := tx.SessionByToken([32]byte{byte(i)})
			must(err)
			_, refresh, err := tx.Refresh([16]byte{byte(i + 1)})
			must(err)
			roles, err := tx.Roles(u.ID)
			must(err)
			groups, err := tx.Groups(u.ID)
			must(err)
			permissions, err := tx.Permissions(u.ID)
			return p.same("what belongs to it",
				[]bool{hash != "", reset, link, session, refresh, len(roles) > 0, len(groups) > 0, len(permissions) > 0},
				[]bool{kept, kept, kept, kept, kept, kept, kept, kept}, err)
		})
	}
}
