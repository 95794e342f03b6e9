package cli

import (
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
		_, key, _ := strings.Cut(apptest.SecretKey, "=")
		purse := apptest.Start(t, []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey}, "dev", "--listen", "{listen}")
		client := apptest.NewClient(purse.Base, 1)
		if answer, err := client.Call(t.Context(), http.MethodPost, "/dev/clock", `{"advance":"720h"}`); err != nil || answer.Status != http.StatusOK {
			t.Fatal(answer.Status, err)
		}
		for turn := range 3 {
			a, err := app.OpenForAdministration(t.Context(), databaseURL, key)
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
