-- Messages on their way, and those that the mailbox of development mode keeps.

-- +goose Up
CREATE TABLE outbox (
    id        uuid        NOT NULL PRIMARY KEY, -- a UUID of version 7, so rows arrive in order
    recipient bytea       NOT NULL, -- keyed hash
    sealed    bytea       NOT NULL, -- the content; empty once it is of no more use
    state     text        NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    kept      boolean     NOT NULL,
    attempts  integer     NOT NULL,
    due_at    timestamptz NOT NULL, -- while owner is set: the end of its lease
    owner     text        NOT NULL -- '' when nobody is at it
);

CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'queued';
CREATE INDEX outbox_failed ON outbox (due_at) WHERE state = 'failed';
CREATE INDEX outbox_recipient ON outbox (recipient, id) WHERE kept;

-- +goose Down
DROP TABLE outbox;
