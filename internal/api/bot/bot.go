// Package bot is the REST surface of a Telegram bot and of the web front ends
// beside it: its routes, the JSON of its requests and answers, its tokens, and
// its words for errors. It translates and decides nothing: who people are is
// identity's, who may act for a chat is botclient's, money the products'.
package bot

import (
	"net/http"
	"time"

	"purse/internal/botclient"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/portfolio"
	"purse/internal/surface"
	"purse/internal/token"
)

// Services is what the endpoints work on.
type Services struct {
	People   *identity.Service
	Clients  *botclient.Service
	Accounts *portfolio.Service
	Tokens   *token.Signer
	// Unsigned lets everybody act for any chat, so that the document's samples run
	// as printed. For development only.
	Unsigned bool
}

// Sessions is how this surface's sessions live: as long as its longest tokens
// after the last use.
var Sessions = identity.SessionRule{Signed: true, Lifetime: longLifetime}

// The limits of requests, as the document announces them.
var (
	limitAuth = httpkit.Limit{Name: "bot-auth", Rate: limit.Rate{Count: 5, Period: time.Minute}, Per: httpkit.PerAddress, Announce: true, Shared: true}
	limitUser = httpkit.Limit{Name: "bot", Rate: limit.Rate{Count: 100, Period: time.Minute}, Per: httpkit.PerCaller, Announce: true, Shared: true}
	// limitChat is for the calls of bots, which speak for many chats from one address.
	limitChat = httpkit.Limit{Name: "bot-chat", Rate: limit.Rate{Count: 60, Period: time.Minute}, Per: httpkit.PerSubject, Announce: true, Shared: true}
)

// New makes the surface.
func New(s Services) httpkit.Surface {
	post := func(path string, access httpkit.Access, limit httpkit.Limit, handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Path: path, Access: access, Limit: limit, Handle: s.checked(handle)}
	}
	chats := func(path string, chat func(*httpkit.Call) (int64, error), handle func(*httpkit.Call) error) httpkit.Route {
		return httpkit.Route{
			Method: http.MethodPost, Path: path, Access: httpkit.Public, Limit: limitAuth, Handle: handle,
			Spokesman: &httpkit.Spokesman{Limit: limitChat, For: s.whom(s.speaks, chat)},
		}
	}
	confirm := httpkit.Route{ // whose token says for whom it acts: a signature only changes what is counted
		Method: http.MethodPost, Path: "/api/v1/auth/telegram/confirm", Access: httpkit.SignedIn, Limit: limitAuth, Handle: s.confirmLink,
		Spokesman: &httpkit.Spokesman{Limit: limitChat, For: s.whom(signed, chatInBody)},
	}
	return httpkit.Surface{
		Name: "bot", Authenticate: s.authenticate, WriteError: writeError,
		Prefixes: []string{"/api/v1"},
		Routes: []httpkit.Route{
			post("/api/v1/auth/register", httpkit.Public, limitAuth, s.register),
			post("/api/v1/auth/login", httpkit.Public, limitAuth, s.login),
			post("/api/v1/auth/refresh", httpkit.Public, limitAuth, s.refresh),
			post("/api/v1/auth/logout", httpkit.SignedIn, limitUser, s.logout),

			chats("/api/v1/auth/telegram/register", chatInQuery, s.forChats(s.registerChat)),
			chats("/api/v1/auth/token/get", s.chatOf, s.getToken), // which a Mini App may call without a signature
			chats("/api/v1/auth/token/refresh-telegram", chatInQuery, s.forChats(s.refreshChat)),
			chats("/api/v1/auth/telegram/start", chatInBody, s.forChats(s.startLink)),
			confirm,

			{Method: http.MethodGet, Path: "/api/v1/accounts", Access: httpkit.SignedIn, Limit: limitUser, Handle: s.checked(s.listAccounts)},
		},
	}
}

// client says where a request comes from.
func client(c *httpkit.Call) identity.Client { return surface.Client(c, identity.Bot) }
