-- The sessions of Telegram chats, and the bots that may act for chats.

-- +goose Up
CREATE TABLE chat_sessions (
    chat_id    bigint NOT NULL PRIMARY KEY, -- Telegram's
    user_id    bigint NOT NULL REFERENCES users (id),
    session_id uuid   NOT NULL
);

CREATE INDEX chat_sessions_user ON chat_sessions (user_id);

-- A client has several secrets while it changes from one to the next.
CREATE TABLE bot_clients (
    client_id  text        NOT NULL,
    id         bigint      NOT NULL, -- of the secret
    secret     bytea       NOT NULL, -- sealed, and bound to the client and the id
    created_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id)
);

-- The signatures that were accepted, while they could be again.
CREATE TABLE bot_signatures (
    hash       bytea       NOT NULL PRIMARY KEY, -- SHA-256
    expires_at timestamptz NOT NULL
);

CREATE INDEX bot_signatures_expiry ON bot_signatures (expires_at);

-- +goose Down
DROP TABLE bot_signatures;
DROP TABLE bot_clients;
DROP TABLE chat_sessions;
