package bank

import (
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/surface"
)

// cookieName is the session's cookie, as the document names it.
const cookieName = "authorization"

// authenticate finds the caller by the cookie. When the session has slid, the
// cookie is issued again, so that both last equally long.
func (s Services) authenticate(c *httpkit.Call) (httpkit.Caller, error) {
	token := sessionToken(c)
	session, err := s.People.Check(c.Context(), token, identity.Bank)
	if err != nil {
		return httpkit.Caller{}, err
	}
	if session.Slid {
		s.setCookie(c, token)
	}
	return surface.Caller(session), nil
}

// sessionToken is what the cookie holds, or "".
func sessionToken(c *httpkit.Call) string {
	cookie, err := c.Request().Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (s Services) setCookie(c *httpkit.Call, token string) {
	cookie := s.cookie()
	cookie.Value, cookie.MaxAge = token, int(SessionLifetime.Seconds())
	c.SetCookie(cookie)
}

func (s Services) clearCookie(c *httpkit.Call) {
	cookie := s.cookie()
	cookie.MaxAge = -1 // written as Max-Age=0
	c.SetCookie(cookie)
}

// cookie is the session's cookie without a value. Pages of other sites may only
// send a cookie that is SameSite=None, and browsers take that only with Secure.
func (s Services) cookie() *http.Cookie {
	cookie := &http.Cookie{Name: cookieName, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
	if s.Secure && s.CrossSite {
		cookie.SameSite = http.SameSiteNoneMode
	}
	return cookie
}

// client says where a request comes from.
func client(c *httpkit.Call) identity.Client { return surface.Client(c, identity.Bank) }
