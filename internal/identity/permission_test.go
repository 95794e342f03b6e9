package identity_test

import (
	"fmt"
	"testing"
	"time"

	"purse/internal/identity"
)

func (w *world) may(user identity.UserID, permission string) bool {
	w.t.Helper()
	has, err := w.HasPermission(w.t.Context(), user, permission)
	w.want(nil, err)
	return has
}

func TestAPermissionIsDirectOrThroughARoleAndChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	ctx := t.Context()
	_, err := w.CreateRole(ctx, "TELLER", []string{"COUNT", "COUNT", "PAY"})
	w.want(nil, err)
	for _, step := range []struct {
		name string
		do   func() error
		use  bool
		pay  bool
	}{
		{"a new user", func() error { return nil }, true, false},
		{"without the role", func() error { return w.RevokeRole(ctx, user, identity.RoleUser) }, false, false},
		{"granted directly", func() error { return w.GrantPermission(ctx, user, identity.UseMoney) }, true, false},
		{"granted twice", func() error { return w.GrantPermission(ctx, user, identity.UseMoney) }, true, false},
		{"through a role", func() error { return w.GrantRole(ctx, user, "TELLER") }, true, true},
		{"revoked directly", func() error { return w.RevokePermission(ctx, user, identity.UseMoney) }, false, true},
		{"what a role allows is not taken directly", func() error { return w.RevokePermission(ctx, user, "PAY") }, false, true},
		{"without the other role", func() error { return w.RevokeRole(ctx, user, "TELLER") }, false, false},
		{"an administrator", func() error { return w.GrantRole(ctx, user, identity.RoleAdmin) }, true, true},
	} {
		w.want(nil, step.do())
		if use, pay := w.may(user, identity.UseMoney), w.may(user, "PAY"); use != step.use || pay != step.pay {
			t.Errorf("%s: %s %t, PAY %t", step.name, identity.UseMoney, use, pay)
		}
	}
	w.want(nil, w.RevokeRole(ctx, user, identity.RoleAdmin))
	w.want(identity.ErrNoPermission, w.Require(ctx, user, identity.UseMoney))
}

func TestAPermissionThatAnotherProcessTakesEndsWithinASecond(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	if !w.may(user, identity.UseMoney) {
		t.Fatal("a new user may not use money")
	}
	w.want(nil, w.another().RevokeRole(t.Context(), user, identity.RoleUser))
	w.clock.Advance(time.Second)
	if w.may(user, identity.UseMoney) {
		t.Error("the permission lives on")
	}
}

func TestGroupsHoldUsersAndGrantNothing(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	ctx := t.Context()
	friends, err := w.CreateGroup(ctx, "Friends")
	w.want(nil, err)
	_, err = w.CreateGroup(ctx, "Friends")
	w.want(identity.ErrNameTaken, err)
	family, err := w.CreateGroup(ctx, " Family ")
	w.want(nil, err)
	if friends.ID != 1 || family.ID != 2 || family.Name != "Family" {
		t.Errorf("groups %+v, %+v", friends, family)
	}
	w.want(nil, w.JoinGroup(ctx, user, "Family"))
	w.want(nil, w.JoinGroup(ctx, user, "Friends"))
	w.want(nil, w.JoinGroup(ctx, user, "Friends"))
	account, err := w.Account(ctx, user)
	w.want(nil, err)
	if got, want := fmt.Sprint(account.Standing), "{[{1 USER}] [{1 Friends} {2 Family}] [EDIT_PROFILE USE_MONEY]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.want(nil, w.LeaveGroup(ctx, user, "Friends"))
	account, err = w.Account(ctx, user)
	w.want(nil, err)
	if len(account.Groups) != 1 || account.Groups[0] != family {
		t.Errorf("groups %+v", account.Groups)
	}
}

func TestWhatIsNamedMustExist(t *testing.T) {
	w := newWorld(t)
	user := w.register(ann).Session.User
	ctx := t.Context()
	nobody := user + 1
	for name, c := range map[string]struct{ got, want error }{
		"role":                {w.GrantRole(ctx, user, "NOBODY"), identity.ErrNoRole},
		"revoked role":        {w.RevokeRole(ctx, user, "NOBODY"), identity.ErrNoRole},
		"group":               {w.JoinGroup(ctx, user, "Nobody"), identity.ErrNoGroup},
		"role's user":         {w.GrantRole(ctx, nobody, identity.RoleUser), identity.ErrNoUser},
		"permission's user":   {w.GrantPermission(ctx, nobody, "PAY"), identity.ErrNoUser},
		"group's user":        {w.JoinGroup(ctx, nobody, "Nobody"), identity.ErrNoUser},
		"deactivated user":    {w.Deactivate(ctx, nobody), identity.ErrNoUser},
		"two factors of user": {w.SetTwoFactorRequired(ctx, nobody, false), identity.ErrNoUser},
	} {
		t.Run(name, func(t *testing.T) { w.want(c.want, c.got) })
	}
	_, err := w.User(ctx, nobody)
	w.want(identity.ErrNoUser, err)
	_, err = w.Account(ctx, nobody)
	w.want(identity.ErrNoUser, err)
	_, err = w.CreateRole(ctx, identity.RoleAdmin, nil)
	w.want(identity.ErrNameTaken, err)
	role, err := w.CreateRole(ctx, "TELLER", nil)
	w.want(nil, err)
	if role.ID != 3 {
		t.Errorf("the first new role has id %d", role.ID)
	}
	if w.may(nobody, identity.UseMoney) {
		t.Error("a user that does not exist may use money")
	}
}
