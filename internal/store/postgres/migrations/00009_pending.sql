-- What waits for a code under an id of its own: users to be, and new passwords.

-- +goose Up
CREATE TABLE pending (
    id         uuid        NOT NULL PRIMARY KEY,
    flow       text        NOT NULL,
    user_id    bigint      NOT NULL, -- 0 for a user to be
    email      text        NOT NULL, -- of a user to be, as phone
    phone      text        NOT NULL,
    mailed     boolean     NOT NULL, -- the code went to the e-mail address
    hash       text        NOT NULL, -- of the password to be
    code       bytea       NOT NULL, -- keyed hash
    expires_at timestamptz NOT NULL
);

CREATE INDEX pending_user ON pending (user_id) WHERE user_id > 0;
CREATE INDEX pending_expiry ON pending (expires_at);

-- +goose Down
DROP TABLE pending;
