//go:build !linux

package pgtest

import "syscall"

// attributes are those of the server's process.
func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner}
}
