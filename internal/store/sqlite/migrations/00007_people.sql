-- What the surfaces besides the bank keep about people, and refresh tokens.

-- +goose Up
ALTER TABLE users ADD COLUMN login TEXT NOT NULL DEFAULT '';             -- as claimed, or ''
ALTER TABLE users ADD COLUMN telegram_id INTEGER NOT NULL DEFAULT 0;     -- as claimed, or 0
ALTER TABLE users ADD COLUMN username TEXT NOT NULL DEFAULT '';          -- shown, not unique
ALTER TABLE users ADD COLUMN patronymic TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN background_color TEXT NOT NULL DEFAULT '';  -- '#rrggbb', or ''
ALTER TABLE users ADD COLUMN profile_image TEXT NOT NULL DEFAULT '';     -- a URL that a person gave; never fetched
-- Whoever is there already came through the bank's mailed code.
ALTER TABLE users ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 1 CHECK (email_verified IN (0, 1));
ALTER TABLE users ADD COLUMN updated_at INTEGER;                         -- NULL while nothing was changed

CREATE TABLE refresh_tokens (
    id         BLOB    NOT NULL PRIMARY KEY,
    session_id BLOB    NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER -- NULL while it was not used
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- +goose Down
DROP TABLE refresh_tokens;
ALTER TABLE users DROP COLUMN updated_at;
ALTER TABLE users DROP COLUMN email_verified;
ALTER TABLE users DROP COLUMN profile_image;
ALTER TABLE users DROP COLUMN background_color;
ALTER TABLE users DROP COLUMN description;
ALTER TABLE users DROP COLUMN patronymic;
ALTER TABLE users DROP COLUMN username;
ALTER TABLE users DROP COLUMN telegram_id;
ALTER TABLE users DROP COLUMN login;
