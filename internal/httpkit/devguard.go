package httpkit

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// DevGuard protects a development server, which has no secrets to stop a web
// page on the developer's machine: it refuses a Host that is not loopback's (a
// page whose name was rebound to 127.0.0.1) and any call to /dev/ that a page of
// another origin makes.
func DevGuard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopbackHost(r.Host) {
			refuse(w, "this development server answers to localhost only")
			return
		}
		if (r.URL.Path == "/dev" || strings.HasPrefix(r.URL.Path, "/dev/")) && fromOtherOrigin(r) {
			refuse(w, "developer endpoints do not answer other sites")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, why string) {
	w.Header()["Content-Type"] = jsonType
	w.Header()["X-Content-Type-Options"] = nosniff
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`{"detail":"` + why + `"}`))
}

func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// fromOtherOrigin reports whether a browser says that a page of another origin
// made the request. Programs that are no browsers say neither.
func fromOtherOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		origin := r.Header.Get("Origin")
		return origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
	}
	return true
}
