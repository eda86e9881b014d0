//go:build unix

package keyring

import (
	"io/fs"
	"os"
	"syscall"
)

// withoutWaiting is the flag with which a FIFO is opened at once. Without it, opening waits for a
// writer.
const withoutWaiting = syscall.O_NONBLOCK

// foreignOwner returns the user that a file or link belongs to, if that is neither the user that
// runs the program nor root.
func foreignOwner(info fs.FileInfo) (user uint32, foreign bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	user = stat.Uid
	return user, user != 0 && int64(user) != int64(os.Geteuid())
}
