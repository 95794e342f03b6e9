package cli

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purse/internal/app"
	"purse/internal/apptest"
	"purse/internal/store"
)

func TestADatabaseIsAdministeredWhilePurseRunsOnIt(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		purse := apptest.Start(t, []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}, "dev", "--listen", "{listen}")
		client := apptest.NewClient(purse.Base, 1)
		if answer, err := client.Call(t.Context(), http.MethodPost, "/dev/clock", `{"advance":"720h"}`); err != nil || answer.Status != http.StatusOK {
			t.Fatal(answer.Status, err)
		}
		for turn := range 3 {
			a, err := app.OpenForAdministration(t.Context(), databaseURL, apptest.RootKey)
			if err != nil {
				t.Fatal(err)
			}
			if ahead := time.Until(a.Clock.Now()); ahead < 700*time.Hour {
				t.Errorf("its clock is ahead by %s, Purse's by 720h", ahead)
			}
			if err := a.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta("administered", "yes") }); err != nil {
				t.Error(err)
			}
			if err := apptest.NewClient(purse.Base, 10+turn).Register(t.Context()); err != nil {
				t.Errorf("while the command has the database open: %v", err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := app.OpenForAdministration(t.Context(), databaseURL, "pNN8/9eRZgEH8/XY4vf/eNBUPbWdhCN7NbaX/3hbbpU="); err == nil || !strings.Contains(err.Error(), "not the key") {
			t.Errorf("with another key: %v", err)
		}
	})
}

func TestADatabaseIsAdministeredWithTheKeyOfDevelopmentBesideIt(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "purse.db")
	if _, err := app.OpenForAdministration(t.Context(), url, ""); err == nil || !strings.Contains(err.Error(), "there is no database") {
		t.Errorf("without a database: %v", err)
	}
	if output, code := apptest.RunBinary(t, []string{"PURSE_DATABASE_URL=" + url}, "migrate", "up"); code != 0 {
		t.Fatal(output)
	}
	if _, err := app.OpenForAdministration(t.Context(), url, ""); err == nil || !strings.Contains(err.Error(), "PURSE_SECRET_KEY: is missing") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := app.OpenForAdministration(t.Context(), url, "short"); err == nil || !strings.Contains(err.Error(), "PURSE_SECRET_KEY") {
		t.Errorf("with a key that is none: %v", err)
	}
	apptest.Start(t, []string{"PURSE_DATABASE_URL=" + url}, "dev", "--listen", "{listen}")
	a, err := app.OpenForAdministration(t.Context(), url, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatPurseAdminChangesCountsAtTheNextRequestOnEveryNode(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}
		nodes := []*apptest.Client{apptest.NewClient(apptest.Start(t, environment, "dev", "--listen", "{listen}").Base, 1)}
		if strings.HasPrefix(databaseURL, "postgres") {
			nodes = append(nodes, apptest.NewClient(apptest.Start(t, environment, "dev", "--listen", "{listen}").Base, 1))
		}
		registered, err := nodes[0].Call(t.Context(), http.MethodPost, "/account/registration",
			`{"login":"danila","password":"Voskresensk1","email":"danila@example.com","first_name":"Данила","last_name":"Гинда"}`, "browser", "Chrome 122.0")
		var me struct{ Token string }
		if err != nil || registered.Decode(&me) != nil || me.Token == "" {
			t.Fatalf("registering: %s, %v", registered.Body, err)
		}
		edit := func(after string, want int) {
			t.Helper()
			for i, node := range nodes {
				answer, err := node.Call(t.Context(), http.MethodPost, "/account/edit/info", `{}`, "Authorization", me.Token)
				if err != nil || answer.Status != want {
					t.Errorf("at node %d after %s: %d %s, %v", i, after, answer.Status, answer.Body, err)
				}
			}
		}
		edit("registration", http.StatusOK)
		for _, step := range []struct {
			words string
			want  int
		}{
			{"role revoke danila USER", http.StatusForbidden},
			{"permission grant danila EDIT_PROFILE", http.StatusOK},
			{"permission revoke danila EDIT_PROFILE", http.StatusForbidden},
			{"role grant danila USER", http.StatusOK},
			{"user deactivate danila", http.StatusForbidden},
		} {
			if output, code := apptest.RunBinary(t, environment, append([]string{"admin"}, strings.Fields(step.words)...)...); code != 0 {
				t.Fatal(output)
			}
			edit(step.words, step.want)
		}
	})
}

func TestNobodyCanBeWhoWasErased(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}
		client := apptest.NewClient(apptest.Start(t, environment, "dev", "--listen", "{listen}").Base, 1)
		if err := client.Must(t.Context(), http.MethodPost, "/api/v1/auth/telegram/register?chat_id=7&username=john&first_name=John", "", nil); err != nil {
			t.Fatal(err)
		}
		a, err := app.OpenForAdministration(t.Context(), databaseURL, apptest.RootKey)
		if err != nil {
			t.Fatal(err)
		}
		people, err := a.People()
		if err != nil {
			t.Fatal(err)
		}
		for _, active := range []string{"deactivate", "activate"} {
			if output, code := apptest.RunBinary(t, environment, "admin", "user", active, "1"); code != 0 {
				t.Fatalf("%s: exit code %d: %s", active, code, output)
			}
		}
		if err := errors.Join(people.Erase(t.Context(), 1), a.Close()); err != nil {
			t.Fatal(err)
		}
		output, code := apptest.RunBinary(t, environment, "admin", "user", "activate", "1")
		if code != 1 || !strings.Contains(output, "user 1 has left: erased, or merged into another; nobody can be them again") {
			t.Errorf("exit code %d: %s", code, output)
		}
		if output, code := apptest.RunBinary(t, environment, "admin", "user", "show", "1"); code != 0 || !strings.Contains(output, "inactive") {
			t.Errorf("exit code %d: %s", code, output)
		}
	})
}

func TestAListInJSONIsNeverNull(t *testing.T) {
	environment := []string{"PURSE_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "purse.db"), apptest.SecretKey}
	if output, code := apptest.RunBinary(t, environment, "migrate", "up"); code != 0 {
		t.Fatal(output)
	}
	for _, words := range []string{"group list", "role create EMPTY", "role list"} {
		output, code := apptest.RunBinary(t, environment, append([]string{"admin"}, strings.Fields(words+" --json")...)...)
		if code != 0 || strings.Contains(output, "null") || !strings.Contains(output, "[]") {
			t.Errorf("purse admin %s: %d %s", words, code, output)
		}
	}
}

func TestAWrongCommandLineNamesTheHelpOfItsCommand(t *testing.T) {
	for words, help := range map[string]string{
		"nonsense": "See: purse --help", "admin user": "See: purse admin user --help", "admin user show": "See: purse admin user show --help",
		"admin permission grant 7": "See: purse admin permission grant --help", "admin role list --wrong": "See: purse admin role list --help",
	} {
		if output, code := apptest.RunBinary(t, nil, strings.Fields(words)...); code != 2 || !strings.Contains(output, help+"\n") {
			t.Errorf("purse %s: %d %s", words, code, output)
		}
	}
}

func TestSecurity25NobodyIsAnAdministratorUntilACommandMakesOneWithAPasswordOfItsOwn(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		environment := []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}
		purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
		standing := func(user string) string {
			output, _ := apptest.RunBinary(t, environment, "admin", "user", "show", user)
			return output
		}
		if output, code := apptest.RunBinary(t, environment, "admin", "create", "--email", "root@example.com"); code == 0 { // with nothing to read
			t.Errorf("an administrator without a password: %s", output)
		}
		for _, first := range []string{"1", "root@example.com", "admin"} {
			if !strings.Contains(standing(first), "there is no user") {
				t.Errorf("there is somebody from the start: %s", standing(first))
			}
		}
		ann := apptest.NewClient(purse.Base, 1) // the first who comes
		if err := ann.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		if output := standing(ann.Email); strings.Contains(output, "ADMIN") || !strings.Contains(output, "USER") {
			t.Errorf("the first who comes is %s", output)
		}
		if answer, err := ann.Call(t.Context(), http.MethodGet, "/console/people", nil); err != nil || answer.Status != http.StatusForbidden {
			t.Errorf("the first who comes sees people: %d %v", answer.Status, err)
		}
	})
}
