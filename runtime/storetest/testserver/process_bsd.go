//go:build unix && !linux

package testserver

import "syscall"

// attributes keep a Ctrl-C that is meant for the tests from a server.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
