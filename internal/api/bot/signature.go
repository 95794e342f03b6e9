package bot

import (
	"net/http"
	"strings"

	"purse/internal/botclient"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
)

// The headers of a signature, as the document names them.
const (
	headerClient    = "X-Client-Id"
	headerTimestamp = "X-Timestamp"
	headerSignature = "X-Signature"
)

// checked is handle for calls that are not signed, and for those whose
// signature is right.
func (s Services) checked(handle func(*httpkit.Call) error) func(*httpkit.Call) error {
	return func(c *httpkit.Call) error {
		if err := s.check(c); err != nil {
			return err
		}
		return handle(c)
	}
}

// check returns botclient.ErrSignature for a call with a wrong signature. It uses
// the signature up, so that a call is checked once.
func (s Services) check(c *httpkit.Call) error {
	if !signed(c) {
		return nil
	}
	return s.Clients.Verify(c.Context(), signatureOf(c))
}

// whom checks a call and says which chat it is for, where it may act for any; 0
// when it may not, or names none.
func (s Services) whom(c *httpkit.Call) (int64, error) {
	if err := s.check(c); err != nil || !s.speaks(c) {
		return 0, err
	}
	in := bind.Parse(c.Body(), c.ContentType())
	chat, named := in.Query(c.Request().URL.Query()).OptionalInt("chat_id", bind.Positive)
	if !named {
		chat, _ = in.OptionalInt("chat_id", bind.Positive)
	}
	if in.Err() != nil { // which the handler says
		return 0, nil
	}
	return chat, nil
}

// forChats is handle for those who may act for any chat. Its calls were checked
// by whom.
func (s Services) forChats(handle func(*httpkit.Call) error) func(*httpkit.Call) error {
	return func(c *httpkit.Call) error {
		if !s.speaks(c) {
			return botclient.ErrUnsigned
		}
		return handle(c)
	}
}

// speaks reports whether a call that was checked may act for any chat.
func (s Services) speaks(c *httpkit.Call) bool { return s.Unsigned || signed(c) }

// signed reports whether a call says that it is signed.
func signed(c *httpkit.Call) bool { return len(c.Request().Header[headerClient]) > 0 }

func signatureOf(c *httpkit.Call) botclient.Signed {
	r := c.Request()
	return botclient.Signed{
		Client: only(r.Header, headerClient), Timestamp: only(r.Header, headerTimestamp), Signature: only(r.Header, headerSignature),
		Method: r.Method, Target: target(r), Body: c.Body(),
	}
}

// only is the value of a header that is there once, or "".
func only(header http.Header, name string) string {
	if values := header[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// target is the path as it was sent, with the raw query if there is one.
func target(r *http.Request) string {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // the absolute form, which clients of a proxy send
		path = r.URL.EscapedPath()
	}
	if query == "" {
		return path
	}
	return path + "?" + query
}
