package bot

import (
	"context"
	"slices"
	"strconv"
	"time"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
	"purse/internal/token"
)

// How long the tokens live, and that of an access token in seconds.
const (
	accessLifetime = 15 * time.Minute
	longLifetime   = 30 * 24 * time.Hour // refresh tokens, and those of Telegram chats
	expiresIn      = int(accessLifetime / time.Second)
)

// The types of tokens. All of a session's tokens name it by its id and end with it.
const (
	accessToken   = "access"
	refreshToken  = "refresh"
	telegramToken = "telegram" // is accepted where an access token is
)

// sign makes a token of a session.
func (s Services) sign(kind string, session identity.Session, lifetime time.Duration) (string, error) {
	return s.Tokens.Sign(token.Claims{
		"sub": strconv.FormatInt(int64(session.User), 10), "user_id": int64(session.User), "type": kind, "jti": session.ID.String(),
	}, lifetime)
}

func (s Services) signAccess(session identity.Session) (string, error) {
	return s.sign(accessToken, session, accessLifetime)
}

// signChat makes the long-lived token of a chat and keeps it for its bot.
func (s Services) signChat(ctx context.Context, chat int64, session identity.Session) (string, error) {
	text, err := s.sign(telegramToken, session, longLifetime)
	if err != nil {
		return "", err
	}
	return text, s.People.KeepChatToken(ctx, chat, session.ID, text, longLifetime)
}

// read finds the session of a token of one of the types.
func (s Services) read(ctx context.Context, text string, kinds ...string) (identity.Session, error) {
	claims, err := s.Tokens.Read(text)
	if err != nil {
		return identity.Session{}, err
	}
	user, named := claims.Int("user_id")
	if !named || !slices.Contains(kinds, claims.Text("type")) {
		return identity.Session{}, token.ErrInvalid
	}
	session, err := s.People.Check(ctx, claims.Text("jti"), identity.Bot)
	if err == nil && int64(session.User) != user {
		err = token.ErrInvalid
	}
	return session, err
}

// authenticate finds the caller by the header "Authorization: Bearer TOKEN".
func (s Services) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	session, err := s.bearer(c)
	if err != nil {
		c.Header().Set("WWW-Authenticate", "Bearer")
		return httpkit.Caller{}, err
	}
	return surface.Caller(session), nil
}

func (s Services) bearer(c *httpkit.Call) (identity.Session, error) {
	text := surface.Bearer(c)
	if text == "" {
		return identity.Session{}, httpkit.ErrNoCaller
	}
	return s.read(c.Context(), text, accessToken, telegramToken)
}
