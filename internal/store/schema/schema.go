// Package schema sets the migrations that a program carries beside those that
// a database has had. Engines read and run them; see their migrate functions.
package schema

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Migration is one step of a database's schema.
type Migration struct {
	Version int64
	Name    string    // "" when this program does not know it: a newer one has made it
	At      time.Time // when it was applied; zero when it is pending
}

// Applied reports whether the database has had it.
func (m Migration) Applied() bool { return !m.At.IsZero() }

// Known reports whether this program carries it.
func (m Migration) Known() bool { return m.Name != "" }

// List sets the files of a directory of migrations, named VERSION_NAME.sql,
// beside what was applied, by version.
func List(files fs.FS, directory string, applied map[int64]time.Time) ([]Migration, error) {
	names, err := fs.Glob(files, directory+"/*.sql")
	if err == nil && len(names) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("schema: the migrations in %s: %w", directory, err)
	}
	known := map[int64]bool{}
	var list []Migration
	for _, file := range names {
		m := Migration{}
		number, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		if _, err := fmt.Sscan(strings.TrimLeft(number, "0"), &m.Version); err != nil {
			return nil, fmt.Errorf("schema: %s is not named VERSION_NAME.sql: %w", file, err)
		}
		m.Name, m.At = name, applied[m.Version]
		known[m.Version] = true
		list = append(list, m)
	}
	for version, at := range applied {
		if !known[version] {
			list = append(list, Migration{Version: version, At: at})
		}
	}
	slices.SortFunc(list, func(a, b Migration) int { return int(a.Version - b.Version) })
	return list, nil
}
