package profile

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
)

// Accounts on one page of the list.
const (
	defaultPage = 100
	maxPage     = 200
)

// searchPrefix is how the last segment of the document's path begins. The router
// knows whole segments alone.
const searchPrefix = "search-"

func (s Services) listUsers(c *httpkit.Call) error {
	in := bind.Parse(nil, "")
	query := in.Query(c.Request().URL.Query())
	limit, limited := query.OptionalInt("limit", bind.Positive)
	after, _ := query.OptionalInt("after", bind.Positive)
	if err := in.Err(); err != nil {
		return err
	}
	if !limited {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	list, more, err := s.People.PublicAccounts(c.Context(), identity.UserID(after), int(limit))
	if err != nil {
		return err
	}
	shown, err := s.showOthers(c, list)
	if err != nil {
		return err
	}
	if more {
		c.Header().Set("Link", fmt.Sprintf(`<%s/info/users/?limit=%d&after=%d>; rel="next"`, s.PublicURL, limit, list[len(list)-1].ID))
	}
	return c.JSON(http.StatusOK, shown)
}

func (s Services) findUser(c *httpkit.Call) error {
	loginOrID, found := strings.CutPrefix(c.PathValue("search"), searchPrefix)
	if !found {
		return httpkit.ErrNotFound
	}
	account, err := s.People.PublicAccount(c.Context(), loginOrID)
	if err != nil {
		return err
	}
	shown, err := s.showOthers(c, []identity.Account{account})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shown[0])
}

// showOthers is accounts as the caller sees them: those who are not signed in
// learn no e-mail, unless the operator wants that.
func (s Services) showOthers(c *httpkit.Call, list []identity.Account) ([]publicAccount, error) {
	users := make([]identity.User, len(list))
	for i, account := range list {
		users[i] = account.User
	}
	pictures, err := s.Avatars.Names(c.Context(), users...)
	if err != nil {
		return nil, err
	}
	shown := make([]publicAccount, len(list))
	for i, account := range list {
		shown[i] = s.show(account, pictures[i])
		if !s.PublicEmails && c.Caller().UserID == 0 {
			shown[i].Email = masked(account.Email)
		}
	}
	return shown, nil
}

// masked is an address of which the first character and the domain are left.
func masked(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return ""
	}
	_, first := utf8.DecodeRuneInString(email)
	return email[:first] + "***" + email[at:]
}
