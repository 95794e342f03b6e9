package sqlite

import (
	_ "github.com/gofrs/flock"
	_ "github.com/pressly/goose/v3"
	_ "zombiezen.com/go/sqlite"
	_ "zombiezen.com/go/sqlite/sqlitex"
	_ "modernc.org/sqlite"
)
