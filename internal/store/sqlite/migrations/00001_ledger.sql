-- The book. Times are microseconds since 1970 in UTC, amounts are minor units
-- of the account's currency, ids are made by Purse.

-- +goose Up
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sequences (
    name TEXT    NOT NULL PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id            INTEGER NOT NULL PRIMARY KEY,
    owner_id      INTEGER NOT NULL, -- 0 is the system
    kind          TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    balance       INTEGER NOT NULL,
    held          INTEGER NOT NULL CHECK (held >= 0),
    -- Not IN (…): with three values SQLite builds a table of them at every update.
    status        TEXT    NOT NULL CHECK (status = 'open' OR status = 'frozen' OR status = 'closed'),
    entries       INTEGER NOT NULL, -- how many there are
    last_entry_id INTEGER NOT NULL, -- 0 when there is none
    last_hash     BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    CHECK (owner_id = 0 OR balance >= held)
) STRICT;

CREATE INDEX accounts_owner ON accounts (owner_id) WHERE owner_id <> 0;

CREATE TABLE system_accounts (
    kind       TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (kind, currency)
) STRICT, WITHOUT ROWID;

-- Ids are UUIDs of version 7, so rows arrive in order and the table grows at its end.
CREATE TABLE transfers (
    id             BLOB    NOT NULL PRIMARY KEY,
    kind           TEXT    NOT NULL,
    actor_id       INTEGER NOT NULL,
    meta           TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    reverses       BLOB,             -- NULL unless this takes another transfer back
    first_entry_id INTEGER NOT NULL, -- its entries have consecutive ids
    entry_count    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transfers_reverses ON transfers (reverses) WHERE reverses IS NOT NULL;

-- Entries are appended in the order in which they happen and never found by
-- account: each carries its account's previous entry, and the account its
-- newest, so a history is a walk backwards.
CREATE TABLE entries (
    id            INTEGER NOT NULL PRIMARY KEY,
    transfer_id   BLOB    NOT NULL,
    posting       INTEGER NOT NULL,
    account_id    INTEGER NOT NULL,
    counter_id    INTEGER NOT NULL,
    amount        INTEGER NOT NULL,
    balance_after INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    previous_id   INTEGER NOT NULL, -- 0 for the first of an account
    hash          BLOB    NOT NULL
) STRICT;

CREATE TABLE holds (
    id          BLOB    NOT NULL PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    to_id       INTEGER NOT NULL REFERENCES accounts (id),
    amount      INTEGER NOT NULL CHECK (amount > 0),
    currency    TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    transfer_id BLOB,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'held';

CREATE TABLE idempotency_keys (
    scope       TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    ref         TEXT    NOT NULL,
    refusal     TEXT    NOT NULL, -- '' for a success
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (scope, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE holds;
DROP TABLE entries;
DROP TABLE transfers;
DROP TABLE system_accounts;
DROP TABLE accounts;
DROP TABLE sequences;
DROP TABLE meta;
