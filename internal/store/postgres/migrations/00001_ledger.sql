-- The book. Amounts are minor units of the account's currency, ids are made by
-- Purse. Nothing here is a sequence, a trigger or a deferred constraint, and
-- nothing relies on a lock that is not a row's.

-- +goose Up
CREATE TABLE meta (
    key   text  NOT NULL PRIMARY KEY,
    value bytea NOT NULL -- text, of which the engine's own type takes no zero byte
);

CREATE TABLE sequences (
    name text   NOT NULL PRIMARY KEY,
    next bigint NOT NULL
) WITH (fillfactor = 50);

-- The newest unit of work of each writer, written in the unit's own
-- transaction: who was cut off at a commit finds out here what became of it.
CREATE TABLE units (
    node uuid        NOT NULL, -- one run of one Purse
    slot integer     NOT NULL, -- one of its writers
    unit uuid        NOT NULL,
    at   timestamptz NOT NULL,
    PRIMARY KEY (node, slot)
) WITH (fillfactor = 50);

-- Names that a unit of work has locked before there is a row to lock. A name
-- is inserted and deleted again in one transaction, so nobody ever sees a row:
-- the key makes others wait for the end of that transaction.
CREATE TABLE locks (
    name bytea NOT NULL PRIMARY KEY
);

CREATE TABLE accounts (
    id            bigint      NOT NULL PRIMARY KEY,
    owner_id      bigint      NOT NULL, -- 0 is the system
    kind          text        NOT NULL,
    currency      text        NOT NULL,
    balance       bigint      NOT NULL,
    held          bigint      NOT NULL CHECK (held >= 0),
    status        text        NOT NULL CHECK (status IN ('open', 'frozen', 'closed')),
    entries       bigint      NOT NULL, -- how many there are
    last_entry_id bigint      NOT NULL, -- 0 when there is none
    last_hash     bytea       NOT NULL,
    created_at    timestamptz NOT NULL,
    CHECK (owner_id = 0 OR balance >= held)
) WITH (fillfactor = 50); -- so that a new balance finds room on its page

CREATE INDEX accounts_owner ON accounts (owner_id) WHERE owner_id <> 0;

CREATE TABLE system_accounts (
    kind       text   NOT NULL,
    currency   text   NOT NULL,
    account_id bigint NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (kind, currency)
);

CREATE TABLE transfers (
    id             uuid        NOT NULL PRIMARY KEY, -- version 7: rows arrive in order
    kind           text        NOT NULL,
    actor_id       bigint      NOT NULL,
    meta           text        NOT NULL, -- JSON, kept to the letter: hashes cover it
    at             timestamptz NOT NULL,
    reverses       uuid,                 -- NULL unless this takes another transfer back
    first_entry_id bigint      NOT NULL, -- its entries have consecutive ids
    entry_count    integer     NOT NULL
);

CREATE UNIQUE INDEX transfers_reverses ON transfers (reverses) WHERE reverses IS NOT NULL;

-- An account's history is its entries by seq. Ids grow with time on each node,
-- so the index on them is written at its end.
CREATE TABLE entries (
    id            bigint  NOT NULL,
    transfer_id   uuid    NOT NULL,
    posting       integer NOT NULL,
    account_id    bigint  NOT NULL,
    counter_id    bigint  NOT NULL,
    amount        bigint  NOT NULL,
    balance_after bigint  NOT NULL,
    seq           bigint  NOT NULL,
    previous_id   bigint  NOT NULL, -- 0 for the first of an account
    hash          bytea   NOT NULL,
    PRIMARY KEY (account_id, seq)
);

CREATE INDEX entries_id ON entries (id);

CREATE TABLE holds (
    id          uuid        NOT NULL PRIMARY KEY,
    account_id  bigint      NOT NULL REFERENCES accounts (id),
    to_id       bigint      NOT NULL REFERENCES accounts (id),
    amount      bigint      NOT NULL CHECK (amount > 0),
    currency    text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    transfer_id uuid,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'held';

CREATE TABLE idempotency_keys (
    scope       text        NOT NULL,
    value       bytea       NOT NULL, -- as the caller sent it, in whatever encoding
    fingerprint bytea       NOT NULL,
    ref         text        NOT NULL,
    refusal     text        NOT NULL, -- '' for a success
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, value)
);

CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE holds;
DROP TABLE entries;
DROP TABLE transfers;
DROP TABLE system_accounts;
DROP TABLE accounts;
DROP TABLE locks;
DROP TABLE units;
DROP TABLE sequences;
DROP TABLE meta;
