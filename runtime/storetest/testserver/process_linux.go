package testserver

import "syscall"

// attributes returns the attributes that make a server end with the tests, whatever ends them,
// and that keep the tests' Ctrl-C from it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
