package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/identity"
)

// userColumns are what scanUser reads; userFacts are those that UpdateUser writes.
const (
	userFacts = `first_name, last_name, date_of_birth, address, city, state, post_code,
		patronymic, username, description, background_color, profile_image,
		email, email_verified, phone, login, telegram_id, two_factor_required, status`
	userColumns = `id, uuid, social_security, created_at, COALESCE(updated_at, created_at), ` + userFacts
)

// userValues are the values of userFacts.
func userValues(u identity.User) []any {
	return []any{u.FirstName, u.LastName, orNull(u.DateOfBirth), u.Address, u.City, u.State, u.PostCode,
		u.Patronymic, u.Username, u.Description, u.BackgroundColor, u.ProfileImage,
		u.Email, u.EmailVerified, u.Phone, u.Login, u.TelegramID, u.TwoFactorRequired, string(u.Status)}
}

// InsertUser adds a user.
func (tx *Tx) InsertUser(u identity.User) error {
	return tx.exec(`INSERT INTO users (id, uuid, social_security, created_at, `+userFacts+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		append([]any{int64(u.ID), uuid(u.UUID), u.SocialSecurity, u.CreatedAt}, userValues(u)...)...)
}

// UpdateUser writes the facts about a user.
func (tx *Tx) UpdateUser(u identity.User) error {
	return tx.exec(`UPDATE users SET (updated_at, `+userFacts+`) =
		($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) WHERE id = $1`,
		append([]any{int64(u.ID), tx.now}, userValues(u)...)...)
}

// User reads a user, or returns identity.ErrNoUser. An Update locks the user.
func (tx *Tx) User(user identity.UserID) (u identity.User, err error) {
	found := false
	err = tx.rows(`SELECT `+userColumns+` FROM users WHERE id = $1`+tx.locking(), func(row pgx.Rows) error {
		found = true
		return scanUser(row, &u)
	}, int64(user))
	if err != nil {
		return identity.User{}, err
	}
	if !found {
		return identity.User{}, identity.ErrNoUser
	}
	return u, nil
}

// PublicUsers lists active users with a login, by id.
func (tx *Tx) PublicUsers(after identity.UserID, limit int) (list []identity.User, err error) {
	err = tx.rows(`SELECT `+userColumns+` FROM users WHERE login <> '' AND status = 'active' AND id > $1 ORDER BY id LIMIT $2`, func(row pgx.Rows) error {
		list = append(list, identity.User{})
		return scanUser(row, &list[len(list)-1])
	}, int64(after), limit)
	return list, err
}

func scanUser(row pgx.Rows, u *identity.User) error {
	var number int64
	var born *time.Time
	var status string
	err := row.Scan(&number, (*uuid)(&u.UUID), &u.SocialSecurity, &u.CreatedAt, &u.UpdatedAt,
		&u.FirstName, &u.LastName, &born, &u.Address, &u.City, &u.State, &u.PostCode,
		&u.Patronymic, &u.Username, &u.Description, &u.BackgroundColor, &u.ProfileImage,
		&u.Email, &u.EmailVerified, &u.Phone, &u.Login, &u.TelegramID, &u.TwoFactorRequired, &status)
	u.ID, u.Status = identity.UserID(number), identity.Status(status)
	if born != nil {
		u.DateOfBirth = born.UTC()
	}
	return err
}

// SetUserStatus changes a user's status.
func (tx *Tx) SetUserStatus(user identity.UserID, status identity.Status) error {
	return tx.exec(`UPDATE users SET status = $2 WHERE id = $1`, int64(user), string(status))
}

// SetTwoFactorRequired changes how a user may sign in.
func (tx *Tx) SetTwoFactorRequired(user identity.UserID, required bool) error {
	return tx.exec(`UPDATE users SET two_factor_required = $2 WHERE id = $1`, int64(user), required)
}

// Credential reads a user's password hash, or "".
func (tx *Tx) Credential(user identity.UserID) (hash string, err error) {
	_, err = tx.row(`SELECT hash FROM credentials WHERE user_id = $1`, []any{&hash}, int64(user))
	return hash, err
}

// SetCredential replaces a user's password hash.
func (tx *Tx) SetCredential(user identity.UserID, hash string) error {
	return tx.exec(`INSERT INTO credentials (user_id, hash) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash`, int64(user), hash)
}

// PutRegistration keeps a registration in place of one for the same e-mail.
func (tx *Tx) PutRegistration(r identity.Registration) error {
	return tx.exec(`INSERT INTO registrations (email, phone, social_security, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (email) DO UPDATE SET phone = excluded.phone, social_security = excluded.social_security, created_at = excluded.created_at`,
		r.Email, r.Phone, r.SocialSecurity[:], r.CreatedAt)
}

// Registration finds a registration by its e-mail, and locks it in an Update.
func (tx *Tx) Registration(email string) (r identity.Registration, found bool, err error) {
	if !storable(email) {
		return r, false, nil
	}
	found, err = tx.row(`SELECT email, phone, social_security, created_at FROM registrations WHERE email = $1`+tx.locking(),
		[]any{&r.Email, &r.Phone, fixed(r.SocialSecurity[:]), &r.CreatedAt}, email)
	return r, found, err
}

// DeleteRegistration removes a registration.
func (tx *Tx) DeleteRegistration(email string) error {
	return tx.exec(`DELETE FROM registrations WHERE email = $1`, email)
}

// DeleteRegistrations removes old registrations, but for one that is replaced by a
// new one at this moment.
func (tx *Tx) DeleteRegistrations(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM registrations WHERE email IN (SELECT email FROM registrations WHERE created_at <= $1 LIMIT $2) AND created_at <= $1`, before, limit)
}
