package redistest

import "syscall"

// attributes are those of the server's process, which ends when the tests are
// killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
