package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Version is the lock of a package as an earlier version of the program had it.
type Version struct {
	Name    string // as errors call it: v1.2.0:sessions.lock
	Content []byte
}

// Released finds the locks of earlier versions of packages, by the folders of the packages.
// An element of against is a git revision, or the file of a lock, whose name begins with a
// dot or slash or ends in .lock: no revision is called like that. A package that had no lock in
// a revision is no error. Files are found from dir.
func Released(ctx context.Context, dir string, packages []*model.Package, against []string) (map[string][]Version, model.Errors) {
	var all model.ErrorList
	found := map[string][]Version{}
	for _, name := range against {
		if !isFile(name) {
			for _, pkg := range packages {
				content, committed, err := atRevision(ctx, pkg.Dir, name)
				switch {
				case err != nil:
					all.List = append(all.List, model.Error{Message: fmt.Sprintf("-against %s: %v", name, err)})
				case committed:
					found[pkg.Dir] = append(found[pkg.Dir], Version{name + ":" + Name, content})
				}
			}
			continue
		}
		content, err := os.ReadFile(inFolder(dir, name))
		switch {
		case err != nil:
			all.List = append(all.List, model.Error{Message: fmt.Sprintf("-against %s: %v", name, errors.Unwrap(err))})
		case len(packages) > 1:
			all.List = append(all.List, model.Error{Message: fmt.Sprintf("-against %s is the lock of one package, and there are %d: name the package in question, or a git revision", name, len(packages))})
		case len(packages) == 1:
			found[packages[0].Dir] = append(found[packages[0].Dir], Version{name, content})
		}
	}
	return found, all.Sorted()
}

// isFile reports whether the name of an earlier version is that of a file.
func isFile(name string) bool {
	return filepath.IsAbs(name) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, ".lock")
}

func inFolder(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
