-- Wallets with names and a monthly fee, and accounts that are blocked until
-- what they owe is paid.

-- +goose Up
-- Rows that are there fit the wider constraint: they need not be read for it.
ALTER TABLE accounts DROP CONSTRAINT accounts_status_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_status_check CHECK (status IN ('open', 'blocked', 'frozen', 'closed')) NOT VALID;

-- The defaults are for wallets that the version before opens meanwhile.
ALTER TABLE wallets ADD COLUMN name text NOT NULL DEFAULT 'My wallet';
ALTER TABLE wallets ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE wallets ADD COLUMN fee_due_at timestamptz NOT NULL DEFAULT now() + interval '720 hours'; -- when the fee is asked for next
UPDATE wallets SET updated_at = created_at, fee_due_at = created_at + interval '720 hours';
CREATE INDEX wallets_fee ON wallets (fee_due_at, account_id);

-- A person has one wallet of each currency; of those who have more, the oldest counts.
INSERT INTO claims (kind, value, subject)
SELECT DISTINCT ON (owner_id, currency) 'wallet', owner_id || ' ' || currency, account_id FROM wallets ORDER BY owner_id, currency, position, account_id;

-- +goose Down
DELETE FROM claims WHERE kind = 'wallet';
DROP INDEX wallets_fee;
ALTER TABLE wallets DROP COLUMN fee_due_at;
ALTER TABLE wallets DROP COLUMN updated_at;
ALTER TABLE wallets DROP COLUMN name;
UPDATE accounts SET status = 'open' WHERE status = 'blocked';
ALTER TABLE accounts DROP CONSTRAINT accounts_status_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_status_check CHECK (status IN ('open', 'frozen', 'closed'));
