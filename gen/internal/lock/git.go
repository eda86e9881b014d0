package lock

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// atRevision reads the lock in dir as it was committed in a git revision. committed is false
// if there was none.
func atRevision(ctx context.Context, dir, revision string) (content []byte, committed bool, err error) {
	commit, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, false, err
	}
	entry, err := git(ctx, dir, "ls-tree", "-z", strings.TrimSpace(string(commit)), "--", Name)
	if err != nil || len(entry) == 0 {
		return nil, false, err
	}
	words := strings.Fields(string(entry)) // mode, type, object, name
	content, err = git(ctx, dir, "cat-file", "blob", words[2])
	return content, err == nil, err
}

// git runs the git program in dir and returns what it prints.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	command.Env = append(slices.DeleteFunc(os.Environ(), tellsRepository), "LC_ALL=C")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
	switch {
	case err == nil:
		return output, nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("git is not on PATH: install it, or name the file of a lock")
	case said == "":
		return nil, errors.New("git knows no such revision: fetch it (a shallow clone has no tags), or name the file of a lock, such as ./released.lock")
	}
	return nil, errors.New("git says: " + strings.TrimPrefix(said, "fatal: "))
}

// tellsRepository reports whether a variable of the environment tells git about a repository,
// as those that a hook is run with do. They would hold for one folder alone.
func tellsRepository(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
}
