package httpkit

import (
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// TestSecurity19ForwardedHostsAreBelievedOnlyFromConfiguredProxies: links in
// answers follow the client's address, and no stranger's word.
func TestSecurity19ForwardedHostsAreBelievedOnlyFromConfiguredProxies(t *testing.T) {
	proxies, err := ParseProxies("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	const proxy, stranger = "10.1.2.3:1000", "192.0.2.1:1000"
	for _, test := range []struct {
		name, peer, proto, host, want string
	}{
		{"no proxy", stranger, "", "", "http://purse.example:8000"},
		{"a stranger's word", stranger, "https", "evil.example", "http://purse.example:8000"},
		{"a proxy that says nothing", proxy, "", "", "http://purse.example:8000"},
		{"https", proxy, "https", "", "https://purse.example:8000"},
		{"https and a host", proxy, "https", "gift.example", "https://gift.example"},
		{"a host with a port", proxy, "http", "gift.example:8443", "http://gift.example:8443"},
		{"an IPv6 host", proxy, "https", "[2001:db8::1]:443", "https://[2001:db8::1]:443"},
		{"a stranger's word before the proxy's", proxy, "http, https", "evil.example , gift.example", "https://gift.example"},
		{"a stranger's word in a header of its own", proxy, "http\nhttps", "evil.example\ngift.example", "https://gift.example"},
		{"a proxy that adds nothing after a stranger", proxy, "https,", "evil.example, ", "http://purse.example:8000"},
		{"another scheme", proxy, "javascript", "", "http://purse.example:8000"},
		{"a host with a path", proxy, "https", "gift.example/path", "https://purse.example:8000"},
		{"a host with a user", proxy, "https", "me@gift.example", "https://purse.example:8000"},
		{"a host with a query", proxy, "https", "gift.example?x", "https://purse.example:8000"},
		{"a host of spaces", proxy, "https", "gift example", "https://purse.example:8000"},
		{"only a port", proxy, "https", ":80", "https://purse.example:8000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			k := newKit(t, Config{Proxies: proxies}, testSurface(Route{Method: "GET", Path: "/a", Handle: func(c *Call) error {
				got = c.Origin()
				c.NoContent()
				return nil
			}}))
			r := httptest.NewRequest("GET", "http://purse.example:8000/a", nil)
			r.RemoteAddr = test.peer
			if test.proto != "" {
				r.Header["X-Forwarded-Proto"] = strings.Split(test.proto, "\n")
			}
			if test.host != "" {
				r.Header["X-Forwarded-Host"] = strings.Split(test.host, "\n")
			}
			k.ServeHTTP(httptest.NewRecorder(), r)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// FuzzForwardedHost: whatever a proxy says, links lead to an http or https host.
func FuzzForwardedHost(f *testing.F) {
	for _, seed := range []string{"gift.example", "gift.example:8443", "[::1]:80", "::", "a/b", "a@b", "a?b", "a#b", "a b", ":80", "%41", "a\\b", "한국.example", "\x00"} {
		f.Add("https", seed)
	}
	f.Fuzz(func(t *testing.T, proto, host string) {
		r := httptest.NewRequest("GET", "http://purse.example/", nil)
		r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-Host"] = []string{proto}, []string{host}
		peer := netip.MustParseAddr("10.0.0.1")
		origin := Proxies{netip.PrefixFrom(peer, 32)}.origin(peer, r)
		u, err := url.Parse(origin + "/path?page=2")
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "/path" || u.RawQuery != "page=2" || u.Fragment != "" {
			t.Errorf("%q, %q: %q, %v", proto, host, origin, err)
		}
	})
}
