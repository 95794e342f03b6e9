package sqlite_test

import (
	"testing"

	"purse/internal/store/storetest"
)

func TestJobContract(t *testing.T) { storetest.Job(t, openForContract) }
