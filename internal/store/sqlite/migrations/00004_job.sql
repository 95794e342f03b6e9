-- Scheduled work.

-- +goose Up
CREATE TABLE jobs (
    name        TEXT    NOT NULL PRIMARY KEY,
    due_at      INTEGER NOT NULL, -- of the schedule
    run_at      INTEGER NOT NULL, -- when to run it: due_at, or later after failures
    failures    INTEGER NOT NULL, -- since it last succeeded
    last_error  TEXT    NOT NULL, -- '' when it last succeeded
    lease_owner TEXT    NOT NULL, -- '' when nobody runs it
    lease_until INTEGER NOT NULL  -- 0 when nobody runs it
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE jobs;
