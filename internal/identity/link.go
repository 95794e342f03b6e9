package identity

import (
	"context"
	"errors"
	"time"

	"purse/internal/claim"
	"purse/internal/secret"
)

// linkFlow is the codes that link a Telegram chat to a user. The code belongs to
// the chat, and the wrong tries to the user who types: nobody can lock a chat
// that is not theirs.
const linkFlow Flow = "telegram_link"

// LinkCodeLifetime is how long a code that links a chat can be used.
const LinkCodeLifetime = codeLifetime

// linkCodeLength is how many letters and digits such a code has: it is passed on
// by a bot, not typed, and case counts in it.
const linkCodeLength = 32

// Link is what a user sends to link a Telegram chat to their account. Of the
// profile, names are taken that the user does not have yet.
type Link struct {
	Chat    int64
	Code    string
	Profile Profile
}

// StartLink makes the code with which any user may link the chat to their
// account, in place of an older one. Whoever asks for it must speak for the chat.
func (s *Service) StartLink(ctx context.Context, chat int64) (code string, err error) {
	code = secret.Code(secret.Alphanumeric, linkCodeLength)
	person := s.stranger(claim.Telegram, formChat(chat))
	err = s.work.Update(ctx, func(tx Tx) error {
		return tx.PutCode(CodeRow{Flow: linkFlow, Person: person, Hash: s.codes.Sum(boundCode(linkFlow, person[:], code)), ExpiresAt: tx.Now().Add(codeLifetime)})
	})
	return code, err
}

// ConfirmLink links a Telegram chat to a user's account and returns the chat's
// session, which lasts for lasting at least. A user who has nothing but that
// chat is merged into this one. A chat that the user had before is theirs no
// longer. Errors: ErrLinkCode for everything wrong with the code, ErrChatTaken,
// those that OnMerged returns, and those of SignInChat; all but the first leave
// the code as it was.
func (s *Service) ConfirmLink(ctx context.Context, user UserID, link Link, lasting time.Duration, client Client) (session Session, err error) {
	for range joinTries {
		right := false
		err = s.work.Update(ctx, func(tx Tx) error {
			if right, err = s.spendLinkCode(tx, user, link); err != nil || !right {
				return err
			}
			session, err = s.link(tx, user, link, lasting, client)
			return err
		})
		if err == nil && !right {
			err = ErrLinkCode
		}
		if !errors.Is(err, errChatMoved) && !errors.Is(err, claim.ErrTaken) {
			break
		}
	}
	if err != nil {
		return Session{}, err
	}
	s.ForgetSessions()
	return session, nil
}

// spendLinkCode uses the chat's code up if it is the right one, and counts a
// wrong try. The unit must commit in either case.
func (s *Service) spendLinkCode(tx Tx, user UserID, link Link) (right bool, err error) {
	if closed, err := flowClosed(tx, linkFlow, s.person(user)); err != nil || closed {
		return false, err
	}
	chat := s.stranger(claim.Telegram, formChat(link.Chat))
	row, found, err := tx.Code(linkFlow, chat)
	if err != nil {
		return false, err
	}
	if !s.codes.Made(row.Hash, boundCode(linkFlow, chat[:], link.Code)) || !found || !tx.Now().Before(row.ExpiresAt) {
		return false, tx.AddWrongCode(linkFlow, s.person(user))
	}
	return true, tx.DeleteCode(linkFlow, chat)
}

// errChatMoved is a chat that somebody else has linked or registered meanwhile.
var errChatMoved = errors.New("identity: the chat has moved to another user")

// link gives the chat to the user.
func (s *Service) link(tx Tx, userID UserID, link Link, lasting time.Duration, client Client) (Session, error) {
	subject, _, err := tx.FindClaim(claim.Telegram, formChat(link.Chat))
	if err != nil {
		return Session{}, err
	}
	owner := UserID(subject) // 0 when it is nobody's
	user, other, err := lockBoth(tx, userID, owner)
	switch {
	case err != nil:
		return Session{}, err
	case user.Status != Active:
		return Session{}, ErrNoSession
	case owner != 0 && owner != userID && other.TelegramID != link.Chat:
		return Session{}, errChatMoved
	}
	if owner != 0 && owner != userID {
		if err := s.mergeChat(tx, other, user); err != nil {
			return Session{}, err
		}
	}
	if owner != userID {
		if err := s.releaseChat(tx, user); err != nil {
			return Session{}, err
		}
		if err := tx.Claim(claim.Telegram, formChat(link.Chat), int64(userID)); err != nil {
			return Session{}, err
		}
	}
	user.TelegramID = link.Chat
	user.adopt(link.Profile)
	if err := tx.UpdateUser(user); err != nil {
		return Session{}, err
	}
	return s.chatSession(tx, user, lasting, client)
}

// adopt takes the names that the user does not have yet.
func (u *User) adopt(p Profile) {
	for _, name := range []struct {
		mine  *string
		given string
	}{{&u.FirstName, p.FirstName}, {&u.LastName, p.LastName}, {&u.Username, p.Username}} {
		if *name.mine == "" {
			*name.mine = name.given
		}
	}
}

// releaseChat frees the chat of a user, if there is one, and ends its session.
func (s *Service) releaseChat(tx Tx, user User) error {
	if user.TelegramID == 0 {
		return nil
	}
	if err := tx.ReleaseClaim(claim.Telegram, formChat(user.TelegramID)); err != nil {
		return err
	}
	row, found, err := tx.ChatSession(user.TelegramID)
	if err != nil || !found {
		return err
	}
	if _, err := s.endSession(tx, row.User, row.Session); err != nil {
		return err
	}
	return tx.DeleteChatSession(user.TelegramID)
}

// lockBoth reads two users in the order in which all units lock them. Of a
// second that is nobody, or the first, there is none.
func lockBoth(tx Tx, first, second UserID) (a, b User, err error) {
	if second == 0 || second == first {
		a, err = tx.User(first)
		return a, User{}, err
	}
	if first < second {
		if a, err = tx.User(first); err == nil {
			b, err = tx.User(second)
		}
		return a, b, err
	}
	if b, err = tx.User(second); err == nil {
		a, err = tx.User(first)
	}
	return a, b, err
}
