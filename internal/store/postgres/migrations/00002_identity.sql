-- Who people are. Hashes are SHA-256 of random tokens, or keyed hashes of what
-- people could guess; a social security number is sealed, and bound to its user.

-- +goose Up
CREATE TABLE claims (
    kind    text   NOT NULL,
    value   text   NOT NULL,
    subject bigint NOT NULL, -- a user's id, or a ledger account's: the kind says which
    PRIMARY KEY (kind, value)
);

CREATE TABLE users (
    id                  bigint      NOT NULL PRIMARY KEY,
    uuid                uuid        NOT NULL UNIQUE,
    first_name          text        NOT NULL,
    last_name           text        NOT NULL,
    date_of_birth       date, -- NULL when unknown
    address             text        NOT NULL,
    city                text        NOT NULL,
    state               text        NOT NULL,
    post_code           text        NOT NULL,
    email               text        NOT NULL, -- as claimed, or ''
    phone               text        NOT NULL, -- as claimed, or ''
    social_security     bytea, -- sealed; NULL when there is none
    two_factor_required boolean     NOT NULL,
    status              text        NOT NULL CHECK (status IN ('active', 'inactive')),
    created_at          timestamptz NOT NULL
);

CREATE TABLE credentials (
    user_id bigint NOT NULL PRIMARY KEY REFERENCES users (id),
    hash    text   NOT NULL -- Argon2id, PHC string form
);

CREATE TABLE registrations (
    email           text        NOT NULL PRIMARY KEY,
    phone           text        NOT NULL,
    social_security bytea       NOT NULL, -- keyed hash
    created_at      timestamptz NOT NULL
);

CREATE INDEX registrations_age ON registrations (created_at);

CREATE TABLE codes (
    flow       text        NOT NULL,
    person     bytea       NOT NULL, -- keyed hash
    hash       bytea       NOT NULL, -- keyed hash
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (flow, person)
);

CREATE INDEX codes_expiry ON codes (expires_at);

CREATE TABLE wrong_codes (
    id     uuid        NOT NULL PRIMARY KEY,
    flow   text        NOT NULL,
    person bytea       NOT NULL,
    at     timestamptz NOT NULL
);

CREATE INDEX wrong_codes_person ON wrong_codes (flow, person, at);
CREATE INDEX wrong_codes_age ON wrong_codes (at);

CREATE TABLE failures (
    scope   bytea       NOT NULL, -- keyed hash
    attempt uuid        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (scope, attempt)
);

CREATE INDEX failures_age ON failures (at);

CREATE TABLE failure_blocks (
    scope   bytea       NOT NULL PRIMARY KEY,
    strikes integer     NOT NULL CHECK (strikes > 0),
    until   timestamptz NOT NULL
);

CREATE INDEX failure_blocks_end ON failure_blocks (until);

CREATE TABLE resets (
    user_id    bigint      NOT NULL PRIMARY KEY REFERENCES users (id),
    token      bytea       NOT NULL UNIQUE, -- SHA-256
    expires_at timestamptz NOT NULL
);

CREATE INDEX resets_expiry ON resets (expires_at);

CREATE TABLE sessions (
    token        bytea       NOT NULL PRIMARY KEY, -- SHA-256
    id           uuid        NOT NULL,
    user_id      bigint      NOT NULL REFERENCES users (id),
    surface      text        NOT NULL,
    assurance    integer     NOT NULL CHECK (assurance IN (1, 2)),
    user_agent   text        NOT NULL,
    address      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz -- NULL while it is not ended
);

CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE roles (
    id   bigint NOT NULL PRIMARY KEY,
    name text   NOT NULL UNIQUE
);

CREATE TABLE role_permissions (
    role_id    bigint NOT NULL REFERENCES roles (id),
    permission text   NOT NULL,
    PRIMARY KEY (role_id, permission)
);

CREATE TABLE user_roles (
    user_id bigint NOT NULL REFERENCES users (id),
    role_id bigint NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
);

CREATE TABLE user_permissions (
    user_id    bigint NOT NULL REFERENCES users (id),
    permission text   NOT NULL,
    PRIMARY KEY (user_id, permission)
);

CREATE TABLE user_groups (
    id   bigint NOT NULL PRIMARY KEY,
    name text   NOT NULL UNIQUE
);

CREATE TABLE group_members (
    user_id  bigint NOT NULL REFERENCES users (id),
    group_id bigint NOT NULL REFERENCES user_groups (id),
    PRIMARY KEY (user_id, group_id)
);

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
