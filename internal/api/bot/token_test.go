package bot_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/identity"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/token"
)

func TestFiftyRegistrationsOfOneChatMakeOneUser(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine, true)
		statuses, bodies := s.together(callers, func(int) request { return registerChat(chat) })
		made := 0
		for _, body := range bodies {
			if strings.Contains(body, `"created":true`) {
				made++
			}
			if !strings.Contains(body, `"user_id":1,`) {
				t.Errorf("answered %s", body)
			}
		}
		if statuses[200] != callers || made != 1 {
			t.Errorf("the statuses: %v; created %d times", statuses, made)
		}
		if sessions, err := s.people.Sessions(t.Context(), 1); err != nil || len(sessions) != 1 {
			t.Errorf("%d sessions: %v", len(sessions), err)
		}
		for range 3 {
			s.clock.Advance(time.Minute)
			s.want(200, `"user_id":1`, getToken(chat))
		}
		if sessions, err := s.people.Sessions(t.Context(), 1); err != nil || len(sessions) != 1 {
			t.Errorf("after three tokens %d sessions: %v", len(sessions), err)
		}
	})
}

func TestSecurity9ATokenIsGoodForWhatItSays(t *testing.T) {
	s := start(t, enginetest.SQLite, true)
	user, access, refresh := s.join("ann")
	jwt := s.want(200, "", registerChat(chat))["jwt_token"].(string)
	sessions, err := s.people.Sessions(t.Context(), user)
	if err != nil || len(sessions) != 1 {
		t.Fatal(sessions, err)
	}
	forged := func(surface string, change token.Claims) string {
		claims := token.Claims{"sub": "1", "user_id": int64(user), "type": "access", "jti": sessions[0].ID.String()}
		for name, value := range change {
			claims[name] = value
		}
		text, err := s.signer(surface).Sign(claims, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	elsewhere, err := s.people.SignIn(t.Context(), "email", "ann@example.com", password, identity.Client{Surface: identity.Wallet})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token               string
		accesses, refreshes bool
	}{
		"an access token":              {access, true, false},
		"a refresh token":              {refresh, false, true},
		"a chat's token":               {jwt, true, false},
		"one that Purse would make":    {forged("bot", nil), true, false},
		"another surface's":            {forged("wallet", nil), false, false},
		"without a type":               {forged("bot", token.Claims{"type": ""}), false, false},
		"of another type":              {forged("bot", token.Claims{"type": "code"}), false, false},
		"for another user":             {forged("bot", token.Claims{"user_id": int64(user) + 1}), false, false},
		"without a user":               {forged("bot", token.Claims{"user_id": strconv.Itoa(int(user))}), false, false},
		"of another session":           {forged("bot", token.Claims{"jti": "019ca945-0a00-7000-ac8e-f69281613a6e"}), false, false},
		"of another surface's session": {forged("bot", token.Claims{"jti": elsewhere.Token}), false, false},
		"nonsense":                     {"nonsense", false, false},
		"nothing":                      {"", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for r, good := range map[*request]bool{{method: "GET", target: accounts.target, headers: accounts.as(c.token).headers}: c.accesses, {"POST", "/api/v1/auth/refresh", fmt.Sprintf(`{"refresh_token":%q}`, c.token), nil}: c.refreshes} {
				status := 401
				if good {
					status = 200
				}
				s.want(status, "", *r)
			}
		})
	}
	s.want(401, "", accounts.with("Authorization", access))
	s.want(401, "", accounts.with("Authorization", "Basic "+access))
	s.want(200, "", accounts.with("Authorization", "bearer  "+access))
}

func TestSecurity11TheTokensOfAnInactiveUserStopAtOnce(t *testing.T) {
	for name, end := range map[string]func(s *stack, user identity.UserID) error{
		"deactivated": func(s *stack, user identity.UserID) error { return s.people.Deactivate(t.Context(), user) },
		"a new password": func(s *stack, user identity.UserID) error {
			defer s.people.ForgetSessions()
			return s.engine.Update(t.Context(), func(tx store.Tx) error {
				u, err := tx.User(user)
				return errors.Join(err, s.people.ReplacePassword(tx, u, "hash", [16]byte{}))
			})
		},
		"all revoked": func(s *stack, user identity.UserID) error { return s.people.EndAll(t.Context(), user) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, enginetest.SQLite, true)
			user, access, refresh := s.join("ann")
			jwt := s.want(200, "", confirm(chat, s.code(chat)).as(access))["jwt_token"].(string)
			chats := s.want(200, "", getToken(chat))["access_token"].(string)
			if err := end(s, user); err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{access, jwt, chats} {
				s.want(401, `{"detail":"Could not validate credentials"}`, accounts.as(token))
			}
			s.want(401, `{"detail":"Invalid or expired refresh token"}`, post("refresh", fmt.Sprintf(`{"refresh_token":%q}`, refresh)))
			if name != "deactivated" {
				return
			}
			s.want(401, `{"detail":"Invalid credentials"}`, getToken(chat))
			s.want(401, `{"detail":"Invalid credentials"}`, registerChat(chat))
			s.want(401, `{"detail":"Invalid credentials"}`, post("login", fmt.Sprintf(`{"email":"ann@example.com","password":%q}`, password)))
		})
	}
}

func TestAnAccountThatNeedsTwoStepsIsNotOpenedByABotOrAPassword(t *testing.T) {
	s := start(t, enginetest.SQLite, true)
	user, access, _ := s.join("ann")
	s.want(200, "", confirm(chat, s.code(chat)).as(access))
	if err := s.people.SetTwoFactorRequired(t.Context(), user, true); err != nil {
		t.Fatal(err)
	}
	for _, r := range []request{getToken(chat), registerChat(chat), post("token/refresh-telegram?chat_id=556399210", ""), post("login", fmt.Sprintf(`{"email":"ann@example.com","password":%q}`, password))} {
		s.want(401, `{"detail":"Two-step sign-in is required"}`, r)
	}
}
