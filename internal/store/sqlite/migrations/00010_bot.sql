-- The sessions of Telegram chats, and the bots that may act for chats.

-- +goose Up
CREATE TABLE chat_sessions (
    chat_id    INTEGER NOT NULL PRIMARY KEY, -- Telegram's
    user_id    INTEGER NOT NULL REFERENCES users (id),
    session_id BLOB    NOT NULL
) STRICT;

CREATE INDEX chat_sessions_user ON chat_sessions (user_id);

-- A client has several secrets while it changes from one to the next.
CREATE TABLE bot_clients (
    client_id  TEXT    NOT NULL,
    id         INTEGER NOT NULL, -- of the secret
    secret     BLOB    NOT NULL, -- sealed, and bound to the client and the id
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, id)
) STRICT, WITHOUT ROWID;

-- The signatures that were accepted, while they could be again.
CREATE TABLE bot_signatures (
    hash       BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX bot_signatures_expiry ON bot_signatures (expires_at);

-- Wallets that came from another owner are newer than those that a user had.
ALTER TABLE wallets ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE wallets DROP COLUMN position;
DROP TABLE bot_signatures;
DROP TABLE bot_clients;
DROP TABLE chat_sessions;
