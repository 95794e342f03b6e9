package profile_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"purse/internal/api/profile"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/store/enginetest"
)

func TestASessionIsKnownByItsBrowser(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine)
		me := s.register("danila")
		s.do("POST", "/account/login", `{"login":"danila","password":"Voskresensk1"}`, "browser", "Яндекс Браузер 24.1", "User-Agent", "something else")
		sessions, err := s.people.Sessions(t.Context(), identity.UserID(me.ID))
		if err != nil || len(sessions) != 2 {
			t.Fatal(sessions, err)
		}
		seen := map[string]bool{}
		for _, session := range sessions {
			seen[session.UserAgent] = session.Surface == identity.Personal && session.Assurance == identity.OneFactor && session.Address == "192.0.2.1"
		}
		if !seen[browserHeader] || !seen["Яндекс Браузер 24.1"] {
			t.Errorf("the sessions: %+v", sessions)
		}
		if _, err := s.people.EndSession(t.Context(), identity.UserID(me.ID), sessions[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := s.people.EndAll(t.Context(), identity.UserID(me.ID)); err != nil {
			t.Fatal(err)
		}
		wants(t, "after the end", s.do("GET", "/account/me", "", "Authorization", me.Token), http.StatusForbidden)
	})
}

func TestTheBrowserHeaderIsBounded(t *testing.T) {
	s := start(t, enginetest.SQLite)
	for name, value := range map[string]string{"too long": "Chrome " + strings.Repeat("1", 250), "no version": "Chrome", "spaces": "   "} {
		wants(t, name, s.do("POST", "/account/login", `{"login":"danila","password":"x"}`, "browser", value), http.StatusForbidden, "browser")
	}
}

func TestATokenOfAnotherSurfaceIsNone(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	var bank identity.SignedIn
	// A session of the bank, as its sign-in would make it.
	user, err := s.people.Join(t.Context(), identity.Newcomer{Login: "other"}, "correct horse battery", func(tx identity.Tx, user identity.User) (err error) {
		bank, err = s.people.StartSession(tx, user.ID, identity.TwoFactors, identity.Client{Surface: identity.Bank})
		return err
	})
	if err != nil || user.ID == identity.UserID(me.ID) {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"the bank's": bank.Token, "upper case": strings.ToUpper(me.Token), "bearer": "Bearer " + me.Token, "cut": me.Token[:63], "longer": me.Token + "0", "nothing": "",
	} {
		wants(t, name, s.do("GET", "/account/me", "", "Authorization", token), http.StatusForbidden)
	}
	r := s.do("GET", "/account/me", "", "Authorization", " "+me.Token+" ")
	if r.Code != http.StatusOK {
		t.Errorf("with spaces around it: %d", r.Code)
	}
}

func TestGuessingIsLimitedByFailuresAndByAddress(t *testing.T) {
	s := start(t, enginetest.SQLite)
	s.register("danila")
	for range 10 {
		wants(t, "a guess", s.do("POST", "/account/login", `{"login":"danila","password":"x"}`, "browser", browserHeader), http.StatusBadRequest, "Неверный")
	}
	w := s.do("POST", "/account/login", `{"login":"danila","password":"Voskresensk1"}`, "browser", browserHeader)
	wants(t, "the eleventh, though right", w, http.StatusTooManyRequests, "попыток входа")
	if w.Header().Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}

	s = start(t, enginetest.SQLite, func(_ *profile.Services, c *httpkit.Config) { c.Limiter = limit.NewMemory(s.clock) })
	for range httpkit.LimitCredential.Rate.Count {
		s.do("POST", "/account/login", `{}`)
	}
	for _, path := range []string{"/account/login", "/account/registration"} {
		w := s.do("POST", path, `{}`)
		wants(t, path, w, http.StatusTooManyRequests, "запросов")
		if w.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}

func TestEmailsAreShownAsTheOperatorSays(t *testing.T) {
	for _, public := range []bool{false, true} {
		s := start(t, enginetest.SQLite, func(services *profile.Services, _ *httpkit.Config) { services.PublicEmails = public })
		me := s.register("danila")
		for _, path := range []string{"/info/users/", "/info/users/search-danila"} {
			if shown := strings.Contains(s.do("GET", path, "").Body.String(), me.Email); shown != public {
				t.Errorf("%s to anybody, public %t: %t", path, public, shown)
			}
			if !strings.Contains(s.do("GET", path, "", "Authorization", me.Token).Body.String(), me.Email) {
				t.Errorf("%s hides the e-mail from somebody who is signed in", path)
			}
		}
	}
}

func TestOthersNeverSeeATokenOrPermissions(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	for _, path := range []string{"/info/users/", "/info/users/search-danila", fmt.Sprintf("/info/users/search-%d", me.ID)} {
		body := s.do("GET", path, "", "Authorization", me.Token).Body.String()
		if strings.Contains(body, "token") || strings.Contains(body, "permissions") || strings.Contains(body, me.Token) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestPagesOfPeopleJoinWithoutGapsAndRepeats(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine)
		const people = 205
		for n := range people {
			_, err := s.people.Join(t.Context(), identity.Newcomer{Login: fmt.Sprintf("user_%d", n)}, "correct horse battery", func(identity.Tx, identity.User) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		for query, sizes := range map[string][]int{"": {100, 100, 5}, "?limit=1000": {200, 5}, "?limit=205": {200, 5}, "?limit=41": {41, 41, 41, 41, 41}} {
			next, last := "/info/users/"+query, int64(0)
			for page, size := range sizes {
				w := s.do("GET", next, "")
				var list []account
				if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != size {
					t.Fatalf("%s: %d people, %v, want %d", next, len(list), err, size)
				}
				for _, a := range list {
					if a.ID <= last {
						t.Errorf("%d comes after %d", a.ID, last)
					}
					last = a.ID
				}
				link := w.Header().Get("Link")
				if (link == "") != (page == len(sizes)-1) {
					t.Errorf("page %d of %q has the link %q", page, query, link)
				}
				next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"+publicURL), ">")
			}
		}
	})
}

func TestOfManyWhoRegisterOneLoginOneWins(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine)
		var mutex sync.Mutex
		var all sync.WaitGroup
		statuses := map[int]int{}
		for n := range 30 {
			all.Go(func() {
				body := strings.Replace(registration("danila"), "danila@", fmt.Sprintf("danila%d@", n), 1)
				w := s.do("POST", "/account/registration", body, "browser", browserHeader)
				mutex.Lock()
				defer mutex.Unlock()
				statuses[w.Code]++
			})
		}
		all.Wait()
		if statuses[http.StatusOK] != 1 || statuses[http.StatusBadRequest] != 29 {
			t.Errorf("the statuses: %v", statuses)
		}
	})
}

func TestAnAccountOfTheBankKeepsItsNamesUntilItsOwnerChangesThem(t *testing.T) {
	s := start(t, enginetest.SQLite)
	var signedIn identity.SignedIn
	_, err := s.people.Join(t.Context(), identity.Newcomer{Email: "ann@example.com", Profile: identity.Profile{FirstName: "Ann", LastName: "Lee"}}, "correct horse battery",
		func(tx identity.Tx, user identity.User) (err error) {
			signedIn, err = s.people.StartSession(tx, user.ID, identity.OneFactor, identity.Client{Surface: identity.Personal})
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	w := s.do("POST", "/account/edit/info", `{"description":"hello"}`, "Authorization", signedIn.Token)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"first_name":"Ann"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if list := s.do("GET", "/info/users/", "").Body.String(); list != "[]" {
		t.Errorf("without a login it is public: %s", list)
	}
	var me account
	if err := json.Unmarshal(s.do("GET", "/account/me", "", "Authorization", signedIn.Token).Body.Bytes(), &me); err != nil {
		t.Fatal(err)
	}
	if picture := s.do("GET", strings.TrimPrefix(me.Avatar, publicURL), ""); picture.Code != http.StatusOK || !strings.Contains(picture.Body.String(), ">AL<") {
		t.Errorf("the owner's picture: %d %s", picture.Code, picture.Body)
	}
	if other := s.do("GET", fmt.Sprintf("/info/avatars/%d-0000000000000000", me.ID), ""); other.Code != http.StatusNotFound {
		t.Errorf("a guessed address: %d", other.Code)
	}
}

func TestAFaultOfOursIsOpaqueAndHasARequestID(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	if err := s.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w := s.do("POST", "/account/edit/info", `{"description":"x"}`, "Authorization", me.Token)
	wants(t, "a closed database", w, http.StatusServiceUnavailable, "недоступен")
	var answer struct {
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.RequestID != w.Header().Get("X-Request-Id") || answer.RequestID == "" {
		t.Errorf("%s", w.Body)
	}
}
