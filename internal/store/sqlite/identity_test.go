package sqlite_test

import (
	"testing"

	"purse/internal/store/storetest"
)

func TestIdentityContract(t *testing.T) { storetest.Identity(t, openForContract) }
