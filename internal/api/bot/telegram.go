package bot

import (
	"fmt"
	"net/http"
	"time"

	"purse/internal/botclient"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/surface"
)

// moment is how the document writes a time, in UTC.
const moment = "2006-01-02T15:04:05"

// maxCode is how many characters of a code are read.
const maxCode = 64

type chatRegistered struct {
	Success bool            `json:"success"`
	Created bool            `json:"created"`
	User    identity.UserID `json:"user_id"`
	Token   string          `json:"jwt_token"`
	Message string          `json:"message"`
}

func (s Services) registerChat(c *httpkit.Call) error {
	in := bind.Parse(nil, "")
	query := in.Query(c.Request().URL.Query())
	n := identity.Newcomer{TelegramID: query.Int("chat_id", bind.Positive)}
	n.Username = query.String("username", bind.AllowEmpty)
	n.FirstName = query.String("first_name")
	n.LastName, _ = query.OptionalString("last_name", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	session, created, err := s.People.JoinChat(c.Context(), n, longLifetime, client(c))
	if err != nil {
		return err
	}
	text, err := s.signChat(c.Context(), n.TelegramID, session)
	if err != nil {
		return err
	}
	what := "User already exists"
	if created {
		what = "User created successfully"
	}
	return c.JSON(http.StatusOK, chatRegistered{true, created, session.User, text, fmt.Sprintf("%s (user_id=%d)", what, session.User)})
}

// getToken gives a chat's token to whoever may act for the chat: a bot that has
// signed the call, or a Mini App that Telegram has opened for the chat's user.
func (s Services) getToken(c *httpkit.Call) error {
	chat, err := s.chatOf(c)
	if err != nil {
		return err
	}
	session, err := s.People.SignInChat(c.Context(), chat, accessLifetime, client(c))
	if err != nil {
		return err
	}
	return s.giveToken(c, session)
}

// chatOf is the chat that a call names and may act for.
func (s Services) chatOf(c *httpkit.Call) (chat int64, err error) {
	in := bind.Parse(c.Body(), c.ContentType())
	initData, given := in.OptionalSecret("init_data", bind.Max(botclient.MaxInitData), bind.AllowEmpty)
	switch {
	case !given && !s.speaks(c):
		return 0, botclient.ErrUnsigned
	case !given:
		chat = in.Int("chat_id", bind.Positive)
		return chat, in.Err()
	}
	claimed, named := in.OptionalInt("chat_id", bind.Positive)
	if err := in.Err(); err != nil {
		return 0, err
	}
	chat, err = s.Clients.Chat(initData)
	if err == nil && named && claimed != chat {
		err = botclient.ErrInitData
	}
	return chat, err
}

type tokenGiven struct {
	Success   bool            `json:"success"`
	Access    string          `json:"access_token"`
	ExpiresIn int             `json:"expires_in"`
	User      identity.UserID `json:"user_id"`
}

func (s Services) giveToken(c *httpkit.Call, session identity.Session) error {
	access, err := s.signAccess(session)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, tokenGiven{true, access, expiresIn, session.User})
}

// refreshChat is for a bot whose token of a chat has expired: besides the
// answer, the chat's long-lived token is made and kept anew.
func (s Services) refreshChat(c *httpkit.Call) error {
	chat, err := chatInQuery(c)
	if err != nil {
		return err
	}
	session, err := s.People.SignInChat(c.Context(), chat, longLifetime, client(c))
	if err != nil {
		return err
	}
	if _, err := s.signChat(c.Context(), chat, session); err != nil {
		return err
	}
	return s.giveToken(c, session)
}

type linkStarted struct {
	Code      string `json:"code"`
	ExpiresIn int    `json:"expires_in"`
}

func (s Services) startLink(c *httpkit.Call) error {
	chat, err := chatInBody(c)
	if err != nil {
		return err
	}
	code, err := s.People.StartLink(c.Context(), chat)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, linkStarted{code, int(identity.LinkCodeLifetime / time.Second)})
}

type linked struct {
	Success   bool            `json:"success"`
	User      identity.UserID `json:"user_id"`
	Token     string          `json:"jwt_token"`
	ExpiresAt string          `json:"expires_at"`
}

func (s Services) confirmLink(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	var link identity.Link
	link.Code = in.String("code", bind.Max(maxCode), bind.AllowEmpty)
	link.Chat = in.Int("chat_id", bind.Positive)
	link.Profile.Username, _ = in.OptionalString("username", bind.AllowEmpty)
	link.Profile.FirstName, _ = in.OptionalString("first_name", bind.AllowEmpty)
	link.Profile.LastName, _ = in.OptionalString("last_name", bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	session, err := s.People.ConfirmLink(c.Context(), surface.User(c), link, longLifetime, client(c))
	if err != nil {
		return err
	}
	text, err := s.signChat(c.Context(), link.Chat, session)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, linked{true, session.User, text, session.ExpiresAt.UTC().Format(moment)})
}
