package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"purse/internal/store/schema"
)

// Migrate brings the schema of a database up to date, as Open does.
func Migrate(ctx context.Context, url string) error {
	config, err := configure(url, 1, 0)
	if err != nil {
		return err
	}
	requireWritable(config.ConnConfig)
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return migrate(ctx, config.ConnConfig, latest)
}

// Migrations lists the migrations of a database, and changes nothing in it.
func Migrations(ctx context.Context, url string) (_ []schema.Migration, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	var known bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&known); err != nil {
		return nil, fmt.Errorf("postgres: reading the schema version: %w", err)
	}
	applied := map[int64]time.Time{}
	if known {
		rows, err := conn.Query(ctx, `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied AND version_id > 0`)
		if err != nil {
			return nil, fmt.Errorf("postgres: reading the schema version: %w", err)
		}
		var version int64
		var at time.Time
		if _, err := pgx.ForEachRow(rows, []any{&version, &at}, func() error {
			applied[version] = at
			return nil
		}); err != nil {
			return nil, fmt.Errorf("postgres: reading the schema version: %w", err)
		}
	}
	return schema.List(migrations, "migrations", applied)
}

// countTables counts the tables of the schema in which Purse's would be.
const countTables = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`

// Tables counts the tables of a database, whoever has made them.
func Tables(ctx context.Context, url string) (count int, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if err := conn.QueryRow(ctx, countTables).Scan(&count); err != nil {
		return 0, fmt.Errorf("postgres: counting tables: %w", err)
	}
	return count, nil
}

// Syncs is how often the database's server has written its log out to disk since
// its statistics began: that of all its databases. They are up to a second old.
// The server counts it in one of two places, by its version.
func Syncs(ctx context.Context, url string) (count int64, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	const inIOView = 180000 // from this version on pg_stat_io has them
	var version int
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::integer`).Scan(&version); err != nil {
		return 0, fmt.Errorf("postgres: asking the version: %w", err)
	}
	query := `SELECT wal_sync FROM pg_stat_wal`
	if version >= inIOView {
		query = `SELECT coalesce(sum(fsyncs), 0)::bigint FROM pg_stat_io WHERE object = 'wal'`
	}
	if err := conn.QueryRow(ctx, query).Scan(&count); err != nil {
		return 0, fmt.Errorf("postgres: counting fsyncs: %w", err)
	}
	return count, nil
}

// Settle vacuums and analyzes the whole database and has the server write
// everything to its files, as far as the role may and the engine knows such things.
func Settle(ctx context.Context, url string) (err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		var refused *pgconn.PgError
		if _, err := conn.Exec(ctx, statement); err != nil && !(errors.As(err, &refused) && refused.Code[:2] == accessOrSyntax) {
			return fmt.Errorf("postgres: %s: %w", statement, err)
		}
	}
	return nil
}

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := configure(url, 1, 0)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("postgres: connecting: %w", err)
	}
	return conn, nil
}
