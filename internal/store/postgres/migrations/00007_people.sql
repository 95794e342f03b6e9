-- What the surfaces besides the bank keep about people, and refresh tokens.

-- +goose Up
ALTER TABLE users ADD COLUMN login            text        NOT NULL DEFAULT ''; -- as claimed, or ''
ALTER TABLE users ADD COLUMN telegram_id      bigint      NOT NULL DEFAULT 0;  -- as claimed, or 0
ALTER TABLE users ADD COLUMN username         text        NOT NULL DEFAULT ''; -- shown, not unique
ALTER TABLE users ADD COLUMN patronymic       text        NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN description      text        NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN background_color text        NOT NULL DEFAULT ''; -- '#rrggbb', or ''
ALTER TABLE users ADD COLUMN profile_image    text        NOT NULL DEFAULT ''; -- a URL that a person gave; never fetched
-- Whoever is there already came through the bank's mailed code; so do those whom a node of the version before adds.
ALTER TABLE users ADD COLUMN email_verified   boolean     NOT NULL DEFAULT true;
ALTER TABLE users ADD COLUMN updated_at       timestamptz; -- NULL while nothing was changed

CREATE TABLE refresh_tokens (
    id         uuid        NOT NULL PRIMARY KEY,
    session_id uuid        NOT NULL,
    user_id    bigint      NOT NULL REFERENCES users (id),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz -- NULL while it was not used
);

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
