package httpkit

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For, -Proto and -Host are believed.
type Proxies []netip.Prefix

// ParseProxies reads a comma-separated list of CIDRs or single addresses; the
// empty text is none.
func ParseProxies(text string) (Proxies, error) {
	var list Proxies
	for _, part := range splitList(text) {
		if prefix, err := netip.ParsePrefix(part); err == nil {
			list = append(list, prefix.Masked())
			continue
		}
		address, err := netip.ParseAddr(part)
		if err != nil || address.Zone() != "" {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", part)
		}
		list = append(list, netip.PrefixFrom(address, address.BitLen()))
	}
	return list, nil
}

func (p Proxies) contains(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address a request comes from: the peer, or, when the peer is a
// trusted proxy, the right-most hop of X-Forwarded-For that is not one. What
// stands left of an untrusted or unreadable hop was written by strangers.
func (p Proxies) client(peer netip.Addr, h http.Header) netip.Addr {
	if !p.contains(peer) {
		return peer
	}
	client := peer
	values := h["X-Forwarded-For"]
	for i := len(values) - 1; i >= 0; i-- {
		rest := values[i]
		for rest != "" {
			var hop string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				hop, rest = rest[comma+1:], rest[:comma]
			} else {
				hop, rest = rest, ""
			}
			address, ok := parseHop(strings.TrimSpace(hop))
			if !ok {
				return client
			}
			client = address
			if !p.contains(client) {
				return client
			}
		}
	}
	return client
}

// origin is the scheme and host that the client sees: the request's own, or
// what a trusted proxy says of them. Of several values the last is the one that the
// proxy itself has added; those before it may be what a stranger sent.
func (p Proxies) origin(peer netip.Addr, r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if p.contains(peer) {
		switch said := lastOf(r.Header, "X-Forwarded-Proto"); said {
		case "http", "https":
			scheme = said
		}
		if said := lastOf(r.Header, "X-Forwarded-Host"); isHost(said) {
			host = said
		}
	}
	return scheme + "://" + host
}

// lastOf is the last value of a header that proxies add to.
func lastOf(h http.Header, name string) string {
	values := h[name]
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// isHost reports whether text can stand in a URL as a host, perhaps with a port.
func isHost(text string) bool {
	u, err := url.Parse("http://" + text + "/")
	return err == nil && u.Host == text && u.Hostname() != "" && u.Path == "/"
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		address = withPort.Addr()
	}
	return address.Unmap().WithZone(""), true
}

// peerAddress is the address of the connection's other end, invalid when it has
// none, as on a Unix socket.
func peerAddress(remote string) netip.Addr {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

// limitAddress is the address that limits count: an IPv6 customer has a whole
// /64, so all of it is one.
func limitAddress(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return prefix.Addr()
}

func splitList(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
