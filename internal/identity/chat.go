package identity

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
)

// ChatSession is the one session of a Telegram chat. A bot that asks for a
// token before each of its requests gets tokens of this session.
type ChatSession struct {
	Chat    int64
	User    UserID
	Session id.UUID
}

// ChatTokens keeps the long-lived token of each Telegram chat where its bot
// looks for it. It is called after the unit of work, and nothing depends on it:
// an implementation reports its own failures.
type ChatTokens interface {
	// Put keeps a chat's token for ttl, in place of an older one.
	Put(ctx context.Context, chat int64, token string, ttl time.Duration)
	// Delete forgets it; it is no fault when there is none.
	Delete(ctx context.Context, chat int64)
}

// joinTries bounds how often a chat is looked up again because somebody else
// has registered or linked it meanwhile.
const joinTries = 3

// forgetTimeout bounds the time that a dead token's removal takes.
const forgetTimeout = 2 * time.Second

// formChat is the one form of a Telegram id.
func formChat(chat int64) string { return strconv.FormatInt(chat, 10) }

// JoinChat signs in the user of the newcomer's Telegram chat, and makes them
// first when the chat is nobody's (created). The session is the chat's one, and
// lasts for lasting at least. Errors: those of SignInChat but ErrNoChat.
func (s *Service) JoinChat(ctx context.Context, n Newcomer, lasting time.Duration, client Client) (session Session, created bool, err error) {
	for range joinTries {
		err = s.work.Update(ctx, func(tx Tx) error {
			user, err := userOfChat(tx, n.TelegramID)
			if created = errors.Is(err, ErrNoChat); created {
				user, err = s.Add(tx, n)
			}
			if err != nil {
				return err
			}
			session, err = s.chatSession(tx, user, lasting, client)
			return err
		})
		if !errors.Is(err, ErrIdentifierTaken) {
			break
		}
	}
	return session, created && err == nil, err
}

// SignInChat returns the session of a Telegram chat's user on the client's
// surface, which lasts for lasting at least. It is started when there is none.
// Errors: ErrNoChat, ErrInvalidCredentials when the user is inactive, and
// ErrTwoFactorRequired.
func (s *Service) SignInChat(ctx context.Context, chat int64, lasting time.Duration, client Client) (session Session, err error) {
	found := false
	err = s.work.View(ctx, func(tx Tx) error { // enough for nearly every call, and costs no commit
		user, err := userOfChat(tx, chat)
		if err != nil {
			return err
		}
		session, found, err = liveChatSession(tx, user, client.Surface)
		found = found && session.ExpiresAt.Sub(tx.Now()) >= lasting
		return err
	})
	if err != nil || found {
		return session, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		user, err := userOfChat(tx, chat)
		if err != nil {
			return err
		}
		session, err = s.chatSession(tx, user, lasting, client)
		return err
	})
	return session, err
}

// userOfChat finds the user of a Telegram chat, locked in an Update, or returns
// ErrNoChat.
func userOfChat(tx Tx, chat int64) (User, error) {
	for range joinTries { // again when the chat was linked to another user before the lock
		subject, found, err := tx.FindClaim(claim.Telegram, formChat(chat))
		if err != nil {
			return User{}, err
		}
		if !found {
			break
		}
		user, err := tx.User(UserID(subject))
		if err != nil || user.TelegramID == chat {
			return user, err
		}
	}
	return User{}, ErrNoChat
}

// liveChatSession finds the session of the user's chat, if it lives. It refuses
// those who may not be signed in by a bot.
func liveChatSession(tx Tx, user User, surface Surface) (Session, bool, error) {
	switch {
	case user.Status != Active:
		return Session{}, false, ErrInvalidCredentials
	case user.TwoFactorRequired:
		return Session{}, false, ErrTwoFactorRequired
	}
	row, found, err := tx.ChatSession(user.TelegramID)
	if err != nil || !found || row.User != user.ID {
		return Session{}, false, err
	}
	session, found, err := tx.SessionByToken(hashToken(row.Session.String()))
	return session, found && session.Surface == surface && tx.Now().Before(session.ExpiresAt), err
}

// chatSession is the session of the user's chat, started or moved on as needed.
func (s *Service) chatSession(tx Tx, user User, lasting time.Duration, client Client) (Session, error) {
	session, live, err := liveChatSession(tx, user, client.Surface)
	if err != nil {
		return Session{}, err
	}
	if !live {
		signedIn, err := s.StartSession(tx, user.ID, OneFactor, client)
		if err != nil {
			return Session{}, err
		}
		return signedIn.Session, tx.PutChatSession(ChatSession{Chat: user.TelegramID, User: user.ID, Session: signedIn.Session.ID})
	}
	if session.ExpiresAt.Sub(tx.Now()) >= lasting {
		return session, nil
	}
	session.LastUsedAt, session.ExpiresAt = tx.Now(), s.rules[session.Surface].expiry(session.CreatedAt, tx.Now())
	_, err = tx.SlideSession(hashToken(session.ID.String()), session.LastUsedAt, session.ExpiresAt)
	return session, err
}

// KeepChatToken hands a chat's new long-lived token to ChatTokens, unless its
// session has ended meanwhile.
func (s *Service) KeepChatToken(ctx context.Context, chat int64, session id.UUID, token string, ttl time.Duration) error {
	if s.chats.tokens == nil {
		return nil
	}
	s.chats.tokens.Put(ctx, chat, token, ttl)
	_, err := s.readSession(ctx, hashToken(session.String()))
	if errors.Is(err, ErrNoSession) {
		s.chats.tokens.Delete(ctx, chat)
		return nil
	}
	return err
}

// chatEndings notes the chats whose session a unit of work ends, so that their
// tokens can be forgotten after its commit. Noting one too many does no harm.
type chatEndings struct {
	tokens ChatTokens // nil when nobody keeps them
	mutex  sync.Mutex
	ended  map[int64]struct{}
}

// note notes the user's chat if its session is among the ended ones.
func (c *chatEndings) note(tx Tx, user UserID, ended func(session id.UUID) bool) error {
	if c.tokens == nil {
		return nil
	}
	row, found, err := tx.ChatSessionOf(user)
	if err != nil || !found || !ended(row.Session) {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.ended == nil {
		c.ended = map[int64]struct{}{}
	}
	c.ended[row.Chat] = struct{}{}
	return nil
}

// forget forgets the tokens of the chats that were noted.
func (c *chatEndings) forget() {
	if c.tokens == nil {
		return
	}
	c.mutex.Lock()
	ended := c.ended
	c.ended = nil
	c.mutex.Unlock()
	if len(ended) == 0 {
		return
	}
	// Not the caller's context: who has ended a session and left has ended it all the same.
	ctx, cancel := context.WithTimeout(context.Background(), forgetTimeout)
	defer cancel()
	for chat := range ended {
		c.tokens.Delete(ctx, chat)
	}
}

// endSession ends one session of a user. The caller forgets it after the commit.
func (s *Service) endSession(tx Tx, user UserID, session id.UUID) (bool, error) {
	if err := s.chats.note(tx, user, func(other id.UUID) bool { return other == session }); err != nil {
		return false, err
	}
	return tx.EndSession(user, session, tx.Now())
}

// EndSessions ends all sessions of a user but one, in the caller's unit of work;
// the zero id spares none. The caller calls ForgetSessions after the commit.
func (s *Service) EndSessions(tx Tx, user UserID, spare id.UUID) error {
	if err := s.chats.note(tx, user, func(session id.UUID) bool { return session != spare }); err != nil {
		return err
	}
	return tx.EndSessions(user, spare, tx.Now())
}
