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

// whom checks a call and says which chat it is for, where it speaks for many; 0
// when it does not, or names none. The chat is read where the endpoint reads it:
// what is counted must be what is done.
func (s Services) whom(speaks func(*httpkit.Call) bool, chatOf func(*httpkit.Call) (int64, error)) func(*httpkit.Call) (int64, error) {
	return func(c *httpkit.Call) (int64, error) {
		if err := s.check(c); err != nil || !speaks(c) {
			return 0, err
		}
		chat, err := chatOf(c)
		if err != nil { // which the handler says
			return 0, nil
		}
		return chat, nil
	}
}

// chatInQuery is the chat that a call names in its query.
func chatInQuery(c *httpkit.Call) (int64, error) {
	in := bind.Parse(nil, "")
	chat := in.Query(c.Request().URL.Query()).Int("chat_id", bind.Positive)
	return chat, in.Err()
}

// chatInBody is the chat that a call names in its body.
func chatInBody(c *httpkit.Call) (int64, error) {
	in := bind.Parse(c.Body(), c.ContentType())
	chat := in.Int("chat_id", bind.Positive)
	return chat, in.Err()
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
