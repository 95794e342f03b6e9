-- Wallets with names and a monthly fee, and accounts that are blocked until
-- what they owe is paid.

-- +goose Up
-- SQLite changes no CHECK: the table is made anew. Foreign keys are not
-- enforced while migrations run, and name the table, not this one.
CREATE TABLE new_accounts (
    id            INTEGER NOT NULL PRIMARY KEY,
    owner_id      INTEGER NOT NULL, -- 0 is the system
    kind          TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    balance       INTEGER NOT NULL,
    held          INTEGER NOT NULL CHECK (held >= 0),
    -- Not IN (…): with three values SQLite builds a table of them at every update.
    status        TEXT    NOT NULL CHECK (status = 'open' OR status = 'blocked' OR status = 'frozen' OR status = 'closed'),
    entries       INTEGER NOT NULL, -- how many there are
    last_entry_id INTEGER NOT NULL, -- 0 when there is none
    last_hash     BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    CHECK (owner_id = 0 OR balance >= held)
) STRICT;

INSERT INTO new_accounts (id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at)
SELECT id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at FROM accounts ORDER BY id;

DROP TABLE accounts;
ALTER TABLE new_accounts RENAME TO accounts;
CREATE INDEX accounts_owner ON accounts (owner_id) WHERE owner_id <> 0;

ALTER TABLE wallets ADD COLUMN name TEXT NOT NULL DEFAULT 'My wallet';
ALTER TABLE wallets ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wallets ADD COLUMN fee_due_at INTEGER NOT NULL DEFAULT 0; -- when the fee is asked for next
UPDATE wallets SET updated_at = created_at, fee_due_at = created_at + 2592000000000; -- 30 days
CREATE INDEX wallets_fee ON wallets (fee_due_at);

-- A person has one wallet of each currency; of those who have more, the oldest counts.
INSERT INTO claims (kind, value, subject)
SELECT 'wallet', owner_id || ' ' || currency, min(account_id) FROM wallets GROUP BY owner_id, currency;

-- +goose Down
DELETE FROM claims WHERE kind = 'wallet';
DROP INDEX wallets_fee;
ALTER TABLE wallets DROP COLUMN fee_due_at;
ALTER TABLE wallets DROP COLUMN updated_at;
ALTER TABLE wallets DROP COLUMN name;
CREATE TABLE new_accounts (
    id            INTEGER NOT NULL PRIMARY KEY,
    owner_id      INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    balance       INTEGER NOT NULL,
    held          INTEGER NOT NULL CHECK (held >= 0),
    status        TEXT    NOT NULL CHECK (status = 'open' OR status = 'frozen' OR status = 'closed'),
    entries       INTEGER NOT NULL,
    last_entry_id INTEGER NOT NULL,
    last_hash     BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    CHECK (owner_id = 0 OR balance >= held)
) STRICT;
INSERT INTO new_accounts (id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at)
SELECT id, owner_id, kind, currency, balance, held, CASE status WHEN 'blocked' THEN 'open' ELSE status END, entries, last_entry_id, last_hash, created_at FROM accounts ORDER BY id;
DROP TABLE accounts;
ALTER TABLE new_accounts RENAME TO accounts;
CREATE INDEX accounts_owner ON accounts (owner_id) WHERE owner_id <> 0;
