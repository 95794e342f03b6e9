package keys

import (
	"purse/internal/app"
	"purse/internal/botclient"
	"purse/internal/secret"
	"purse/internal/store"
)

// plant adds a bot client's secret that another key has sealed.
func (w *world) plant(other key) {
	w.Helper()
	a, err := app.OpenForAdministration(w.Context(), w.databaseURL, w.old.String())
	w.must(err)
	root, err := secret.NewRoot(other.bytes)
	w.must(err)
	bots := botclient.New(botclient.Options{Work: store.Narrow[botclient.Tx](a.Engine), Clock: a.Clock, Root: root})
	_, _, err = bots.Add(w.Context(), "stray_bot")
	w.must(err)
	w.must(a.Close())
}
