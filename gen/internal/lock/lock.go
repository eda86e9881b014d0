package lock

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Name is the file in each package that remembers how every key has been
// kept. It is committed beside the generated file.
const Name = "sessions.lock"

const header = `# Written by sessiongen: commit this file. It says what live sessions and cookies hold (each
# key's wire type, kind and traits), so that a change that would misread or drop it is refused.
# The line of a key stays when its field goes. After a merge, generate again: both sides of a
# conflict are read.
`

// lock is a lock as it was read.
type lock struct {
	pkg   string // import path
	file  string
	found bool

	content []byte
	lines   []line
	earlier [][]line // those of each earlier version
}

// readEarlier reads what earlier versions had in the place of the lock. A key that is gone from
// one of them was given up then, and it is no news that it is gone from the others; nor is what
// -break has given up since.
func (l *lock) readEarlier(pkg *model.Package, versions []Version) (errs []model.Error) {
	given := map[string]bool{}
	for _, line := range l.lines {
		given[line.path] = given[line.path] || line.broken
	}
	gone := map[string]bool{}
	for _, v := range versions {
		lines, wrong := parseLock(v.Content, v.Name, v.Name)
		errs = append(errs, wrong...)
		lines = slices.DeleteFunc(found(pkg, lines), func(line line) bool { return isGiven(given, line.path) })
		l.earlier = append(l.earlier, lines)
		for _, line := range lines {
			gone[line.path] = gone[line.path] || line.gone
		}
	}
	for _, lines := range l.earlier {
		for i := range lines {
			lines[i].gone = lines[i].gone || gone[lines[i].path]
		}
	}
	return errs
}

// isGiven reports whether a path is one of those given up, or in the value of one.
func isGiven(given map[string]bool, path string) bool {
	for end := len(path); end > 0; end, _ = scanPath(path[:end]) {
		if given[strings.TrimRight(path[:end], "[]")] || given[path[:end]] {
			return true
		}
	}
	return false
}

// readLock reads a lock; what does not exist is empty.
func readLock(file string) (lock, []model.Error) {
	l := lock{file: file}
	content, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, []model.Error{{Position: token.Position{Filename: l.file, Line: 1, Column: 1}, Message: err.Error()}}
	}
	l.found, l.content = true, content
	lines, errs := parseLock(content, "", l.file)
	l.lines = lines
	return l, errs
}

// parseLock reads the content of a lock. name is what errors about its lines call it, and file
// what those in it do.
func parseLock(content []byte, name, file string) (lines []line, errs []model.Error) {
	number := 0
	for text := range strings.Lines(string(content)) {
		number++
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' || model.IsConflictMark(text) {
			continue
		}
		parsed, ok := parseLine(text)
		if !ok {
			at := token.Position{Filename: file, Line: number, Column: 1}
			errs = append(errs, model.Error{Position: at, Message: "line is not a path, form and kind: restore it from version control, or remove it if no session has such a key"})
			continue
		}
		parsed.file, parsed.number = name, number
		lines = append(lines, parsed)
	}
	return lines, errs
}

// formatLock is the content of a lock.
func formatLock(lines []line) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, line := range slices.Compact(sortedTexts(lines)) {
		fmt.Fprintln(&b, line)
	}
	return b.Bytes()
}

func sortedTexts(lines []line) []string {
	lines = slices.SortedFunc(slices.Values(lines), func(a, b line) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.String(), b.String()))
	})
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = line.String()
	}
	return texts
}

// File is what a lock is to be.
type File struct {
	Path    string
	Content []byte
	Before  []byte // what Content was made of: the lock as it was read
}

// Check compares the fields of packages with their locks and returns what the locks are to
// be, and the packages without errors. It compares them with what is released, too: the locks
// of earlier versions, by the folders of the packages. breaks are the keys of -break.
func Check(packages []*model.Package, released map[string][]Version, breaks []string) (sound []*model.Package, files []File, wrong model.Errors) {
	var all model.ErrorList
	var readable []*model.Package
	var locks []lock
	for _, pkg := range packages {
		l, errs := readLock(filepath.Join(pkg.Dir, Name))
		if all.List = append(all.List, errs...); len(errs) == 0 {
			l.pkg, l.lines = pkg.Types.Path(), found(pkg, l.lines)
			l.lines = append(l.lines, movedHere(pkg, l.lines)...)
			all.List = append(all.List, l.readEarlier(pkg, released[pkg.Dir])...)
			readable, locks = append(readable, pkg), append(locks, l)
		}
	}
	if len(breaks) > 0 && len(all.List) > 0 {
		return nil, nil, all.Sorted() // one of the keys may be in a lock that cannot be read
	}
	paths, errs := resolveBreaks(breaks, locks)
	if errs != nil {
		return nil, nil, errs
	}
	for i, pkg := range readable {
		lines, used, errs := checkLock(pkg, locks[i].lines, paths[i])
		for _, earlier := range locks[i].earlier {
			_, usedToo, refused := checkLock(pkg, earlier, paths[i])
			maps.Copy(used, usedToo)
			errs = append(errs, refused...)
		}
		for _, path := range paths[i] {
			if !used[path] && len(errs) == 0 && !wasBroken(locks[i], path) {
				errs = append(errs, model.Error{Message: fmt.Sprintf("-break %s: no values would be lost, so it has no effect: remove it", path)})
			}
		}
		if all.List = append(all.List, errs...); len(errs) > 0 {
			continue
		}
		sound = append(sound, pkg)
		if locks[i].found || len(lines) > 0 {
			files = append(files, File{Path: locks[i].file, Content: formatLock(lines), Before: locks[i].content})
		}
	}
	return sound, files, all.Sorted()
}

// wasBroken reports whether an earlier run with -break has given up the values at a path.
func wasBroken(l lock, path string) bool {
	return slices.ContainsFunc(l.lines, func(line line) bool { return line.path == path && line.broken })
}
