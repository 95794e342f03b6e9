-- Pictures that people gave of themselves, and the people whom others may see.

-- +goose Up
CREATE TABLE pictures (
    user_id bigint NOT NULL PRIMARY KEY REFERENCES users (id),
    type    text   NOT NULL,
    digest  bytea  NOT NULL, -- SHA-256 of bytes
    bytes   bytea  NOT NULL
);

CREATE INDEX users_public ON users (id) WHERE login <> '' AND status = 'active';

-- +goose Down
DROP INDEX users_public;
DROP TABLE pictures;
