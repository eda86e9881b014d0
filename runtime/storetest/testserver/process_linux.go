package testserver

import "syscall"

// attributes make a server end with the tests, whatever ends them, and keep a
// Ctrl-C that is meant for the tests from it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
