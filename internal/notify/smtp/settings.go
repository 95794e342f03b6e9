package smtp

import (
	"errors"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"purse/internal/notify"
)

// Server says where and how to hand mail over: a parsed PURSE_SMTP_URL.
type Server struct {
	Host     string
	Port     int
	TLS      bool   // TLS from the first byte (smtps); otherwise STARTTLS is used when offered
	User     string // empty: no authentication
	Password string
}

// ParseServer reads smtp://[user:pass@]host[:port] or smtps://…; the ports
// without which are 587 and 465 (RFC 6409, RFC 8314). Its errors never repeat
// the text, which may hold a password.
func ParseServer(text string) (Server, error) {
	u, err := url.Parse(text)
	if err != nil { // url.Parse's error repeats its input
		return Server{}, errors.New("not a URL of the form smtp://[user:pass@]host:port")
	}
	s := Server{Host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		s.Port = 587
	case "smtps":
		s.Port, s.TLS = 465, true
	default:
		return Server{}, errors.New("the scheme is neither smtp nor smtps")
	}
	if !isHost(s.Host) {
		return Server{}, errors.New("the host is missing or malformed")
	}
	if u.Opaque != "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Server{}, errors.New("nothing may follow the port")
	}
	if port := u.Port(); port != "" {
		s.Port, err = strconv.Atoi(port)
		if err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errors.New("the port is not between 1 and 65535")
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.Password, _ = u.User.Password()
		if s.User == "" || s.Password == "" {
			return Server{}, errors.New("the user or the password is empty")
		}
		if strings.ContainsFunc(s.User+s.Password, unicode.IsControl) {
			return Server{}, errors.New("the user or the password holds control characters")
		}
	}
	return s, nil
}

// isHost reports whether text is an IP address without a zone or looks like a
// name in ASCII, as a resolver takes it.
func isHost(text string) bool {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Zone() == ""
	}
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

// String is the server without its credentials, for logs.
func (s Server) String() string {
	scheme := "smtp"
	if s.TLS {
		scheme = "smtps"
	}
	return scheme + "://" + net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// loopback reports whether what is sent to the server stays on this machine.
func (s Server) loopback() bool {
	if strings.EqualFold(s.Host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(s.Host)
	return err == nil && address.IsLoopback()
}

// ParseSender reads PURSE_MAIL_FROM: an address, with or without a name
// ("Purse <no-reply@example.com>").
func ParseSender(text string) (mail.Address, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, errors.New("not a mail address such as Purse <no-reply@example.com>")
	}
	if notify.CheckAddress(parsed.Address) != nil || strings.ContainsFunc(parsed.Name, unicode.IsControl) {
		return mail.Address{}, errors.New("not a mail address such as Purse <no-reply@example.com>")
	}
	return *parsed, nil
}
