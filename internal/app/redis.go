package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/redis"
)

// openRedis makes the clients of the server that all nodes share, where there is
// one. One that is down is no reason not to start: Purse goes on without it, and
// the log says so.
func (a *App) openRedis(ctx context.Context) (err error) {
	if a.settings.RedisURL == "" {
		return nil
	}
	if a.redis, err = redis.Open(a.settings.RedisURL, a.log.Logger()); err != nil {
		return fmt.Errorf("PURSE_REDIS_URL is %w", err)
	}
	_ = a.redis.Ping(ctx) // the client has logged what is wrong
	a.nodes, err = redis.OpenBroadcast(a.settings.RedisURL, a.log.Logger())
	return err
}

// limiters are the limiter of this process and that of the limits that all nodes
// share.
func (a *App) limiters() (own, shared limit.Limiter) {
	if !a.settings.RateLimits {
		return limit.Off{}, limit.Off{}
	}
	memory := limit.NewMemory(a.clock)
	if a.redis == nil {
		return memory, memory
	}
	var ahead func() time.Duration
	if a.movable != nil {
		ahead = a.movable.Offset
	}
	return memory, redis.NewLimiter(a.redis, memory, a.clock, ahead)
}

// chatTokens is where bots look for the tokens of their chats, where there is such
// a place.
func chatTokens(client *redis.Client) identity.ChatTokens {
	if client == nil {
		return nil
	}
	return redis.NewTokenCache(client)
}

// checks are what Purse's readiness depends on.
func (a *App) checks() []httpkit.Check {
	checks := []httpkit.Check{{Name: "database", Test: a.testDatabase}}
	if a.redis != nil {
		checks = append(checks, httpkit.Check{Name: "redis", Degrades: true, Test: func(ctx context.Context) error {
			return errors.Join(a.redis.Ping(ctx), a.nodes.Test())
		}})
	}
	return checks
}
