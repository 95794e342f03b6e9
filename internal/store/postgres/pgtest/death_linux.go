package pgtest

import "syscall"

// attributes are those of the server's process, which ends when the tests are
// killed.
func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGQUIT}
}
