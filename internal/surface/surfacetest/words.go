package surfacetest

import (
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	_ "purse/internal/portfolio"      // packages that no surface of its own has
	_ "purse/internal/store/postgres" // an engine's errors reach a surface too, and it knows every other package
	_ "purse/internal/store/sqlite"
	_ "purse/internal/token"
)

// EveryErrorHasWords holds a surface's table of errors to every code that there
// is: each has words, as worded says, or is listed in elsewhere with the reason
// why no endpoint of the surface returns it. A key that ends in "." stands for all
// codes of a package that have no words. What is wrong in itself, and what is a
// fault of ours, every surface words by its kind.
func EveryErrorHasWords(t *testing.T, worded func(*fault.Error) bool, elsewhere map[fault.Code]string) {
	t.Helper()
	used := map[fault.Code]bool{}
	for _, e := range fault.Defined() {
		_, unreachable := elsewhere[e.Code]
		whole := fault.Code(string(e.Code)[:strings.IndexByte(string(e.Code), '.')+1])
		_, outside := elsewhere[whole]
		used[e.Code], used[whole] = true, true
		switch {
		case worded(e) && unreachable:
			t.Errorf("%s has words, and is listed as unreachable", e.Code)
		case worded(e), unreachable, outside:
		case e.Kind == fault.Invalid, e.Kind == fault.Internal, e.Kind == fault.Unavailable:
		default:
			t.Errorf("%s (%s) has no words", e.Code, e.Kind)
		}
	}
	for code := range elsewhere {
		if !used[code] {
			t.Errorf("%s is listed and does not exist", code)
		}
	}
}

// Exceptions holds a table's words for single routes: each is of a route that the
// surface has, and differs from what all routes say.
func Exceptions[A comparable](t *testing.T, surface httpkit.Surface, answers map[fault.Code]A, differently map[string]map[fault.Code]A) {
	t.Helper()
	if err := surface.Check(); err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{}
	for _, r := range surface.Routes {
		routes[r.Method+" "+r.Path] = true
	}
	for route, words := range differently {
		if !routes[route] {
			t.Errorf("%s is no route", route)
		}
		for code, a := range words {
			if answers[code] == a {
				t.Errorf("%s: %s is as in the table", route, code)
			}
		}
	}
}
