-- Messages on their way, and those that the mailbox of development mode keeps.

-- +goose Up
CREATE TABLE outbox (
    id        BLOB    NOT NULL PRIMARY KEY, -- a UUID of version 7, so rows arrive in order
    recipient BLOB    NOT NULL,             -- keyed hash
    sealed    BLOB    NOT NULL,             -- the content; empty once it is of no more use
    state     TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    kept      INTEGER NOT NULL CHECK (kept IN (0, 1)),
    attempts  INTEGER NOT NULL,
    due_at    INTEGER NOT NULL,             -- while owner is set: the end of its lease
    owner     TEXT    NOT NULL              -- '' when nobody is at it
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'queued';
CREATE INDEX outbox_failed ON outbox (due_at) WHERE state = 'failed';
CREATE INDEX outbox_recipient ON outbox (recipient, id) WHERE kept = 1;

-- +goose Down
DROP TABLE outbox;
