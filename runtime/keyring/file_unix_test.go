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
