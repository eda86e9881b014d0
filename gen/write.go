package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/lock"
)

// LockName is the file in each package that remembers how every key has been kept. It
// is committed beside the generated file.
const LockName = lock.Name

// File is what one package gets. Nothing is written before all of a run is known
// to be right, so a caller may also compare it with what is there.
type File struct {
	Path    string
	Content []byte

	amends bool // Content was made of what was at Path before
	before []byte
}

func lockFiles(locks []lock.File) []File {
	files := make([]File, len(locks))
	for i, l := range locks {
		files[i] = File{Path: l.Path, Content: l.Content, amends: true, before: l.Before}
	}
	return files
}

// ErrLockChanged says that another run has changed a lock that this one has read.
// Nothing is written then, and both are right after one more run.
var ErrLockChanged = errors.New(LockName + " was changed by another run in the meantime: generate again")

// Stale is a file that [Write] would replace.
type Stale struct {
	File
	Old []byte // what is at its path, with the line ends of Content; nil: nothing
}

// SameText reports whether two contents of a file differ at most in their line ends: version
// control writes CRLF on some systems.
func SameText(a, b []byte) bool { return bytes.Equal(unixLines(a), unixLines(b)) }

func unixLines(content []byte) []byte { return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")) }

// Check returns the files whose text is not in place, in their order. It writes nothing.
func Check(files []File) ([]Stale, error) {
	var stale []Stale
	for _, f := range files {
		old, err := os.ReadFile(f.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if !SameText(old, f.Content) {
			stale = append(stale, Stale{f, unixLines(old)})
		}
	}
	return stale, nil
}

// Write puts all files in place, or none: it first writes temporary ones beside
// them and renames those only when all are complete; if that fails in between, it
// puts the old ones back. Files with the same text are left alone, and of those that it
// replaces, links and access rights are kept. It returns their paths.
func Write(files []File) (replaced []string, err error) {
	staged := map[string]string{} // path → temporary file
	defer func() {
		for _, temporary := range staged {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	old := map[string][]byte{}
	amended := map[string][]byte{}
	for _, f := range files {
		if f.amends {
			amended[f.Path] = f.before
		}
		content, err := os.ReadFile(f.Path)
		if err == nil && SameText(content, f.Content) {
			continue
		}
		if err == nil {
			old[f.Path] = content
		}
		temporary, err := stage(f)
		if err != nil {
			return nil, err
		}
		staged[f.Path] = temporary
	}
	for _, path := range slices.Sorted(maps.Keys(staged)) {
		err := stillAs(path, amended)
		if err == nil {
			err = os.Rename(staged[path], linked(path))
		}
		if err != nil {
			return nil, errors.Join(err, restore(replaced, old))
		}
		delete(staged, path)
		replaced = append(replaced, path)
	}
	return replaced, nil
}

// stillAs refuses to replace a file that is amended and is not what it was when it was read.
func stillAs(path string, amended map[string][]byte) error {
	before, amends := amended[path]
	if !amends {
		return nil
	}
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case bytes.Equal(now, before):
		return nil
	case filepath.Base(path) == LockName:
		return ErrLockChanged
	}
	return fmt.Errorf("%s has changed since it was read: run this again", path)
}

// restore puts back what was at paths before, if anything was.
func restore(paths []string, old map[string][]byte) error {
	var errs []error
	for _, path := range paths {
		content, existed := old[path]
		if !existed {
			errs = append(errs, os.Remove(linked(path)))
			continue
		}
		temporary, err := stage(File{Path: path, Content: content})
		if err == nil {
			err = os.Rename(temporary, linked(path))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// stage writes a file's content beside it, with the access rights of what is there.
func stage(f File) (path string, err error) {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(f.Path); err == nil {
		mode = info.Mode().Perm()
	}
	temporary, err := os.CreateTemp(filepath.Dir(linked(f.Path)), ".sessiongen-*")
	if err != nil {
		return "", err
	}
	_, err = temporary.Write(f.Content)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(temporary.Name()))
	}
	return temporary.Name(), nil
}

// maxLinks is how many symbolic links are followed, as the system does.
const maxLinks = 40

// linked is the file that is written for a path: where the last of its symbolic links leads.
func linked(path string) string {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			folder, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				break
			}
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return path
}
