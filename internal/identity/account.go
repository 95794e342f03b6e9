package identity

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"purse/internal/claim"
)

// ActiveUser reads a user who may act, or returns ErrNoUser. What makes things
// for a user inside a unit of work asks here first: a session that was checked
// before may be of somebody who has gone meanwhile.
func ActiveUser(tx interface{ User(UserID) (User, error) }, user UserID) (User, error) {
	u, err := tx.User(user)
	if err == nil && u.Status != Active {
		return User{}, ErrNoUser
	}
	return u, err
}

// Account is a user with what they are in Purse.
type Account struct {
	User
	Standing
}

// Account reads a user's own account. ErrNoUser.
func (s *Service) Account(ctx context.Context, user UserID) (account Account, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		if account.User, err = tx.User(user); err != nil {
			return err
		}
		account.Standing, err = readStanding(tx, user)
		return err
	})
	return account, err
}

// Public says whether others may see the account: it is active and has a login.
func (u User) Public() bool { return u.Status == Active && u.Login != "" }

// PublicAccounts lists at most limit accounts that others may see and whose id
// is above after, by id, and says whether there are more. Their permissions are left out.
func (s *Service) PublicAccounts(ctx context.Context, after UserID, limit int) (list []Account, more bool, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		users, err := tx.PublicUsers(after, limit+1)
		if err != nil {
			return err
		}
		if more = len(users) > limit; more {
			users = users[:limit]
		}
		list, err = withMemberships(tx, users)
		return err
	})
	return list, more, err
}

// PublicAccount finds an account that others may see by its login, or by its id
// in decimal: no login is digits alone. Its permissions are left out. ErrNoUser.
func (s *Service) PublicAccount(ctx context.Context, loginOrID string) (account Account, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		user, err := findUser(tx, loginOrID, claim.Login)
		if err != nil {
			return err
		}
		if !user.Public() {
			return ErrNoUser
		}
		list, err := withMemberships(tx, []User{user})
		if err == nil {
			account = list[0]
		}
		return err
	})
	return account, err
}

func withMemberships(tx Tx, users []User) ([]Account, error) {
	ids := make([]UserID, len(users))
	for i, user := range users {
		ids[i] = user.ID
	}
	roles, err := tx.RolesOf(ids)
	if err != nil {
		return nil, err
	}
	groups, err := tx.GroupsOf(ids)
	if err != nil {
		return nil, err
	}
	list := make([]Account, len(users))
	for i, user := range users {
		list[i] = Account{User: user, Standing: Standing{Roles: roles[user.ID], Groups: groups[user.ID]}}
	}
	return list, nil
}

// Find looks a user up as operators name them: by id, e-mail, phone or login. ErrNoUser.
func (s *Service) Find(ctx context.Context, name string) (user User, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		user, err = findUser(tx, strings.TrimSpace(name), claim.Email, claim.Phone, claim.Login)
		return err
	})
	return user, err
}

// findUser looks a user up by id, or else by the identifiers of the kinds, in their order.
func findUser(tx Tx, name string, kinds ...claim.Kind) (User, error) {
	if number, err := strconv.ParseInt(name, 10, 64); err == nil && number > 0 && strconv.FormatInt(number, 10) == name {
		if user, err := tx.User(UserID(number)); !errors.Is(err, ErrNoUser) {
			return user, err
		}
	}
	for _, kind := range kinds {
		subject, found, err := tx.FindClaim(kind, formOf(kind, name))
		if err != nil {
			return User{}, err
		}
		if found {
			return tx.User(UserID(subject))
		}
	}
	return User{}, ErrNoUser
}

// IsFree says whether nobody has any of the newcomer's identifiers.
func (s *Service) IsFree(ctx context.Context, n Newcomer) (free bool, err error) {
	err = s.work.View(ctx, func(tx Tx) error { return s.MustBeFree(tx, n) })
	if errors.Is(err, ErrIdentifierTaken) {
		return false, nil
	}
	return err == nil, err
}

// EditProfile changes what a user says about themselves; what edit leaves alone
// stays. It returns the user as they are then. ErrNoUser, also for one who may not act.
func (s *Service) EditProfile(ctx context.Context, user UserID, edit func(*Profile)) (changed User, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		if changed, err = ActiveUser(tx, user); err != nil {
			return err
		}
		edit(&changed.Profile)
		return tx.UpdateUser(changed)
	})
	return changed, err
}

// SetUsername changes the name by which others see a user. ErrNoUser.
func (s *Service) SetUsername(ctx context.Context, user UserID, username string) error {
	_, err := s.EditProfile(ctx, user, func(p *Profile) { p.Username = username })
	return err
}

// DisplayName is how others see a person, who may have chosen no such name on
// another surface: then it is the first name, and may be empty.
func (p Profile) DisplayName() string {
	if p.Username != "" {
		return p.Username
	}
	return p.FirstName
}
