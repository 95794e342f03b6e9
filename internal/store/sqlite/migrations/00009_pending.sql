-- What waits for a code under an id of its own: users to be, and new passwords.

-- +goose Up
CREATE TABLE pending (
    id         BLOB    NOT NULL PRIMARY KEY,
    flow       TEXT    NOT NULL,
    user_id    INTEGER NOT NULL, -- 0 for a user to be
    email      TEXT    NOT NULL, -- of a user to be, as phone
    phone      TEXT    NOT NULL,
    mailed     INTEGER NOT NULL CHECK (mailed IN (0, 1)), -- the code went to the e-mail address
    hash       TEXT    NOT NULL, -- of the password to be
    code       BLOB    NOT NULL, -- keyed hash
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_user ON pending (user_id) WHERE user_id > 0;
CREATE INDEX pending_expiry ON pending (expires_at);

-- +goose Down
DROP TABLE pending;
