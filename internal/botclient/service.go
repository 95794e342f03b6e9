package botclient

import (
	"context"
	"fmt"
	"sync"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/secret"
	"purse/internal/unit"
)

const (
	// cacheLifetime is how long the secrets are remembered. What is added or removed
	// and cannot be told (Peers) counts everywhere within it, and a second with what
	// the requests take.
	cacheLifetime = 800 * time.Millisecond
	// cleanBatch bounds the rows that one unit of work of the clean-up removes.
	cleanBatch = 1000
)

// Peers are the other processes that answer for the same database, each with a
// memory of its own.
type Peers interface {
	// Forget has each of them call Service.Forget, and says whether all of them have.
	// It is called after the commit and returns within a fraction of a second.
	Forget(what string) (all bool)
}

// everySecret is what peers are told to forget: there is nothing else.
const everySecret = "secrets"

// Options is what a Service needs.
type Options struct {
	Work  unit.Work[Tx]
	Clock clock.Clock
	Root  *secret.Root // for sealing
	Peers Peers        // nil where there is no way to reach them
	// Fixed are the clients of the settings with their secrets; they exist beside
	// those that are kept in the database.
	Fixed map[ID][]string
	// BotToken is the token that Telegram gave the bot whose Mini App data is
	// believed; "" believes none.
	BotToken string
}

// Service is bot clients as a surface uses them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	clock    clock.Clock
	sealer   *secret.Sealer
	peers    Peers
	fixed    map[ID][][]byte
	appKey   []byte // of Mini App data; nil when none is believed
	absent   []byte // the secret of clients that do not exist
	mutex    sync.Mutex
	known    map[ID][][]byte // of the database; nil before the first look
	knownTo  time.Time       // when to look again
	lookedAt time.Time
	epoch    uint64 // how often something was forgotten
}

// New makes a service.
func New(o Options) *Service {
	s := &Service{work: o.Work, clock: o.Clock, sealer: o.Root.Sealer("bot client"), peers: o.Peers, fixed: map[ID][][]byte{}, absent: secret.Bytes(secret.TokenBytes)}
	for id, texts := range o.Fixed {
		for _, text := range texts {
			s.fixed[id] = append(s.fixed[id], []byte(text))
		}
	}
	if o.BotToken != "" {
		s.appKey = appKey(o.BotToken)
	}
	return s
}

// Listed is a secret as an operator sees it: everything but the secret.
type Listed struct {
	Client    ID
	Secret    SecretID
	CreatedAt time.Time
}

// Add gives a client, which may be new, one more secret, and returns it: it is
// shown this once. ErrID.
func (s *Service) Add(ctx context.Context, client ID) (added Listed, text string, err error) {
	if !client.Valid() {
		return Listed{}, "", ErrID
	}
	text = secret.Token()
	err = s.work.Update(ctx, func(tx Tx) error {
		number, err := tx.NextID("bot_secret")
		if err != nil {
			return err
		}
		added = Listed{client, SecretID(number), tx.Now()}
		return tx.InsertBotSecret(Row{Client: client, Secret: added.Secret, CreatedAt: added.CreatedAt, Sealed: s.sealer.Seal([]byte(text), associated(client, added.Secret))})
	})
	if err != nil {
		return Listed{}, "", err
	}
	s.changed()
	return added, text, nil
}

// List is the secrets of a client that are kept in the database, or of all
// clients when it is "".
func (s *Service) List(ctx context.Context, client ID) (list []Listed, err error) {
	rows, err := s.rows(ctx)
	for _, row := range rows {
		if client == "" || row.Client == client {
			list = append(list, Listed{row.Client, row.Secret, row.CreatedAt})
		}
	}
	return list, err
}

// Remove removes one secret of a client, or all when which is 0, from the
// database, and returns how many there were. ErrNone.
func (s *Service) Remove(ctx context.Context, client ID, which SecretID) (removed int, err error) {
	defer s.changed()
	err = s.work.Update(ctx, func(tx Tx) error {
		removed = 0
		rows, err := tx.BotSecrets()
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Client != client || which != 0 && row.Secret != which {
				continue
			}
			if _, err := tx.DeleteBotSecret(row.Client, row.Secret); err != nil {
				return err
			}
			removed++
		}
		if removed == 0 {
			return ErrNone
		}
		return nil
	})
	return removed, err
}

func (s *Service) rows(ctx context.Context) (rows []Row, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		rows, err = tx.BotSecrets()
		return err
	})
	return rows, err
}

// secrets are all secrets that the client may sign with now.
func (s *Service) secrets(ctx context.Context, client ID) ([][]byte, error) {
	now := s.clock.Now()
	s.mutex.Lock()
	known, epoch, fresh := s.known, s.epoch, s.known != nil && now.Before(s.knownTo)
	s.mutex.Unlock()
	if !fresh {
		rows, err := s.rows(ctx)
		if err != nil {
			return nil, err
		}
		if known, err = s.open(rows); err != nil {
			return nil, err
		}
		s.remember(known, now, epoch)
	}
	return append(append([][]byte{}, s.fixed[client]...), known[client]...), nil
}

// open reads the secrets of rows.
func (s *Service) open(rows []Row) (map[ID][][]byte, error) {
	known := map[ID][][]byte{}
	for _, row := range rows {
		text, err := s.sealer.Open(row.Sealed, associated(row.Client, row.Secret))
		if err != nil {
			return nil, fault.ErrInternal.Because(fmt.Errorf("botclient: secret %d: %w", row.Secret, err))
		}
		known[row.Client] = append(known[row.Client], text)
	}
	return known, nil
}

// remember keeps what was read at a time, unless something newer is there or
// something was forgotten since the epoch in which the read began.
func (s *Service) remember(known map[ID][][]byte, at time.Time, epoch uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if at.Before(s.lookedAt) || epoch != s.epoch {
		return
	}
	s.known, s.lookedAt, s.knownTo = known, at, at.Add(cacheLifetime)
}

// changed makes what was committed count at the next request, here and at the peers.
func (s *Service) changed() {
	s.Forget()
	if s.peers != nil {
		s.peers.Forget(everySecret)
	}
}

// Forget makes the next request look again, whatever a peer has changed. A look
// that is under way is not remembered.
func (s *Service) Forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.known = nil
	s.epoch++
}

// RemoveExpired removes the signatures that are too old to be accepted again.
func (s *Service) RemoveExpired(ctx context.Context) error {
	for {
		removed := 0
		err := s.work.Update(ctx, func(tx Tx) (err error) {
			removed, err = tx.DeleteBotSignatures(tx.Now(), cleanBatch)
			return err
		})
		if err != nil || removed < cleanBatch {
			return err
		}
	}
}
