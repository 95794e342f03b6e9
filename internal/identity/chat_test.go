package identity_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/identity"
)

const (
	chat     = int64(556399210)
	lasting  = 15 * time.Minute
	thirty   = 30 * 24 * time.Hour
	chatting = identity.Bot
)

var bot = identity.Client{Surface: chatting, Address: "192.0.2.9", UserAgent: "bot/1"}

// keeper keeps the tokens of chats in memory.
type keeper struct {
	mutex  sync.Mutex
	tokens map[int64]string
	onPut  func()
}

func (k *keeper) Put(_ context.Context, chat int64, token string, _ time.Duration) {
	if k.onPut != nil {
		k.onPut()
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.tokens[chat] = token
}

func (k *keeper) Delete(_ context.Context, chat int64) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.tokens, chat)
}

// chatWorld is a world whose bot surface has sessions of thirty days.
func chatWorld(t *testing.T, onMerged ...func(tx identity.Tx, from, into identity.UserID) error) (*world, *keeper) {
	t.Helper()
	k := &keeper{tokens: map[int64]string{}}
	return newWorld(t, func(o *identity.Options) {
		o.Sessions[chatting] = identity.SessionRule{Signed: true, Lifetime: thirty}
		o.ChatTokens, o.OnMerged = k, onMerged
	}), k
}

// joinChat registers a chat that is nobody's.
func (w *world) joinChat(chat int64) identity.Session {
	w.t.Helper()
	session, created, err := w.JoinChat(w.t.Context(), identity.Newcomer{Profile: identity.Profile{FirstName: "John", Username: "john"}, TelegramID: chat}, thirty, bot)
	if err != nil || !created {
		w.t.Fatal(created, err)
	}
	return session
}

// joinByMail registers a user with an e-mail and a password.
func (w *world) joinByMail(name string) identity.User {
	w.t.Helper()
	user, err := w.Join(w.t.Context(), identity.Newcomer{Email: name + "@example.com"}, goodPassword, noMore)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

// linkTo links a chat with a fresh code.
func (w *world) linkTo(user identity.UserID, chat int64) (identity.Session, error) {
	w.t.Helper()
	code, err := w.StartLink(w.t.Context(), chat)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ConfirmLink(w.t.Context(), user, identity.Link{Chat: chat, Code: code}, thirty, bot)
}

func TestAChatHasOneSessionHoweverOftenItsBotAsks(t *testing.T) {
	w, _ := chatWorld(t)
	session := w.joinChat(chat)
	for range 3 {
		w.clock.Advance(24 * time.Hour)
		again, created, err := w.JoinChat(t.Context(), identity.Newcomer{TelegramID: chat}, thirty, bot)
		if err != nil || created || again.ID != session.ID || !again.ExpiresAt.Equal(w.clock.Now().Add(thirty)) {
			t.Errorf("registered again: created %v, %+v, %v", created, again, err)
		}
		if again, err = w.SignInChat(t.Context(), chat, lasting, bot); err != nil || again.ID != session.ID {
			t.Errorf("asked for a token: %+v, %v", again, err)
		}
	}
	w.clock.Advance(thirty - lasting/2) // it lives, but no longer for as long as an access token
	again, err := w.SignInChat(t.Context(), chat, lasting, bot)
	if err != nil || again.ID != session.ID || !again.ExpiresAt.Equal(w.clock.Now().Add(thirty)) {
		t.Errorf("moved on: %+v, %v", again, err)
	}
	w.clock.Advance(thirty)
	if again, err = w.SignInChat(t.Context(), chat, lasting, bot); err != nil || again.ID == session.ID || again.User != session.User {
		t.Errorf("after its end: %+v, %v", again, err)
	}
	_, err = w.SignInChat(t.Context(), chat+1, lasting, bot)
	w.want(identity.ErrNoChat, err)
}

func TestWhoMayNotSignInIsNotSignedInByABot(t *testing.T) {
	w, _ := chatWorld(t)
	session := w.joinChat(chat)
	if err := w.SetTwoFactorRequired(t.Context(), session.User, true); err != nil {
		t.Fatal(err)
	}
	_, err := w.SignInChat(t.Context(), chat, lasting, bot)
	w.want(identity.ErrTwoFactorRequired, err)
	if err := w.Deactivate(t.Context(), session.User); err != nil {
		t.Fatal(err)
	}
	_, err = w.Check(t.Context(), session.ID.String(), chatting)
	w.want(identity.ErrNoSession, err)
	_, err = w.SignInChat(t.Context(), chat, lasting, bot)
	w.want(identity.ErrInvalidCredentials, err)
	_, _, err = w.JoinChat(t.Context(), identity.Newcomer{TelegramID: chat}, thirty, bot)
	w.want(identity.ErrInvalidCredentials, err)
}

func TestTheTokenOfAChatIsForgottenWithItsSession(t *testing.T) {
	ctx := t.Context()
	for name, end := range map[string]func(w *world, session identity.Session) error{
		"signed out":           func(w *world, s identity.Session) error { return w.End(ctx, s.ID.String(), chatting) },
		"ended from elsewhere": func(w *world, s identity.Session) error { _, err := w.EndSession(ctx, s.User, s.ID); return err },
		"all ended":            func(w *world, s identity.Session) error { return w.EndAll(ctx, s.User) },
		"deactivated":          func(w *world, s identity.Session) error { return w.Deactivate(ctx, s.User) },
		"a new password": func(w *world, s identity.Session) error {
			err := w.options.Work.Update(ctx, func(tx identity.Tx) error {
				user, err := tx.User(s.User)
				return errors.Join(err, w.ReplacePassword(tx, user, "hash", id.UUID{}))
			})
			w.ForgetSessions()
			return err
		},
		"another chat linked": func(w *world, s identity.Session) error { _, err := w.linkTo(s.User, chat+1); return err },
	} {
		t.Run(name, func(t *testing.T) {
			w, k := chatWorld(t)
			session, bystander := w.joinChat(chat), w.joinChat(chat+7)
			for _, s := range []identity.Session{session, bystander} {
				if err := w.KeepChatToken(ctx, row(w, func(tx identity.Tx) (int64, error) { u, err := tx.User(s.User); return u.TelegramID, err }), s.ID, "token", thirty); err != nil {
					t.Fatal(err)
				}
			}
			if err := end(w, session); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(k.tokens, map[int64]string{chat + 7: "token"}) {
				t.Errorf("kept: %v", k.tokens)
			}
		})
	}
	w, k := chatWorld(t)
	session := w.joinChat(chat)
	k.onPut = func() { // the session ends between its unit of work and the cache
		if err := w.EndAll(ctx, session.User); err != nil {
			t.Error(err)
		}
	}
	if err := w.KeepChatToken(ctx, chat, session.ID, "token", thirty); err != nil || len(k.tokens) > 0 {
		t.Errorf("a dead token is kept: %v, %v", k.tokens, err)
	}
}

func TestASessionThatIsNotTheChatsLeavesItsTokenAlone(t *testing.T) {
	w, k := chatWorld(t)
	user := w.joinByMail("ann")
	session, err := w.linkTo(user.ID, chat)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.KeepChatToken(t.Context(), chat, session.ID, "token", thirty); err != nil {
		t.Fatal(err)
	}
	web, err := w.SignIn(t.Context(), claim.Email, "ann@example.com", goodPassword, bot)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.End(t.Context(), web.Token, chatting); err != nil || k.tokens[chat] != "token" {
		t.Errorf("kept: %v, %v", k.tokens, err)
	}
	if _, err := w.Check(t.Context(), session.ID.String(), chatting); err != nil {
		t.Errorf("the chat's session: %v", err)
	}
}

func TestACodeLinksItsChatOnceWithinTenMinutes(t *testing.T) {
	w, _ := chatWorld(t)
	user := w.joinByMail("ann")
	confirm := func(chat int64, code string) error {
		_, err := w.ConfirmLink(t.Context(), user.ID, identity.Link{Chat: chat, Code: code, Profile: identity.Profile{Username: "ann", FirstName: "Ann"}}, thirty, bot)
		return err
	}
	start := func(chat int64) string {
		code, err := w.StartLink(t.Context(), chat)
		if err != nil || len(code) != 32 {
			t.Fatal(code, err)
		}
		return code
	}
	code := start(chat)
	w.want(identity.ErrLinkCode, confirm(chat, "x"+code[1:]))
	w.want(identity.ErrLinkCode, confirm(chat+1, code))
	w.clock.Advance(10 * time.Minute)
	w.want(identity.ErrLinkCode, confirm(chat, code))
	older := start(chat)
	newer := start(chat)
	w.want(identity.ErrLinkCode, confirm(chat, older))
	if err := confirm(chat, newer); err != nil {
		t.Fatal(err)
	}
	w.want(identity.ErrLinkCode, confirm(chat, newer))
	linked, err := w.User(t.Context(), user.ID)
	if err != nil || linked.TelegramID != chat || linked.Username != "ann" || linked.FirstName != "Ann" {
		t.Errorf("%+v, %v", linked, err)
	}
	if session, err := w.SignInChat(t.Context(), chat, lasting, bot); err != nil || session.User != user.ID {
		t.Errorf("the chat is %+v's: %v", session, err)
	}
	if err := confirm(chat, start(chat)); err != nil {
		t.Errorf("linked a second time: %v", err)
	}
}

func TestWrongLinkCodesAreCountedForWhoTypesThem(t *testing.T) {
	w, _ := chatWorld(t)
	guesser, owner := w.joinByMail("guesser"), w.joinByMail("owner")
	code, err := w.StartLink(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, err := w.ConfirmLink(t.Context(), guesser.ID, identity.Link{Chat: chat, Code: "wrong"}, thirty, bot)
		w.want(identity.ErrLinkCode, err)
	}
	_, err = w.ConfirmLink(t.Context(), guesser.ID, identity.Link{Chat: chat, Code: code}, thirty, bot)
	w.want(identity.ErrLinkCode, err)
	if _, err = w.ConfirmLink(t.Context(), owner.ID, identity.Link{Chat: chat, Code: code}, thirty, bot); err != nil {
		t.Errorf("a stranger has locked the chat: %v", err)
	}
}

func TestAUserOfNothingButAChatIsMergedIntoWhoLinksIt(t *testing.T) {
	var merged []string
	w, k := chatWorld(t,
		func(_ identity.Tx, from, into identity.UserID) error {
			merged = append(merged, fmt.Sprint("first ", from, " ", into))
			return nil
		},
		func(_ identity.Tx, from, into identity.UserID) error {
			merged = append(merged, fmt.Sprint("second ", from, " ", into))
			return nil
		})
	lone := w.joinChat(chat)
	if err := w.KeepChatToken(t.Context(), chat, lone.ID, "old", thirty); err != nil {
		t.Fatal(err)
	}
	user := w.joinByMail("ann")
	session, err := w.linkTo(user.ID, chat)
	if err != nil || session.User != user.ID || session.ID == lone.ID {
		t.Fatalf("%+v, %v", session, err)
	}
	want := []string{fmt.Sprint("first ", lone.User, " ", user.ID), fmt.Sprint("second ", lone.User, " ", user.ID)}
	if fmt.Sprint(merged) != fmt.Sprint(want) {
		t.Errorf("handed over: %v, want %v", merged, want)
	}
	_, err = w.Check(t.Context(), lone.ID.String(), chatting)
	w.want(identity.ErrNoSession, err)
	if ended, err := w.User(t.Context(), lone.User); err != nil || ended.Status != identity.Inactive || ended.TelegramID != 0 {
		t.Errorf("the merged user: %+v, %v", ended, err)
	}
	w.want(identity.ErrNoUser, w.Activate(t.Context(), lone.User))
	if len(k.tokens) > 0 {
		t.Errorf("the merged user's token is kept: %v", k.tokens)
	}
	if again, err := w.SignInChat(t.Context(), chat, lasting, bot); err != nil || again.ID != session.ID {
		t.Errorf("the chat's session: %+v, %v", again, err)
	}
}

func TestAChatOfSomebodyWithMoreThanItIsNotTaken(t *testing.T) {
	refused := errors.New("has money")
	for name, arrange := range map[string]struct {
		more func(w *world, user identity.UserID) error
		want error
	}{
		"an e-mail": {func(w *world, user identity.UserID) error {
			return w.options.Work.Update(t.Context(), func(tx identity.Tx) error {
				u, err := tx.User(user)
				u.Email = "john@example.com"
				return errors.Join(err, tx.UpdateUser(u))
			})
		}, identity.ErrChatTaken},
		"a password": {func(w *world, user identity.UserID) error {
			return w.options.Work.Update(t.Context(), func(tx identity.Tx) error { return tx.SetCredential(user, "hash") })
		}, identity.ErrChatTaken},
		"money": {func(*world, identity.UserID) error { return nil }, refused},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := chatWorld(t, func(identity.Tx, identity.UserID, identity.UserID) error { return refused })
			theirs := w.joinChat(chat)
			if err := arrange.more(w, theirs.User); err != nil {
				t.Fatal(err)
			}
			user := w.joinByMail("ann")
			code, err := w.StartLink(t.Context(), chat)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the code is not used up
				_, err = w.ConfirmLink(t.Context(), user.ID, identity.Link{Chat: chat, Code: code}, thirty, bot)
				w.want(arrange.want, err)
			}
			if session, err := w.SignInChat(t.Context(), chat, lasting, bot); err != nil || session.ID != theirs.ID {
				t.Errorf("the chat's session: %+v, %v", session, err)
			}
			if untouched, err := w.User(t.Context(), user.ID); err != nil || untouched.TelegramID != 0 {
				t.Errorf("the user: %+v, %v", untouched, err)
			}
		})
	}
}

func TestLinkingAnotherChatFreesTheOneBefore(t *testing.T) {
	w, _ := chatWorld(t)
	user := w.joinByMail("ann")
	before, err := w.linkTo(user.ID, chat)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.linkTo(user.ID, chat+1); err != nil {
		t.Fatal(err)
	}
	_, err = w.Check(t.Context(), before.ID.String(), chatting)
	w.want(identity.ErrNoSession, err)
	_, err = w.SignInChat(t.Context(), chat, lasting, bot)
	w.want(identity.ErrNoChat, err)
	w.joinChat(chat) // it is somebody's again
}

func TestFiftyRegistrationsOfOneChatMakeOneUserWithOneSession(t *testing.T) {
	w, _ := chatWorld(t)
	var mutex sync.Mutex
	made, sessions := 0, map[id.UUID]bool{}
	fifty(t, nil, func(int) error {
		session, created, err := w.JoinChat(t.Context(), identity.Newcomer{TelegramID: chat}, thirty, bot)
		mutex.Lock()
		defer mutex.Unlock()
		sessions[session.ID] = true
		if created {
			made++
		}
		return err
	})
	if made != 1 || len(sessions) != 1 {
		t.Errorf("%d users and %d sessions", made, len(sessions))
	}
}
