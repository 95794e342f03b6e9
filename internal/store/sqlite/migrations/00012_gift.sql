-- Gift messages and boxes, and links that verify an e-mail address.

-- +goose Up
CREATE TABLE gift_messages (
    receiver_id INTEGER NOT NULL REFERENCES users (id),
    id          INTEGER NOT NULL, -- unique over all receivers
    sender_id   INTEGER REFERENCES users (id), -- NULL once the sender has left
    text        TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    moneybag    INTEGER NOT NULL CHECK (moneybag IN (0, 1)),
    transfer_id BLOB    NOT NULL REFERENCES transfers (id),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (receiver_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX gift_messages_sender ON gift_messages (sender_id) WHERE sender_id IS NOT NULL;

-- What a person has been given, so that no page has to add it up.
CREATE TABLE gift_boxes (
    owner_id   INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    account_id INTEGER REFERENCES accounts (id), -- NULL until play money comes
    messages   INTEGER NOT NULL,                 -- how many there are
    received   INTEGER NOT NULL                  -- real won, into a wallet
) STRICT;

CREATE TABLE email_links (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    hash       BLOB    NOT NULL, -- SHA-256 of a random token and the address
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX email_links_expiry ON email_links (expires_at);

-- For the removal of a person.
CREATE INDEX refresh_tokens_owner ON refresh_tokens (user_id);

-- +goose Down
DROP INDEX refresh_tokens_owner;
DROP TABLE email_links;
DROP TABLE gift_boxes;
DROP TABLE gift_messages;
