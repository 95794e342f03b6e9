-- The table of exchange rates in force.

-- +goose Up
CREATE TABLE fx_rates (
    currency text        NOT NULL PRIMARY KEY,
    rate     text        NOT NULL, -- exact decimal: units for one of the base; the base's own is 1
    base     text        NOT NULL, -- the same in every row
    at       timestamptz NOT NULL -- the same in every row
);

-- +goose Down
DROP TABLE fx_rates;
