//go:build unix

package testserver

import (
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"syscall"
)

const (
	canRunServers = true
	pauseSignal   = syscall.SIGSTOP
	resumeSignal  = syscall.SIGCONT
)

// account is a user that a server runs as.
type account struct{ credential *syscall.Credential }

// unprivileged returns the account for a server that refuses to run as root. It returns nil,
// which is the user of the test, unless that user is root.
func unprivileged(names ...string) *account {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range append(names, "nobody") {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(found.Uid, 10, 32)
		gid, _ := strconv.ParseUint(found.Gid, 10, 32)
		return &account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	return nil
}

// apply makes a command run as the account.
func (a *account) apply(command *exec.Cmd) {
	command.SysProcAttr = attributes()
	if a != nil {
		command.SysProcAttr.Credential = a.credential
	}
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

var spawner = struct {
	once    sync.Once
	started chan func()
}{started: make(chan func())}

// spawn starts a command on a thread that lasts as long as the program, because the system
// considers a process orphaned when the thread that started it ends.
func spawn(command *exec.Cmd) error {
	spawner.once.Do(func() {
		go func() {
			runtime.LockOSThread()
			for start := range spawner.started {
				start()
			}
		}()
	})
	result := make(chan error, 1)
	spawner.started <- func() { result <- command.Start() }
	return <-result
}
