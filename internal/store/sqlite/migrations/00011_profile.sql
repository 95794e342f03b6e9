-- Pictures that people gave of themselves, and the people whom others may see.

-- +goose Up
CREATE TABLE pictures (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    type    TEXT    NOT NULL,
    digest  BLOB    NOT NULL, -- SHA-256 of bytes
    bytes   BLOB    NOT NULL
) STRICT;

CREATE INDEX users_public ON users (id) WHERE login <> '' AND status = 'active';

-- +goose Down
DROP INDEX users_public;
DROP TABLE pictures;
