package sqlite

import (
	"errors"
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/identity"
)

// userColumns are what scanUser reads; userFacts are those that UpdateUser writes.
const (
	userFacts = `first_name, last_name, date_of_birth, address, city, state, post_code,
		patronymic, username, description, background_color, profile_image,
		email, email_verified, phone, login, telegram_id, two_factor_required, status`
	userColumns = `id, uuid, social_security, created_at, updated_at, ` + userFacts
)

// userValues are the values of userFacts.
func userValues(u identity.User) []any {
	born := ""
	if !u.DateOfBirth.IsZero() {
		born = u.DateOfBirth.Format(time.DateOnly)
	}
	return []any{u.FirstName, u.LastName, born, u.Address, u.City, u.State, u.PostCode,
		u.Patronymic, u.Username, u.Description, u.BackgroundColor, u.ProfileImage,
		u.Email, u.EmailVerified, u.Phone, u.Login, u.TelegramID, u.TwoFactorRequired, string(u.Status)}
}

// InsertUser adds a user.
func (tx *Tx) InsertUser(u identity.User) error {
	var sealed any // NULL when there is none
	if u.SocialSecurity != nil {
		sealed = u.SocialSecurity
	}
	return tx.exec(`INSERT INTO users (`+userColumns+`)
		VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)`,
		append([]any{int64(u.ID), u.UUID[:], sealed, u.CreatedAt}, userValues(u)...)...)
}

// UpdateUser writes the facts about a user.
func (tx *Tx) UpdateUser(u identity.User) error {
	return tx.exec(`UPDATE users SET (updated_at, `+userFacts+`) =
		(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) WHERE id = ?1`,
		append([]any{int64(u.ID), tx.now}, userValues(u)...)...)
}

// User reads a user, or returns identity.ErrNoUser.
func (tx *Tx) User(user identity.UserID) (u identity.User, err error) {
	var scanned error
	found, err := tx.row(`SELECT `+userColumns+` FROM users WHERE id = ?1`, func(stmt *sqlite.Stmt) { u, scanned = scanUser(stmt) }, int64(user))
	if err != nil || scanned != nil {
		return identity.User{}, errors.Join(err, scanned)
	}
	if !found {
		return identity.User{}, identity.ErrNoUser
	}
	return u, nil
}

// PublicUsers lists active users with a login, by id.
func (tx *Tx) PublicUsers(after identity.UserID, limit int) (list []identity.User, err error) {
	err = tx.rows(`SELECT `+userColumns+` FROM users WHERE login <> '' AND status = 'active' AND id > ?1 ORDER BY id LIMIT ?2`, func(stmt *sqlite.Stmt) error {
		user, err := scanUser(stmt)
		list = append(list, user)
		return err
	}, int64(after), limit)
	return list, err
}

func scanUser(stmt *sqlite.Stmt) (u identity.User, err error) {
	u.ID = identity.UserID(stmt.ColumnInt64(0))
	stmt.ColumnBytes(1, u.UUID[:])
	if !stmt.ColumnIsNull(2) {
		u.SocialSecurity = blob(stmt, 2)
	}
	u.CreatedAt = instant(stmt, 3)
	u.UpdatedAt = u.CreatedAt
	if !stmt.ColumnIsNull(4) {
		u.UpdatedAt = instant(stmt, 4)
	}
	u.FirstName, u.LastName = stmt.ColumnText(5), stmt.ColumnText(6)
	u.Address, u.City, u.State, u.PostCode = stmt.ColumnText(8), stmt.ColumnText(9), stmt.ColumnText(10), stmt.ColumnText(11)
	u.Patronymic, u.Username, u.Description = stmt.ColumnText(12), stmt.ColumnText(13), stmt.ColumnText(14)
	u.BackgroundColor, u.ProfileImage = stmt.ColumnText(15), stmt.ColumnText(16)
	u.Email, u.EmailVerified, u.Phone, u.Login = stmt.ColumnText(17), stmt.ColumnBool(18), stmt.ColumnText(19), stmt.ColumnText(20)
	u.TelegramID, u.TwoFactorRequired = stmt.ColumnInt64(21), stmt.ColumnBool(22)
	u.Status = identity.Status(stmt.ColumnText(23))
	if born := stmt.ColumnText(7); born != "" {
		if u.DateOfBirth, err = time.Parse(time.DateOnly, born); err != nil {
			return identity.User{}, fault.ErrInternal.Because(err)
		}
	}
	return u, nil
}

// SetUserStatus changes a user's status.
func (tx *Tx) SetUserStatus(user identity.UserID, status identity.Status) error {
	return tx.exec(`UPDATE users SET status = ?2 WHERE id = ?1`, int64(user), string(status))
}

// SetTwoFactorRequired changes how a user may sign in.
func (tx *Tx) SetTwoFactorRequired(user identity.UserID, required bool) error {
	return tx.exec(`UPDATE users SET two_factor_required = ?2 WHERE id = ?1`, int64(user), required)
}

// Credential reads a user's password hash, or "".
func (tx *Tx) Credential(user identity.UserID) (hash string, err error) {
	_, err = tx.row(`SELECT hash FROM credentials WHERE user_id = ?1`, func(stmt *sqlite.Stmt) { hash = stmt.ColumnText(0) }, int64(user))
	return hash, err
}

// SetCredential replaces a user's password hash.
func (tx *Tx) SetCredential(user identity.UserID, hash string) error {
	return tx.exec(`INSERT INTO credentials (user_id, hash) VALUES (?1, ?2) ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash`, int64(user), hash)
}

// PutRegistration keeps a registration in place of one for the same e-mail.
func (tx *Tx) PutRegistration(r identity.Registration) error {
	return tx.exec(`INSERT OR REPLACE INTO registrations (email, phone, social_security, created_at) VALUES (?1, ?2, ?3, ?4)`,
		r.Email, r.Phone, r.SocialSecurity[:], r.CreatedAt)
}

// Registration finds a registration by its e-mail.
func (tx *Tx) Registration(email string) (r identity.Registration, found bool, err error) {
	found, err = tx.row(`SELECT email, phone, social_security, created_at FROM registrations WHERE email = ?1`, func(stmt *sqlite.Stmt) {
		r.Email, r.Phone = stmt.ColumnText(0), stmt.ColumnText(1)
		stmt.ColumnBytes(2, r.SocialSecurity[:])
		r.CreatedAt = instant(stmt, 3)
	}, email)
	return r, found, err
}

// DeleteRegistration removes a registration.
func (tx *Tx) DeleteRegistration(email string) error {
	return tx.exec(`DELETE FROM registrations WHERE email = ?1`, email)
}

// DeleteRegistrations removes old registrations.
func (tx *Tx) DeleteRegistrations(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM registrations WHERE email IN (SELECT email FROM registrations WHERE created_at <= ?1 LIMIT ?2)`, before, limit)
}
