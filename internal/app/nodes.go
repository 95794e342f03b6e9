package app

import (
	"strings"

	"purse/internal/botclient"
	"purse/internal/identity"
	"purse/internal/redis"
)

// What nodes tell each other begins with whose memory it is about.
const (
	aboutPeople = "people"
	aboutBots   = "bots"
)

// peers is the other nodes as one service knows them.
type peers struct {
	nodes *redis.Broadcast
	about string
}

// Forget tells them.
func (p peers) Forget(what string) (all bool) { return p.nodes.Tell(p.about + " " + what) }

// peersOfPeople is nil where there is no way to reach others, as is peersOfBots.
func peersOfPeople(nodes *redis.Broadcast) identity.Peers {
	if nodes == nil {
		return nil
	}
	return peers{nodes, aboutPeople}
}

func peersOfBots(nodes *redis.Broadcast) botclient.Peers {
	if nodes == nil {
		return nil
	}
	return peers{nodes, aboutBots}
}

// tells is the way to the other nodes; nil where there are none, as an embedded
// database is this process's alone. Commands of operators tell it what they change
// all the same.
func (a *App) tells() *redis.Broadcast {
	if a.settings.DatabaseURL == "" {
		return nil
	}
	return a.nodes
}

// hearing is who has a memory that other nodes, and commands, change.
type hearing struct {
	people *identity.Service
	bots   *botclient.Service
}

// one forgets what a text is about; all of it, when that is unknown.
func (h hearing) one(text string) {
	switch about, what, _ := strings.Cut(text, " "); about {
	case aboutPeople:
		h.people.Forget(what)
	case aboutBots:
		h.bots.Forget()
	default:
		h.all()
	}
}

// all forgets everything.
func (h hearing) all() {
	h.people.Forget("")
	h.bots.Forget()
}
