-- The table of exchange rates in force.

-- +goose Up
CREATE TABLE fx_rates (
    currency TEXT    NOT NULL PRIMARY KEY,
    rate     TEXT    NOT NULL, -- exact decimal: units for one of the base; the base's own is 1
    base     TEXT    NOT NULL, -- the same in every row
    at       INTEGER NOT NULL  -- the same in every row
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE fx_rates;
