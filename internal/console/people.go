package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
)

// peopleView is the form that finds somebody.
type peopleView struct {
	User    string // as it was typed
	Problem string
}

// personView is what an administrator sees of a user.
type personView struct {
	identity.Account
	Self        bool // it is the administrator
	Problem     string
	OtherRoles  []identity.RoleGrants // those that the user does not have
	OtherGroups []identity.Group
}

// administering is handle for administrators, who must have signed in with two
// steps: what they may do is too much for a password that somebody has guessed.
func (k *console) administering(handle func(*httpkit.Call) error) func(*httpkit.Call) error {
	return surface.Requiring(k.People, identity.Everything, func(c *httpkit.Call) error {
		if !c.Caller().TwoFactor {
			return k.redirectWith(c, securityPath, twoStepFirst)
		}
		return handle(c)
	})
}

func (k *console) people(c *httpkit.Call) error {
	return k.showPeople(c, http.StatusOK, peopleView{})
}

func (k *console) showPeople(c *httpkit.Call, status int, v peopleView) error {
	return k.show(c, status, "people", page{Title: "People", Section: "people", Problem: v.Problem != "", Body: v})
}

// findPerson leads to the page of a user, whose address names nothing but the id.
func (k *console) findPerson(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	name := form.Get("user")
	user, err := k.People.Find(c.Context(), name)
	if errors.Is(err, identity.ErrNoUser) {
		return k.showPeople(c, http.StatusNotFound, peopleView{User: name, Problem: "There is no such user."})
	}
	if err != nil {
		return err
	}
	return redirect(c, personPath(user.ID))
}

func personPath(user identity.UserID) string {
	return peoplePath + "/" + strconv.FormatInt(int64(user), 10)
}

func (k *console) person(c *httpkit.Call) error {
	user, err := userID(c.PathValue("id"))
	if err != nil {
		return err
	}
	return k.showPerson(c, http.StatusOK, user, "")
}

func userID(text string) (identity.UserID, error) {
	number, ok := surface.ParseID(text)
	if !ok {
		return 0, identity.ErrNoUser
	}
	return identity.UserID(number), nil
}

func (k *console) showPerson(c *httpkit.Call, status int, user identity.UserID, problem string) error {
	account, err := k.People.Account(c.Context(), user)
	if err != nil {
		return err
	}
	v := personView{Account: account, Self: user == surface.User(c), Problem: problem}
	roles, err := k.People.AllRoles(c.Context())
	if err != nil {
		return err
	}
	for _, role := range roles {
		if !slices.Contains(account.Roles, role.Role) {
			v.OtherRoles = append(v.OtherRoles, role)
		}
	}
	groups, err := k.People.AllGroups(c.Context())
	if err != nil {
		return err
	}
	for _, group := range groups {
		if !slices.Contains(account.Groups, group) {
			v.OtherGroups = append(v.OtherGroups, group)
		}
	}
	return k.show(c, status, "person", page{Title: "User " + strconv.FormatInt(int64(user), 10), Section: "people", Problem: problem != "", Body: v})
}

// change is what an administrator does to a user; name is the role, permission or group.
type change func(ctx context.Context, user identity.UserID, name string) error

// changes are what the form's buttons do, by their value.
func (k *console) changes() map[string]change {
	return map[string]change{
		"activate":          func(ctx context.Context, user identity.UserID, _ string) error { return k.People.Activate(ctx, user) },
		"deactivate":        func(ctx context.Context, user identity.UserID, _ string) error { return k.People.Deactivate(ctx, user) },
		"grant-role":        k.People.GrantRole,
		"revoke-role":       k.People.RevokeRole,
		"grant-permission":  k.People.GrantPermission,
		"revoke-permission": k.People.RevokePermission,
		"join-group":        k.People.JoinGroup,
		"leave-group":       k.People.LeaveGroup,
	}
}

// changePerson does one thing to a user. Nobody takes the console from
// themselves: there might be nobody left to give it back.
func (k *console) changePerson(c *httpkit.Call) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	user, err := userID(form.Get("user"))
	if err != nil {
		return err
	}
	do, name := form.Get("do"), form.Get("name")
	change, known := k.changes()[do]
	if !known {
		return errForm
	}
	if user == surface.User(c) && (do == "deactivate" || do == "revoke-role" && name == identity.RoleAdmin) {
		return k.showPerson(c, http.StatusForbidden, user, "You cannot shut yourself out here. Another administrator can, or purse admin.")
	}
	if err = change(c.Context(), user, name); err == nil {
		err = k.People.Everywhere(c.Context()) // the page says that their next request finds it
	}
	switch {
	case err == nil:
		return k.redirectWith(c, personPath(user), personChanged)
	case errors.Is(err, identity.ErrNoUser) && do == "activate":
		return k.showPerson(c, http.StatusConflict, user, "This person has left, erased or merged into another user. Nobody can be them again.")
	case errors.Is(err, identity.ErrName):
		return k.showPerson(c, http.StatusBadRequest, user, "A permission is named with capitals, digits and underscores, such as USE_MONEY.")
	case errors.Is(err, identity.ErrNoRole), errors.Is(err, identity.ErrNoGroup):
		return k.showPerson(c, http.StatusBadRequest, user, "There is no such role or group any more.")
	}
	return err
}
