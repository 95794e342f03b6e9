-- Scheduled work.

-- +goose Up
CREATE TABLE jobs (
    name        text        NOT NULL PRIMARY KEY,
    due_at      timestamptz NOT NULL, -- of the schedule
    run_at      timestamptz NOT NULL, -- when to run it: due_at, or later after failures
    failures    integer     NOT NULL, -- since it last succeeded
    last_error  text        NOT NULL, -- '' when it last succeeded
    lease_owner text        NOT NULL, -- '' when nobody runs it
    lease_until timestamptz -- NULL when nobody runs it
);

-- +goose Down
DROP TABLE jobs;
