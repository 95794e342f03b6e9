-- What wallets, cards, savings and bills are besides their ledger accounts.
-- Deleted cards and savings stay: histories name them.

-- +goose Up
CREATE TABLE wallets (
    account_id bigint      NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id   bigint      NOT NULL REFERENCES users (id),
    currency   text        NOT NULL,
    number     text        NOT NULL, -- claimed by its keyed hash
    position   integer     NOT NULL, -- how many the owner had before
    created_at timestamptz NOT NULL
);

CREATE INDEX wallets_owner ON wallets (owner_id, position);

CREATE TABLE cards (
    account_id    bigint      NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id      bigint      NOT NULL REFERENCES users (id),
    wallet_id     bigint      NOT NULL REFERENCES wallets (account_id),
    currency      text        NOT NULL,
    sealed_number bytea       NOT NULL, -- bound to the account's id; claimed by its keyed hash
    last_four     text        NOT NULL,
    first_name    text        NOT NULL,
    last_name     text        NOT NULL,
    expiry_year   integer     NOT NULL,
    expiry_month  integer     NOT NULL CHECK (expiry_month BETWEEN 1 AND 12),
    opening       bigint      NOT NULL, -- the balance that it was made with
    created_at    timestamptz NOT NULL,
    deleted_at    timestamptz
);

CREATE UNIQUE INDEX cards_last_four ON cards (owner_id, last_four) WHERE deleted_at IS NULL;

CREATE TABLE savings (
    account_id bigint      NOT NULL PRIMARY KEY REFERENCES accounts (id),
    owner_id   bigint      NOT NULL REFERENCES users (id),
    currency   text        NOT NULL,
    name       text        NOT NULL,
    goal       bigint      NOT NULL CHECK (goal > 0),
    opening    bigint      NOT NULL, -- the balance that it was made with
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);

CREATE INDEX savings_owner ON savings (owner_id) WHERE deleted_at IS NULL;

CREATE TABLE bills (
    id         bigint      NOT NULL PRIMARY KEY,
    owner_id   bigint      NOT NULL REFERENCES users (id),
    currency   text        NOT NULL,
    name       text        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    paid_by    uuid        REFERENCES transfers (id) -- NULL while it is unpaid
);

CREATE INDEX bills_owner ON bills (owner_id);

-- +goose Down
DROP TABLE bills;
DROP TABLE savings;
DROP TABLE cards;
DROP TABLE wallets;
