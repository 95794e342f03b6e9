package redis

import (
	"strings"
	"testing"
	"time"

	"purse/internal/redistest"
)

func TestAChatsTokenIsKeptUnderItsKeyForItsTimeAndForgotten(t *testing.T) {
	c, _ := open(t, redistest.Start(t).URL())
	tokens := NewTokenCache(c)
	tokens.Put(t.Context(), 556399210, "first", 30*24*time.Hour)
	tokens.Put(t.Context(), -7, "a group's", time.Hour)
	tokens.Put(t.Context(), 556399210, "second", 30*24*time.Hour)
	if got := c.inner.Get(t.Context(), "chat_id:556399210:jwt").Val(); got != "second" {
		t.Errorf("the token is %q", got)
	}
	if got := c.inner.Get(t.Context(), "chat_id:-7:jwt").Val(); got != "a group's" {
		t.Errorf("the group's token is %q", got)
	}
	if ttl := c.inner.TTL(t.Context(), "chat_id:556399210:jwt").Val(); ttl > 30*24*time.Hour || ttl < 29*24*time.Hour {
		t.Errorf("it is kept for %s", ttl)
	}
	tokens.Delete(t.Context(), 556399210)
	tokens.Put(t.Context(), 8, "over", 0)
	if got := strings.Join(c.inner.Keys(t.Context(), "*").Val(), " "); got != "chat_id:-7:jwt" {
		t.Errorf("left: %s", got)
	}
}

func TestATokenThatCannotBeKeptFailsNobodyAndIsNotLogged(t *testing.T) {
	server := redistest.Start(t)
	c, log := open(t, server.URL())
	server.Kill(t)
	tokens := NewTokenCache(c)
	for range 50 {
		tokens.Put(t.Context(), 556399210, "canary", time.Hour)
		tokens.Delete(t.Context(), 556399210)
	}
	if text := log.String(); strings.Contains(text, "canary") || strings.Count(text, "\n") != 1 {
		t.Errorf("logged:\n%s", text)
	}
}
