package limits

import (
	"net/http"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"purse/internal/apptest"
	"purse/internal/redistest"
	"purse/internal/store/postgres/pgtest"
)

func TestAChatsTokenIsForgottenWhereverItsSessionEnds(t *testing.T) {
	server := redistest.Start(t)
	environment := []string{apptest.SecretKey, "PURSE_DATABASE_URL=" + pgtest.Database(t), "PURSE_REDIS_URL=" + server.URL()}
	node, other := apptest.Start(t, environment, "dev", "--listen", "{listen}"), apptest.Start(t, environment, "dev", "--listen", "{listen}")
	redis := goredis.NewClient(&goredis.Options{Addr: server.Address()})
	defer redis.Close()
	kept := func() string { return redis.Get(t.Context(), "chat_id:556399210:jwt").Val() }
	register := func() (token string) {
		t.Helper()
		answer, err := apptest.NewClient(node.Base, 1).Call(t.Context(), http.MethodPost, "/api/v1/auth/telegram/register?chat_id=556399210&username=john_doe&first_name=John", "")
		var made struct {
			Token string `json:"jwt_token"`
		}
		if err != nil || answer.Decode(&made) != nil || made.Token == "" || kept() != made.Token {
			t.Fatalf("%d %s, %v; kept: %q", answer.Status, answer.Body, err, kept())
		}
		return made.Token
	}
	administer := func(what string) {
		t.Helper()
		if output, code := apptest.RunBinary(t, environment, "admin", "user", what, "1"); code != 0 || strings.Contains(output, "redis") {
			t.Fatalf("%s: exit code %d: %s", what, code, output)
		}
	}

	token := register()
	answer, err := apptest.NewClient(other.Base, 2).Call(t.Context(), http.MethodPost, "/api/v1/auth/logout", "", "Authorization", "Bearer "+token)
	if err != nil || answer.Status != http.StatusOK || kept() != "" {
		t.Errorf("signed out at the other node: %d, %v; kept: %q", answer.Status, err, kept())
	}
	register()
	administer("deactivate")
	if kept() != "" {
		t.Errorf("deactivated by an operator's command; kept: %q", kept())
	}
	administer("activate")
	register()
	server.Kill(t)
	administer("deactivate") // also while the server is down
}
