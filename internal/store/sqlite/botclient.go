package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/botclient"
)

// InsertBotSecret adds a secret of a bot client.
func (tx *Tx) InsertBotSecret(r botclient.Row) error {
	return tx.exec(`INSERT INTO bot_clients (client_id, id, secret, created_at) VALUES (?1, ?2, ?3, ?4)`, string(r.Client), int64(r.Secret), r.Sealed, r.CreatedAt)
}

// BotSecrets lists all secrets by client and age.
func (tx *Tx) BotSecrets() (list []botclient.Row, err error) {
	err = tx.rows(`SELECT client_id, id, secret, created_at FROM bot_clients ORDER BY client_id, id`, func(stmt *sqlite.Stmt) error {
		list = append(list, botclient.Row{
			Client: botclient.ID(stmt.ColumnText(0)), Secret: botclient.SecretID(stmt.ColumnInt64(1)), Sealed: blob(stmt, 2), CreatedAt: instant(stmt, 3),
		})
		return nil
	})
	return list, err
}

// DeleteBotSecret removes a secret of a client.
func (tx *Tx) DeleteBotSecret(client botclient.ID, secret botclient.SecretID) (bool, error) {
	deleted, err := tx.changed(`DELETE FROM bot_clients WHERE client_id = ?1 AND id = ?2`, string(client), int64(secret))
	return deleted > 0, err
}

// UseBotSignature notes a signature, and says whether it was not noted before.
func (tx *Tx) UseBotSignature(hash [32]byte, expiresAt time.Time) (bool, error) {
	added, err := tx.changed(`INSERT INTO bot_signatures (hash, expires_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, hash[:], expiresAt)
	return added > 0, err
}

// DeleteBotSignatures removes expired signatures.
func (tx *Tx) DeleteBotSignatures(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM bot_signatures WHERE hash IN (SELECT hash FROM bot_signatures WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}
