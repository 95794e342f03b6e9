// Package botclient decides who may act for a Telegram chat: a chat's id is no
// secret, so a bot signs its requests, and a Mini App brings what Telegram has
// signed. The package keeps the bots' secrets, sealed, and checks signatures and
// Mini App data. What may be done for a chat is identity's to say; how a request
// carries its signature is the surface's.
//
// A client may have several secrets at a time, so that they can be changed one
// after the other while it runs.
package botclient

import (
	"regexp"
	"strconv"
	"time"

	"purse/internal/fault"
)

// ID names a client, such as "telegram_bot".
type ID string

// SecretID names a secret of a client: positive, below 2^53.
type SecretID int64

// clientID is the form of a client's id.
var clientID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// Valid reports whether an id has 1 to 64 letters, digits, "_", "." and "-", the
// first a letter or a digit.
func (id ID) Valid() bool { return clientID.MatchString(string(id)) }

// Errors of bot clients.
var (
	// ErrUnsigned is a request for a chat that nobody has signed.
	ErrUnsigned = fault.Define(fault.Unauthenticated, "botclient.unsigned", "the request is not signed")
	// ErrSignature is a signature that is wrong, too old or too new, or was used before.
	ErrSignature = fault.Define(fault.Unauthenticated, "botclient.signature", "the signature is not valid")
	// ErrInitData is Mini App data that Telegram has not signed for this bot, or
	// that is too old, or another chat's.
	ErrInitData = fault.Define(fault.Unauthenticated, "botclient.init_data", "the Mini App data is not valid")
	// ErrID is a client's id of another form.
	ErrID = fault.Define(fault.Invalid, "botclient.id", "a client's id has 1 to 64 letters, digits, '_', '.' and '-'")
	// ErrNone is a client or a secret that does not exist.
	ErrNone = fault.Define(fault.NotFound, "botclient.none", "there is no such bot client")
)

// Row is a secret as it is kept.
type Row struct {
	Client    ID
	Secret    SecretID
	Sealed    []byte // bound to the client and the id
	CreatedAt time.Time
}

// associated binds a sealed secret to its row.
func associated(client ID, secret SecretID) []byte {
	return strconv.AppendInt([]byte("bot client "+string(client)+" "), int64(secret), 10)
}

// Tx is the rows of bot clients.
type Tx interface {
	// Now is the unit's one time.
	Now() time.Time
	// NextID gives the next number of a named sequence.
	NextID(sequence string) (int64, error)

	// InsertBotSecret adds a secret.
	InsertBotSecret(Row) error
	// BotSecrets lists all secrets of all clients, by client and age.
	BotSecrets() ([]Row, error)
	// ResealBotSecret replaces a sealed secret, unless it is no longer from.
	ResealBotSecret(client ID, secret SecretID, from, to []byte) error
	// DeleteBotSecret removes a secret of a client and says whether there was one.
	DeleteBotSecret(ID, SecretID) (bool, error)

	// UseBotSignature notes that a signature, by its hash, was accepted, and says
	// whether it had not been before: of many at once, one is first.
	UseBotSignature(hash [32]byte, expiresAt time.Time) (bool, error)
	// DeleteBotSignatures removes at most limit that expired at or before the
	// given time and returns how many there were.
	DeleteBotSignatures(before time.Time, limit int) (int, error)
}
