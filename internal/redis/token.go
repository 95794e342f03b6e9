package redis

import (
	"context"
	"strconv"
	"time"
)

// TokenCache keeps the token of a Telegram chat where bots look for it, under
// chat_id:{id}:jwt. It is a convenience for them: a token that stays there after
// its session has ended, because the server was down, is worth nothing. What goes
// wrong is logged by the client and fails nobody's request.
type TokenCache struct{ client *Client }

// NewTokenCache makes a cache on the server.
func NewTokenCache(client *Client) *TokenCache { return &TokenCache{client} }

// Put keeps a chat's token for as long as it is good.
func (t *TokenCache) Put(ctx context.Context, chat int64, token string, ttl time.Duration) {
	if ttl < time.Millisecond {
		return // the server has no shorter time
	}
	_ = t.client.ask(ctx, func(ctx context.Context) error {
		return t.client.inner.Set(ctx, tokenKey(chat), token, ttl).Err()
	})
}

// Delete forgets a chat's token.
func (t *TokenCache) Delete(ctx context.Context, chat int64) {
	_ = t.client.ask(ctx, func(ctx context.Context) error {
		return t.client.inner.Del(ctx, tokenKey(chat)).Err()
	})
}

func tokenKey(chat int64) string { return "chat_id:" + strconv.FormatInt(chat, 10) + ":jwt" }
