package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"purse/internal/botclient"
	"purse/internal/store/enginetest"
)

func TestABadValueIsRefusedAtItsPlace(t *testing.T) {
	s := start(t, enginetest.SQLite, true)
	_, access, _ := s.join("ann")
	long, control := strings.Repeat("x", 5000), `a\u0007b`
	texts := []string{`null`, `7`, `true`, `[1]`, `{"a":1}`, `"` + long + `"`, `"` + control + `"`}
	optional := texts[1:]
	ids := []string{`null`, `true`, `[1]`, `{"a":1}`, `"x"`, `1.5`, `0`, `-1`, `1e400`, `9007199254740992`, `""`}
	good := map[string]string{"email": `"new@example.com"`, "password": `"correct horse battery"`, "first_name": `"New"`, "refresh_token": `"x"`, "chat_id": `5`, "code": `"x"`}
	for path, fields := range map[string]map[string][]string{
		"register":         {"email": append(texts, `"x"`, `""`), "password": append(texts, `"short"`, `""`), "first_name": append(texts, `""`, `"  "`), "last_name": optional},
		"login":            {"email": texts, "password": texts},
		"refresh":          {"refresh_token": texts},
		"token/get":        {"chat_id": ids, "init_data": append([]string{`"` + strings.Repeat("x", botclient.MaxInitData+1) + `"`}, texts[1:5]...)},
		"telegram/start":   {"chat_id": ids},
		"telegram/confirm": {"chat_id": ids, "code": texts, "username": optional, "first_name": optional, "last_name": optional},
	} {
		for field, values := range fields {
			for _, value := range append(values, "") {
				var parts []string
				for name := range fields {
					switch {
					case name == field && value != "":
						parts = append(parts, fmt.Sprintf("%q:%s", name, value))
					case name != field && good[name] != "":
						parts = append(parts, fmt.Sprintf("%q:%s", name, good[name]))
					}
				}
				if value == "" && (good[field] == "" || field == "init_data" || strings.HasSuffix(path, "confirm") && field == "first_name") {
					continue // it may be missing
				}
				w := s.do(post(path, "{"+strings.Join(parts, ",")+"}").as(access))
				if want := fmt.Sprintf(`"loc":["body",%q]`, field); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s, %s %.40s: %d %.200s", path, field, value, w.Code, w.Body)
				}
			}
		}
		for _, body := range []string{"", "x", "[]", "null", `{"a":`, `{"chat_id":1,"CHAT_ID":2}`, strings.Repeat("[", 100)} {
			if w := s.do(post(path, body).as(access)); w.Code != 422 {
				t.Errorf("%s, %q: %d %s", path, body, w.Code, w.Body)
			}
		}
	}
	for _, query := range []string{"", "chat_id=", "chat_id=x", "chat_id=0", "chat_id=-5", "chat_id=1.5", "chat_id=9007199254740992", "chat_id=5%00"} {
		s.want(422, `"loc":["query","chat_id"]`, post("telegram/register?username=x&first_name=x&"+query, ""))
		s.want(422, `"loc":["query","chat_id"]`, post("token/refresh-telegram?"+query, ""))
	}
	for query, field := range map[string]string{
		"username=x": "first_name", "first_name=x": "username", "username=x&first_name=": "first_name", "username=" + long + "&first_name=x": "username",
		"username=x&first_name=a%07b": "first_name", "username=x&first_name=x&last_name=" + long: "last_name",
	} {
		s.want(422, fmt.Sprintf(`"loc":["query",%q]`, field), post("telegram/register?chat_id=5&"+query, ""))
	}
	s.want(404, "", getToken(5))
}
