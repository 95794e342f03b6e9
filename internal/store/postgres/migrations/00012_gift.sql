-- Gift messages and boxes, and links that verify an e-mail address.

-- +goose Up
CREATE TABLE gift_messages (
    receiver_id bigint      NOT NULL REFERENCES users (id),
    id          bigint      NOT NULL, -- unique over all receivers
    sender_id   bigint      REFERENCES users (id), -- NULL once the sender has left
    text        text        NOT NULL,
    currency    text        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0),
    moneybag    boolean     NOT NULL,
    transfer_id uuid        NOT NULL REFERENCES transfers (id),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (receiver_id, id)
);

CREATE INDEX gift_messages_sender ON gift_messages (sender_id) WHERE sender_id IS NOT NULL;

-- What a person has been given, so that no page has to add it up.
CREATE TABLE gift_boxes (
    owner_id   bigint NOT NULL PRIMARY KEY REFERENCES users (id),
    account_id bigint REFERENCES accounts (id), -- NULL until play money comes
    messages   bigint NOT NULL,                 -- how many there are
    received   bigint NOT NULL                  -- real won, into a wallet
);

CREATE TABLE email_links (
    user_id    bigint      NOT NULL PRIMARY KEY REFERENCES users (id),
    hash       bytea       NOT NULL, -- SHA-256 of a random token and the address
    expires_at timestamptz NOT NULL
);

CREATE INDEX email_links_expiry ON email_links (expires_at);

-- For the removal of a person.
CREATE INDEX refresh_tokens_owner ON refresh_tokens (user_id);

-- +goose Down
DROP INDEX refresh_tokens_owner;
DROP TABLE email_links;
DROP TABLE gift_boxes;
DROP TABLE gift_messages;
