package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"purse/internal/claim"
	"purse/internal/identity"
)

func (w *world) newcomer(n identity.Newcomer) identity.User {
	w.t.Helper()
	user, err := w.Join(w.t.Context(), n, "correct horse battery", noMore)
	w.want(nil, err)
	return user
}

func TestOthersSeeActiveAccountsWithALoginAlone(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	zoe, nameless, ben, gone := w.newcomer(identity.Newcomer{Login: "zoe_1"}), w.newcomer(identity.Newcomer{Email: "a@example.com"}), w.newcomer(identity.Newcomer{Login: "ben_1"}), w.newcomer(identity.Newcomer{Login: "gone_1"})
	w.want(nil, w.Deactivate(ctx, gone.ID))
	_, err := w.CreateGroup(ctx, "Friends")
	w.want(nil, err)
	w.want(nil, w.JoinGroup(ctx, zoe.ID, "Friends"))
	list, more, err := w.PublicAccounts(ctx, 0, 10)
	w.want(nil, err)
	if len(list) != 2 || more || list[0].ID != zoe.ID || list[1].ID != ben.ID || fmt.Sprint(list[0].Standing) != "{[{1 USER}] [{1 Friends}] []}" || fmt.Sprint(list[1].Groups) != "[]" {
		t.Errorf("got %+v, %t", list, more)
	}
	list, more, err = w.PublicAccounts(ctx, 0, 1)
	w.want(nil, err)
	if len(list) != 1 || !more || list[0].ID != zoe.ID {
		t.Errorf("the first page: %+v, %t", list, more)
	}
	for name, want := range map[string]identity.UserID{
		"zoe_1": zoe.ID, " Zoe_1": zoe.ID, fmt.Sprint(ben.ID): ben.ID, "0" + fmt.Sprint(ben.ID): 0, "+" + fmt.Sprint(ben.ID): 0, "-1": 0,
		fmt.Sprint(nameless.ID): 0, fmt.Sprint(gone.ID): 0, "gone_1": 0, "a@example.com": 0, "nobody": 0, "": 0, "99999999999999999999": 0, "a\x00": 0,
	} {
		account, err := w.PublicAccount(ctx, name)
		if want == 0 {
			w.want(identity.ErrNoUser, err)
		} else if err != nil || account.ID != want {
			t.Errorf("%q: user %d, %v, want %d", name, account.ID, err, want)
		}
	}
}

func TestOperatorsNameUsersByIdEmailPhoneOrLogin(t *testing.T) {
	w := newWorld(t)
	first := w.newcomer(identity.Newcomer{Email: "zoe@example.com", Phone: "+15550100000", Login: "zoe_1"})
	second := w.newcomer(identity.Newcomer{Phone: "5550100"})
	for name, want := range map[string]identity.UserID{
		fmt.Sprint(first.ID): first.ID, "ZOE@example.com": first.ID, "+1 555 010 0000": first.ID, "Zoe_1 ": first.ID, "5550100": second.ID,
	} {
		if user, err := w.Find(t.Context(), name); err != nil || user.ID != want {
			t.Errorf("%q: user %d, %v", name, user.ID, err)
		}
	}
	_, err := w.Find(t.Context(), "nobody")
	w.want(identity.ErrNoUser, err)
}

func TestAnIdentifierIsFreeUntilSomebodyHasIt(t *testing.T) {
	w := newWorld(t)
	w.newcomer(identity.Newcomer{Login: "zoe_1", Email: "zoe@example.com"})
	for login, want := range map[string]bool{"zoe_1": false, "ZOE_1": false, "zoe_2": true, "zoe@example.com": true} {
		if free, err := w.IsFree(t.Context(), identity.Newcomer{Login: login}); err != nil || free != want {
			t.Errorf("%s: %t, %v", login, free, err)
		}
	}
}

func TestEditingChangesWhatIsEditedAlone(t *testing.T) {
	w := newWorld(t)
	user := w.newcomer(identity.Newcomer{Login: "zoe_1", Profile: identity.Profile{FirstName: "Zoë", LastName: "Lee", City: "Paris"}})
	other := w.newcomer(identity.Newcomer{Login: "ben_1"})
	changed, err := w.EditProfile(t.Context(), user.ID, func(p *identity.Profile) { p.LastName, p.Description = "May", "Line\none" })
	w.want(nil, err)
	stored, err := w.User(t.Context(), user.ID)
	w.want(nil, err)
	want := user
	want.LastName, want.Description = "May", "Line\none"
	if fmt.Sprint(stored.Profile) != fmt.Sprint(want.Profile) || fmt.Sprint(changed.Profile) != fmt.Sprint(want.Profile) || stored.Login != "zoe_1" || stored.Status != identity.Active {
		t.Errorf("stored %+v, answered %+v", stored, changed)
	}
	if untouched, err := w.User(t.Context(), other.ID); err != nil || untouched.LastName != "" {
		t.Errorf("the other: %+v, %v", untouched, err)
	}
	_, err = w.EditProfile(t.Context(), 99, func(*identity.Profile) { t.Error("nobody is edited") })
	w.want(identity.ErrNoUser, err)
}

func TestOfFiftyEditsNoneIsLost(t *testing.T) {
	w := newWorld(t)
	user := w.newcomer(identity.Newcomer{Login: "zoe_1"})
	fifty(t, nil, func(int) error {
		_, err := w.EditProfile(t.Context(), user.ID, func(p *identity.Profile) { p.Description += "x" })
		return err
	})
	if stored, err := w.User(t.Context(), user.ID); err != nil || len(stored.Description) != 50 {
		t.Errorf("%d edits are there, %v", len(stored.Description), err)
	}
}

func TestSecurity25AnAdministratorMayDoEverythingAndSignsInWithTwoFactors(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.CreateRole(ctx, "TELLER", []string{"PAY"})
	w.want(nil, err)
	_, err = w.CreateAdministrator(ctx, "root@example.com", "short")
	w.want(identity.ErrWeakPassword, err)
	user, err := w.CreateAdministrator(ctx, "Root@example.com", "correct horse battery")
	w.want(nil, err)
	_, err = w.SignIn(ctx, claim.Email, "root@example.com", "correct horse battery", identity.Client{Surface: other})
	w.want(identity.ErrTwoFactorRequired, err)
	w.want(nil, w.Require(ctx, user.ID, identity.Everything))
	w.want(nil, w.Require(ctx, user.ID, "ANYTHING"))
	account, err := w.Account(ctx, user.ID)
	w.want(nil, err)
	if got, want := fmt.Sprint(account.Standing), "{[{1 USER} {2 ADMIN}] [] [EDIT_PROFILE PAY USE_MONEY]}"; got != want || !account.Administers() {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = w.CreateAdministrator(ctx, "root@example.com", "correct horse battery")
	w.want(identity.ErrIdentifierTaken, err)
	someone := w.newcomer(identity.Newcomer{Login: "zoe_1"})
	w.want(identity.ErrNoPermission, w.Require(ctx, someone.ID, identity.Everything))
}

func TestSecurity25EverythingIsGivenByTheRoleAlone(t *testing.T) {
	w := newWorld(t)
	user := w.newcomer(identity.Newcomer{Login: "zoe_1"})
	ctx := t.Context()
	for _, name := range []string{"", "*", "pay", "PAY ", "1PAY", "PAY-OUT", "ПЛАТИТЬ", strings.Repeat("A", 65)} {
		w.want(identity.ErrName, w.GrantPermission(ctx, user.ID, name))
		w.want(identity.ErrName, w.RevokePermission(ctx, user.ID, name))
		_, err := w.CreateRole(ctx, name, nil)
		w.want(identity.ErrName, err)
		_, err = w.CreateRole(ctx, "TELLER", []string{"PAY", name})
		w.want(identity.ErrName, err)
	}
	for _, name := range []string{"", "  ", "a\nb", strings.Repeat("я", 65), "\xff"} {
		_, err := w.CreateGroup(ctx, name)
		w.want(identity.ErrName, err)
	}
	group, err := w.CreateGroup(ctx, "Е\u0308лка") // one name, however its Ё is written
	w.want(nil, err)
	if group.Name != "Ёлка" {
		t.Errorf("the group is %q", group.Name)
	}
	_, err = w.CreateGroup(ctx, "Ёлка")
	w.want(identity.ErrNameTaken, err)
}

func TestSessionTokensAre64HexadecimalDigits(t *testing.T) {
	w := newWorld(t)
	token := w.register(ann).Token
	if len(token) != 64 || strings.Trim(token, "0123456789abcdef") != "" {
		t.Errorf("a token of %d characters", len(token))
	}
}
