//go:build !unix

package testserver

import (
	"os/exec"
	"syscall"
)

const (
	canRunServers = false
	pauseSignal   = syscall.SIGTERM
	resumeSignal  = syscall.SIGTERM
)

type account struct{}

func unprivileged(...string) *account { return nil }

func (*account) apply(*exec.Cmd) {}

func (*account) own(string) error { return nil }

func spawn(command *exec.Cmd) error { return command.Start() }
