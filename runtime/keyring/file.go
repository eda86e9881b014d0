package keyring

import (
	"errors"
	"fmt"
	"io"
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
// mode bit lets anyone write it, and if only the owner may write the folder that it is in. On
// Unix, the file must belong to the user that runs the program or to root, and so must path if
// it is a symbolic link. Other files are errors, and so is what [NewKeyRing] refuses.
func KeysFromFile(path string) (*Keys, error) {
	file, err := openSecretFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createSecretFile(path); err != nil {
			return nil, fmt.Errorf("sessiongen: creating a secret: %w", err)
		}
		if file, err = openSecretFile(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("sessiongen: %s is a symbolic link to a file that does not exist: create that file, or remove the link", path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w: let the user that runs the program read the file and enter its folders", err)
	}
	defer file.Close()
	if err := checkSecretFile(path, file); err != nil {
		return nil, fmt.Errorf("sessiongen: %s %w", path, err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w", err)
	}
	return parseSecrets(path, strings.Split(string(content), "\n"))
}

func openSecretFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
}

// checkSecretFile refuses what is not a file, and a file that others may use or have put there.
// It looks at the open file: another one may have its path by now.
func checkSecretFile(path string, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	const others, write = 0o077, 0o222
	permissions := info.Mode().Perm()
	switch {
	case info.IsDir():
		return errors.New("is a folder: name a file in it. Docker mounts an empty folder if the file to mount is missing")
	case !info.Mode().IsRegular():
		return fmt.Errorf("is not a regular file (%v): put the secrets into a file, or into a variable for KeysFromEnv", info.Mode().Type())
	}
	if err := checkOwners(path, info); err != nil {
		return err
	}
	switch {
	case os.PathSeparator != '/', permissions&others == 0:
		return nil
	case permissions&write != 0:
		return fmt.Errorf("may be used by others (%v): chmod 600 it. In a Kubernetes volume, set defaultMode: 0440; for a Docker secret, set mode: 0440", permissions)
	}
	return checkFolder(path)
}

// checkOwners refuses a file or a link of another user: that user knows the secrets in it, or has
// chosen them. A program of root could read it, even if its mode is 0600.
func checkOwners(path string, file fs.FileInfo) error {
	if user, foreign := foreignOwner(file); foreign {
		return fmt.Errorf("belongs to the user %d, which could forge cookies: put a file of your own in its place, or chown it to the user that runs the program or to root", user)
	}
	link, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if user, foreign := foreignOwner(link); foreign {
		return fmt.Errorf("is a symbolic link that belongs to the user %d, which could forge cookies: remove it, or chown -h it to the user that runs the program or to root", user)
	}
	return nil
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
