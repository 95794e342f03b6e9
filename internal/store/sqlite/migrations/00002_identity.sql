-- Who people are. Hashes are SHA-256 of random tokens, or keyed hashes of what
-- people could guess; a social security number is sealed, and bound to its user.

-- +goose Up
CREATE TABLE claims (
    kind    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    subject INTEGER NOT NULL, -- a user's id, or a ledger account's: the kind says which
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id                  INTEGER NOT NULL PRIMARY KEY,
    uuid                BLOB    NOT NULL UNIQUE,
    first_name          TEXT    NOT NULL,
    last_name           TEXT    NOT NULL,
    date_of_birth       TEXT    NOT NULL, -- YYYY-MM-DD, or ''
    address             TEXT    NOT NULL,
    city                TEXT    NOT NULL,
    state               TEXT    NOT NULL,
    post_code           TEXT    NOT NULL,
    email               TEXT    NOT NULL, -- as claimed, or ''
    phone               TEXT    NOT NULL, -- as claimed, or ''
    social_security     BLOB,             -- sealed
    two_factor_required INTEGER NOT NULL CHECK (two_factor_required IN (0, 1)),
    status              TEXT    NOT NULL CHECK (status IN ('active', 'inactive')),
    created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    hash    TEXT    NOT NULL -- Argon2id, PHC string form
) STRICT;

CREATE TABLE registrations (
    email           TEXT    NOT NULL PRIMARY KEY,
    phone           TEXT    NOT NULL,
    social_security BLOB    NOT NULL, -- keyed hash
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX registrations_age ON registrations (created_at);

CREATE TABLE codes (
    flow       TEXT    NOT NULL,
    person     BLOB    NOT NULL, -- keyed hash
    hash       BLOB    NOT NULL, -- keyed hash
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (flow, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX codes_expiry ON codes (expires_at);

CREATE TABLE wrong_codes (
    id     INTEGER NOT NULL PRIMARY KEY,
    flow   TEXT    NOT NULL,
    person BLOB    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

CREATE INDEX wrong_codes_person ON wrong_codes (flow, person, at);
CREATE INDEX wrong_codes_age ON wrong_codes (at);

CREATE TABLE failures (
    scope   BLOB    NOT NULL, -- keyed hash
    attempt BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (scope, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX failures_age ON failures (at);

CREATE TABLE failure_blocks (
    scope   BLOB    NOT NULL PRIMARY KEY,
    strikes INTEGER NOT NULL CHECK (strikes > 0),
    until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX failure_blocks_end ON failure_blocks (until);

CREATE TABLE resets (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    token      BLOB    NOT NULL UNIQUE, -- SHA-256
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX resets_expiry ON resets (expires_at);

CREATE TABLE sessions (
    token        BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    id           BLOB    NOT NULL,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    surface      TEXT    NOT NULL,
    assurance    INTEGER NOT NULL CHECK (assurance IN (1, 2)),
    user_agent   TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER -- NULL while it is not ended
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE roles (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE role_permissions (
    role_id    INTEGER NOT NULL REFERENCES roles (id),
    permission TEXT    NOT NULL,
    PRIMARY KEY (role_id, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_roles (
    user_id INTEGER NOT NULL REFERENCES users (id),
    role_id INTEGER NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_permissions (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    permission TEXT    NOT NULL,
    PRIMARY KEY (user_id, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_groups (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE group_members (
    user_id  INTEGER NOT NULL REFERENCES users (id),
    group_id INTEGER NOT NULL REFERENCES user_groups (id),
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;

INSERT INTO roles (id, name) VALUES (1, 'USER'), (2, 'ADMIN');
INSERT INTO sequences (name, next) VALUES ('role', 3);
INSERT INTO role_permissions (role_id, permission)
VALUES (1, 'EDIT_PROFILE'), (1, 'USE_MONEY'), (2, 'EDIT_PROFILE'), (2, 'USE_MONEY'), (2, '*');

-- +goose Down
DROP TABLE group_members;
DROP TABLE user_groups;
DROP TABLE user_permissions;
DROP TABLE user_roles;
DROP TABLE role_permissions;
DROP TABLE roles;
DROP TABLE sessions;
DROP TABLE resets;
DROP TABLE failure_blocks;
DROP TABLE failures;
DROP TABLE wrong_codes;
DROP TABLE codes;
DROP TABLE registrations;
DROP TABLE credentials;
DROP TABLE users;
DROP TABLE claims;
