package app

import "net/http"

// Handler is what answers requests, without a network before it.
func (a *App) Handler() http.Handler { return a.handler }
