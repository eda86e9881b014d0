//go:build unix

package keyring_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// A shell's <(…) is a FIFO, and opening one waits for a writer that may never come.
func TestKeysFromFileDoesNotWaitForAFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no FIFO can be made here: ", err)
	}
	refused := make(chan error, 1)
	go func() {
		_, err := keyring.KeysFromFile(path)
		refused <- err
	}()
	select {
	case err := <-refused:
		if err == nil || !strings.Contains(err.Error(), "is not a regular file") || !strings.Contains(err.Error(), "KeysFromEnv") {
			t.Errorf("a FIFO: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("KeysFromFile waits for a writer")
		if writer, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			writer.Close()
		}
	}
}

// A program of root may read the files of every user, and any user may put one or a link into a
// folder such as /tmp. The user knows what is in it and could forge cookies.
func TestKeysFromFileReadsNoFileOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away: run the tests as root")
	}
	const another = 65534
	for name, give := range map[string]func(path, link string) (read string, err error){
		"a file": func(path, _ string) (string, error) { return path, os.Chown(path, another, -1) },
		"a file that all may read": func(path, _ string) (string, error) {
			return path, firstError(os.Chmod(path, 0o444), os.Chown(path, another, -1))
		},
		"a file behind a link":       func(path, link string) (string, error) { return link, os.Chown(path, another, -1) },
		"a link to a file of root's": func(_, link string) (string, error) { return link, os.Lchown(link, another, -1) },
	} {
		folder := t.TempDir()
		path, link := filepath.Join(folder, "own", "keys"), filepath.Join(folder, "link")
		if err := firstError(os.Mkdir(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(secretLine), 0o600), os.Symlink(path, link), os.Chmod(folder, 0o777)); err != nil {
			t.Fatal(err)
		}
		for _, own := range []string{path, link} {
			if _, err := keyring.KeysFromFile(own); err != nil {
				t.Fatalf("%s, before it is given away: %v", name, err)
			}
		}
		read, err := give(path, link)
		if err != nil {
			t.Fatal(err)
		}
		_, err = keyring.KeysFromFile(read)
		if err == nil || !strings.Contains(err.Error(), "belongs to the user 65534, which could forge cookies: ") || !strings.Contains(err.Error(), "to the user that runs the program or to root") || !strings.Contains(err.Error(), read) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// root may do everything, so another user is asked for.
func TestErrorsOfAFileThatThisUserMayNotUseNameTheWayOut(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read and write everything: run the tests as another user")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "keys")
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return os.Chmod(folder, 0o500) }, "let the program write the folder"},
		{func() error {
			return firstError(os.Chmod(folder, 0o700), os.WriteFile(path, []byte(secretLine), 0o200))
		}, "let the user that runs the program read the file"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.KeysFromFile(path); err == nil || !strings.Contains(err.Error(), step.want) {
			t.Errorf("%v, want an error with %q", err, step.want)
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
