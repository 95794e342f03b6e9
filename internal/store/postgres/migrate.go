package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"purse/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewerSchema is a database that a newer Purse has changed.
var ErrNewerSchema = fault.Define(fault.Unavailable, "postgres.newer_schema", "the database was made by a newer version of Purse; run that version, or a newer one")

// The lease of who migrates: a row in a table. It outlives a node that dies by
// leaseTime, and others look for it every leaseRetry for as long as Open waits.
const (
	leaseTable = "migration_lease"
	leaseTime  = 20 * time.Second
	leaseBeat  = 5 * time.Second
	leaseRetry = 200 * time.Millisecond
)

// latest is the newest version of the schema, for migrate.
const latest = 0

// migrate brings the schema up to a version, each migration in a transaction.
// Of several nodes one does it, the others wait for it.
func migrate(ctx context.Context, config *pgx.ConnConfig, version int64) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	lease, err := lock.NewPostgresTableLocker(
		lock.WithTableName(leaseTable), lock.WithTableLeaseDuration(leaseTime), lock.WithTableHeartbeatInterval(leaseBeat),
		lock.WithTableLockTimeout(leaseRetry, uint64(openTimeout/leaseRetry)), lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return fmt.Errorf("postgres: the lease of migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithLocker(lease))
	if err != nil {
		return fmt.Errorf("postgres: reading migrations: %w", err)
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("postgres: reading the schema version: %w", err)
	}
	newest, err := newestMigration()
	if version == latest {
		version = newest
	}
	switch {
	case err != nil:
		return err
	case have > newest:
		return ErrNewerSchema
	case have >= version:
		return nil
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("postgres: migrating: %w", err)
	}
	return nil
}

// newestMigration is the schema version of this program.
func newestMigration() (version int64, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err == nil {
		_, err = fmt.Sscanf(path.Base(names[len(names)-1]), "%d_", &version)
	}
	if err != nil {
		return 0, fmt.Errorf("postgres: reading migrations: %w", err)
	}
	return version, nil
}
