package surface

import (
	"purse/internal/fault"
	"purse/internal/httpkit"
)

// Words finds what an error becomes in a surface's table: differently has the
// words of single routes, by method and path, and answers those of all others.
func Words[A any](c *httpkit.Call, code fault.Code, answers map[fault.Code]A, differently map[string]map[fault.Code]A) (A, bool) {
	if a, ok := differently[c.Route()][code]; ok {
		return a, true
	}
	a, ok := answers[code]
	return a, ok
}
