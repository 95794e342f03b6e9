package botclient

import (
	"errors"
	"fmt"
	"strings"
)

// errSettings is a text of client secrets that cannot be read.
var errSettings = errors.New("write id:secret, several separated by commas; an id has letters, digits, '_', '.' and '-'")

// ParseClients reads "id:secret,…", where an id may come again with another
// secret, each of which has least characters or more. No error holds a secret.
func ParseClients(text string, least int) (map[ID][]string, error) {
	clients := map[ID][]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, secret, found := strings.Cut(pair, ":")
		id := ID(strings.TrimSpace(name))
		secret = strings.TrimSpace(secret)
		switch {
		case !found || !id.Valid() || secret == "":
			return nil, errSettings
		case len([]rune(secret)) < least:
			return nil, fmt.Errorf("the secret of %s has fewer than %d characters; make one with: head -c 32 /dev/urandom | base64", id, least)
		}
		clients[id] = append(clients[id], secret)
	}
	return clients, nil
}
