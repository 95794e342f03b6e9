-- What wallets, cards, savings and bills are besides their ledger accounts.
-- Deleted cards and savings stay: histories name them.

-- +goose Up
CREATE TABLE wallets (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id   INTEGER NOT NULL REFERENCES users (id),
    currency   TEXT    NOT NULL,
    number     TEXT    NOT NULL, -- claimed by its keyed hash
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX wallets_owner ON wallets (owner_id);

CREATE TABLE cards (
    account_id    INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id      INTEGER NOT NULL REFERENCES users (id),
    wallet_id     INTEGER NOT NULL REFERENCES wallets (account_id),
    currency      TEXT    NOT NULL,
    sealed_number BLOB    NOT NULL, -- bound to the account's id; claimed by its keyed hash
    last_four     TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    expiry_year   INTEGER NOT NULL,
    expiry_month  INTEGER NOT NULL CHECK (expiry_month BETWEEN 1 AND 12),
    opening       INTEGER NOT NULL, -- the balance that it was made with
    created_at    INTEGER NOT NULL,
    deleted_at    INTEGER
) STRICT;

CREATE UNIQUE INDEX cards_last_four ON cards (owner_id, last_four) WHERE deleted_at IS NULL;

CREATE TABLE savings (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id   INTEGER NOT NULL REFERENCES users (id),
    currency   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    goal       INTEGER NOT NULL CHECK (goal > 0),
    opening    INTEGER NOT NULL, -- the balance that it was made with
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX savings_owner ON savings (owner_id) WHERE deleted_at IS NULL;

CREATE TABLE bills (
    id         INTEGER NOT NULL PRIMARY KEY,
    owner_id   INTEGER NOT NULL REFERENCES users (id),
    currency   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount > 0),
    due_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    paid_by    BLOB    REFERENCES transfers (id) -- NULL while it is unpaid
) STRICT;

CREATE INDEX bills_owner ON bills (owner_id);

-- +goose Down
DROP TABLE bills;
DROP TABLE savings;
DROP TABLE cards;
DROP TABLE wallets;
