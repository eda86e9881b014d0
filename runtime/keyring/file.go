package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// KeysFromFile reads secrets from a file, one per line, in base64 or base64url. Empty lines and
// lines that begin with # are skipped. A line may begin with a stage, as in "decode-only …". If
// none does, the first secret is primary and the others are decode-only.
//
// If there is no such file, KeysFromFile creates it with a new random secret, readable by its
// owner alone (0600), and logs a warning with slog.Default(). That suits development and a
// single machine. The folder must exist. Of two programs that create the file at once, both use
// the secret of the first.
//
// The file must be a regular one that only its owner may use. A file that a group or everyone
// may read, such as one of mode 0440 or 0444 that Kubernetes or Docker mounts, is accepted if no
// mode bit lets anyone write it, and if only the owner may write the folder that it is in. Other
// files are errors, and so is what [NewKeyRing] refuses.
func KeysFromFile(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createSecretFile(path); err != nil {
			return nil, fmt.Errorf("sessiongen: creating a secret: %w", err)
		}
		if info, err = os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("sessiongen: %s is a symbolic link to a file that does not exist: create that file, or remove the link", path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w: let the user that runs the program read the file and enter its folders", err)
	}
	if err := checkSecretFile(path, info); err != nil {
		return nil, fmt.Errorf("sessiongen: %s %w", path, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w: let the user that runs the program read the file", err)
	}
	return parseSecrets(path, strings.Split(string(content), "\n"))
}

// checkSecretFile refuses what is not a file, before it is opened: opening a FIFO waits for a
// writer. It also refuses a file that others may use.
func checkSecretFile(path string, info fs.FileInfo) error {
	const others, write = 0o077, 0o222
	switch permissions := info.Mode().Perm(); {
	case info.IsDir():
		return errors.New("is a folder: name a file in it. Docker mounts an empty folder if the file to mount is missing")
	case !info.Mode().IsRegular():
		return fmt.Errorf("is not a regular file (%v): put the secrets into a file, or into a variable for KeysFromEnv", info.Mode().Type())
	case os.PathSeparator != '/', permissions&others == 0:
		return nil
	case permissions&write != 0:
		return fmt.Errorf("may be used by others (%v): chmod 600 it. In a Kubernetes volume, set defaultMode: 0440; for a Docker secret, set mode: 0440", permissions)
	}
	return checkFolder(path)
}

// checkFolder refuses a file that others may replace. Kubernetes mounts symbolic links to files
// in a folder of its own, which counts.
func checkFolder(path string) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(filepath.Dir(target))
	if err != nil {
		return err
	}
	const othersWrite = 0o022
	if permissions := info.Mode().Perm(); permissions&othersWrite != 0 {
		return fmt.Errorf("may be read by others, and its folder may be written by others (%v): chmod 600 the file, or chmod go-w its folder", permissions)
	}
	return nil
}

// createSecretFile creates a file with a random secret. It never replaces a file.
func createSecretFile(path string) error {
	folder := filepath.Dir(path)
	draft, err := os.CreateTemp(folder, ".secret-*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist: create it, readable by the program's user alone, or name a file in another one", folder)
	}
	if err != nil {
		return fmt.Errorf("%w: let the program write the folder, or put a file with the output of `openssl rand -base64 32` at %s", err, path)
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintf(draft, "# Secrets of sessiongen, the primary one first. Whoever reads them can forge cookies.\n%s\n", randomSecret())
	if err = errors.Join(err, draft.Sync(), draft.Close()); err == nil {
		err = os.Link(draft.Name(), path)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil // another program was faster
	case err != nil:
		return fmt.Errorf("%w: put a file with the output of `openssl rand -base64 32` at %s, and chmod 600 it", err, path)
	}
	slog.Warn("sessiongen: created a file with a new secret: cookies of earlier secrets no longer open, and other machines need a copy of the file",
		slog.String("file", path))
	return nil
}
