package httpkit

import (
	"strings"
	"testing"
)

func TestSecurity14EveryRouteDeclaresAccessAndLimit(t *testing.T) {
	whole := Route{Method: "POST", Path: "/x", Access: SignedIn, Limit: LimitOrdinary, MovesMoney: true, Handle: say}
	surface := func(change func(*Surface, *Route)) *Surface {
		s, r := testSurface(), whole
		change(&s, &r)
		s.Routes = []Route{r}
		return &s
	}
	if err := surface(func(*Surface, *Route) {}).Check(); err != nil {
		t.Fatalf("a whole surface fails: %v", err)
	}
	for complaint, change := range map[string]func(*Surface, *Route){
		"Access is not declared": func(_ *Surface, r *Route) { r.Access = 0 },
		"Limit is not declared":  func(_ *Surface, r *Route) { r.Limit = Limit{} },
		"Spokesman is not": func(_ *Surface, r *Route) {
			*r = Route{Method: "POST", Path: "/x", Access: Public, Limit: LimitCredential, Spokesman: &Spokesman{Limit: LimitCredential, For: speaker}, Handle: say}
		},
		"counted by address": func(_ *Surface, r *Route) {
			r.Spokesman = &Spokesman{Limit: limitSubject, For: speaker}
		},
		"needs Handle":           func(_ *Surface, r *Route) { r.Handle = nil },
		"method is not":          func(_ *Surface, r *Route) { r.Method = "get" },
		"path must begin":        func(_ *Surface, r *Route) { r.Path = "x" },
		"whole segments":         func(_ *Surface, r *Route) { r.Path = "/{x...}" },
		"needs the surface's":    func(s *Surface, _ *Route) { s.Authenticate = nil },
		"needs WriteError":       func(s *Surface, _ *Route) { s.WriteError = nil },
		"needs a name":           func(s *Surface, _ *Route) { s.Name = "" },
		"only for a signed-in":   func(_ *Surface, r *Route) { r.Access = Public },
		"MaxBody raises":         func(_ *Surface, r *Route) { r.MaxBody = MaxBody },
		"LargestBody":            func(_ *Surface, r *Route) { r.MaxBody = LargestBody + 1 },
		"for a signed-in caller": func(_ *Surface, r *Route) { r.Access, r.MovesMoney, r.MaxBody = MaybeSignedIn, false, LargestBody },
		"and not by GET":         func(_ *Surface, r *Route) { r.Method = "GET" },
	} {
		s := surface(change)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("Check says %v, want %q", err, complaint)
		}
		if _, err := New(Config{Metrics: NewMetrics(nil)}, *s); err == nil {
			t.Errorf("New takes a surface that %q", complaint)
		}
	}
}

func TestRoutesOfTwoSurfacesMayNotCollide(t *testing.T) {
	route := Route{Method: "GET", Path: "/x/"}
	same := Route{Method: "GET", Path: "/x"}
	if _, err := New(Config{Metrics: NewMetrics(nil)}, testSurface(route), testSurface(same)); err == nil {
		t.Error("two surfaces share GET /x")
	}
}
