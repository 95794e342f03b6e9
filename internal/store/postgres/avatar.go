package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/avatar"
	"purse/internal/identity"
)

// Picture reads the picture that a user gave.
func (tx *Tx) Picture(user identity.UserID) (p avatar.Picture, found bool, err error) {
	found, err = tx.row(`SELECT type, digest, bytes FROM pictures WHERE user_id = $1`, []any{&p.Type, fixed(p.Digest[:]), &p.Bytes}, int64(user))
	return p, found, err
}

// PutPicture keeps a picture in place of the user's older one.
func (tx *Tx) PutPicture(user identity.UserID, p avatar.Picture) error {
	return tx.exec(`INSERT INTO pictures (user_id, type, digest, bytes) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id) DO UPDATE SET type = excluded.type, digest = excluded.digest, bytes = excluded.bytes`,
		int64(user), p.Type, p.Digest[:], p.Bytes)
}

// DeletePicture removes a user's picture.
func (tx *Tx) DeletePicture(user identity.UserID) error {
	return tx.exec(`DELETE FROM pictures WHERE user_id = $1`, int64(user))
}

// PictureDigests reads the digests of many users' pictures.
func (tx *Tx) PictureDigests(users []identity.UserID) (map[identity.UserID]avatar.Digest, error) {
	of := map[identity.UserID]avatar.Digest{}
	return of, tx.rows(`SELECT user_id, digest FROM pictures WHERE user_id = ANY ($1)`, func(row pgx.Rows) error {
		var user int64
		var digest avatar.Digest
		err := row.Scan(&user, fixed(digest[:]))
		of[identity.UserID(user)] = digest
		return err
	}, numbers(users))
}
