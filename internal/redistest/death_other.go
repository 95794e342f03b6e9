//go:build !linux

package redistest

import "syscall"

// attributes are those of the server's process.
func attributes() *syscall.SysProcAttr { return nil }
