package gift_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	giftapi "purse/internal/api/gift"
	"purse/internal/httpkit"
	"purse/internal/store/enginetest"
)

// attempts has one for every id that a route takes of somebody who is signed
// in: {id} and {message} are another's, or nobody's.
var attempts = []struct{ name, method, route, path, body, want string }{
	{"rename", "PUT", "/api/user/{id}", "/api/user/{id}", `{"username":"x"}`, `403 {"error":"권한이 없습니다."}`},
	{"list", "GET", "/api/user/{id}/messages", "/api/user/{id}/messages", "", `403 {"error":"쪽지는 본인만 조회할 수 있습니다"}`},
	{"read of another", "GET", "/api/user/{id}/messages/{message_id}", "/api/user/{id}/messages/{message}", "", `403 {"error":"상세내용 조회는 본인만 가능합니다."}`},
	{"read as one's own", "GET", "/api/user/{id}/messages/{message_id}", "/api/user/{me}/messages/{message}", "", `404 {"error":"쪽지를 찾을 수 없습니다."}`},
}

// others are the routes of people who are signed in where an id is nobody's
// secret, or is not taken: a message goes to anybody.
var others = []string{"POST /api/user/{id}/messages", "DELETE /api/user/withdraw"}

func TestSecurity13EveryRouteThatTakesAnIDIsTriedWithAnothers(t *testing.T) {
	for _, route := range giftapi.New(giftapi.Services{}).Routes {
		name := route.Method + " " + route.Path
		tried := false
		for _, a := range attempts {
			tried = tried || a.method+" "+a.route == name
		}
		if route.Access == httpkit.SignedIn && tried == slices.Contains(others, name) {
			t.Errorf("%s must stand in exactly one of the lists", name)
		}
	}
}

func TestSecurity13WhatIsNotYoursIsNotThere(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		mine, theirs := s.join("ann"), s.join("bob")
		message := s.send(mine, theirs, "theirs")
		s.send(theirs, mine, "mine")
		theirBook := func() string {
			return s.do("GET", fmt.Sprintf("/api/user/%d/messages", theirs.id), "", theirs.bearer()...).Body.String()
		}
		before := theirBook()
		for _, a := range attempts {
			t.Run(a.name, func(t *testing.T) {
				ask := func(id, message int64) (answer, header string) {
					path := strings.NewReplacer("{id}", fmt.Sprint(id), "{me}", fmt.Sprint(mine.id), "{message}", fmt.Sprint(message)).Replace(a.path)
					w := s.do(a.method, path, a.body, mine.bearer()...)
					w.Header().Del("X-Request-Id")
					return fmt.Sprintf("%d %s", w.Code, w.Body), fmt.Sprint(w.Header())
				}
				yours, yourHeader := ask(theirs.id, message)
				none, noHeader := ask(900_001, 900_002)
				if yours != a.want || none != a.want || yourHeader != noHeader {
					t.Errorf("another's: %s\nnobody's: %s\nwant: %s\nheaders %s\n%s", yours, none, a.want, yourHeader, noHeader)
				}
			})
		}
		if after := theirBook(); after != before {
			t.Errorf("the other's things changed from\n%s\nto\n%s", before, after)
		}
	})
}

// TestBadInputIsRefusedAtItsFieldAndChangesNothing sends every kind of bad
// value to every field.
func TestBadInputIsRefusedAtItsFieldAndChangesNothing(t *testing.T) {
	s := start(t, options{})
	ann, bob := s.join("ann"), s.join("bob")
	s.send(bob, ann, "first")
	endpoints := []struct {
		method, path string
		fields       map[string]string // name to a good value
	}{
		{"POST", "/api/user/register", map[string]string{"username": `"new"`, "email": `"new@example.com"`, "password": `"correct horse battery"`}},
		{"POST", "/api/user/login", map[string]string{"email": `"new@example.com"`, "password": `"correct horse battery"`}},
		{"PUT", "/api/user/1", map[string]string{"username": `"new"`}},
		{"DELETE", "/api/user/withdraw", map[string]string{"username": `"ann"`}},
		{"POST", "/api/user/2/messages", map[string]string{"message": `"x"`, "amount": `100`, "is_moneybag": `false`}},
	}
	control, long := `"a\u0007b"`, `"`+strings.Repeat("x", 10_000)+`"`
	bad := map[string][]string{
		"username":    {"", `null`, `{"a":1}`, `[1]`, `true`, `5`, control, `"a\u0000b"`, long},
		"email":       {"", `null`, `{"a":1}`, `[1]`, `true`, `5`, control, long},
		"password":    {"", `null`, `{"a":1}`, `[1]`, `true`, `5`, control},
		"message":     {"", `null`, `{"a":1}`, `[1]`, `true`, `5`, control, `"a\u0000b"`, long, `" "`},
		"amount":      {"", `null`, `{"a":1}`, `[1]`, `true`, `"abc"`, `-1`, `0`, `1.5`, `1e400`, `"NaN"`, `9007199254740992`, `1000000001`, strings.Repeat("9", 200)},
		"is_moneybag": {"", `null`, `{"a":1}`, `[1]`, `2`, `"maybe"`, `1.5`},
	}
	state := func() string {
		return s.do("GET", "/api/user/1/messages", "", ann.bearer()...).Body.String() + s.do("GET", "/api/user/2/messages", "", bob.bearer()...).Body.String()
	}
	before := state()
	for _, e := range endpoints {
		for field := range e.fields {
			for _, value := range bad[field] {
				var members []string
				for name, good := range e.fields {
					if name == field {
						good = value
					}
					if good != "" {
						members = append(members, fmt.Sprintf("%q:%s", name, good))
					}
				}
				w := s.do(e.method, e.path, "{"+strings.Join(members, ",")+"}", ann.bearer()...)
				named := strings.HasPrefix(w.Body.String(), `{"error":{"`+field+`":["`)
				plain := field == "email" && w.Body.String() == `{"error":"유효한 이메일 값이 아닙니다."}`
				if w.Code != http.StatusBadRequest || !named && !plain || strings.Contains(w.Body.String(), "검증이 실패") {
					t.Errorf("%s %s, %s = %.40s: %d %s", e.method, e.path, field, value, w.Code, w.Body)
				}
			}
		}
	}
	if after := state(); after != before {
		t.Errorf("from %s\nto %s", before, after)
	}
}
