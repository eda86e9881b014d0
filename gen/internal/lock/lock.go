package lock

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Name is the file in each package that remembers how every key has been
// kept. It is committed beside the generated file.
const Name = "sessions.lock"

const header = `# Written by sessiongen: commit this file. It says how the sessions have kept every
# key (its wire type and kind), so that a change that would misread or drop what
# is in live sessions is refused. The line of a key stays when its field goes.
# After a merge, generate again: both sides of a conflict are read.
`

// lockLine is what the lock says of one key.
type lockLine struct {
	path       string // visitor.cart[].sku
	wire, kind string
	was        string // the key under which its values are
	gone       bool   // no field has it any more
	number     int    // of the line; 0: a new one
}

func (l lockLine) String() string {
	text := l.path + " " + l.wire + " " + l.kind
	if l.was != "" {
		text += " was=" + l.was
	}
	if l.gone {
		text += " gone"
	}
	return text
}

// schema is the name of the schema that a line is about.
func (l lockLine) schema() string {
	name, _, _ := strings.Cut(l.path, ".")
	return name
}

// at is how errors speak of a line.
func (l lockLine) at() string { return fmt.Sprintf("%s:%d", Name, l.number) }

// lock is a lock as it was read.
type lock struct {
	pkg   string // import path
	file  string
	found bool

	content []byte
	lines   []lockLine
}

// readLock reads the lock of a package; what does not exist is empty.
func readLock(pkg *model.Package) (lock, []model.Error) {
	l := lock{pkg: pkg.Types.Path(), file: filepath.Join(pkg.Dir, Name)}
	content, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, []model.Error{{Position: token.Position{Filename: l.file, Line: 1, Column: 1}, Message: err.Error()}}
	}
	l.found, l.content = true, content
	var errs []model.Error
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || model.IsConflictMark(line) {
			continue
		}
		parsed, ok := parseLockLine(line)
		if !ok {
			at := token.Position{Filename: l.file, Line: number, Column: 1}
			errs = append(errs, model.Error{Position: at, Message: "line is not schema.key, wire type and kind: restore it from version control, or remove it if no session has such a key"})
			continue
		}
		parsed.number = number
		l.lines = append(l.lines, parsed)
	}
	return l, errs
}

func parseLockLine(line string) (l lockLine, ok bool) {
	dot, end := scanPath(line)
	l.path = line[:end]
	words := strings.Fields(line[end:])
	if len(words) < 2 || dot == 0 {
		return l, false
	}
	l.wire, l.kind = words[0], words[1]
	for _, word := range words[2:] {
		was, found := strings.CutPrefix(word, "was=")
		switch {
		case found:
			l.was = was
		case word == "gone":
			l.gone = true
		default:
			return l, false
		}
	}
	return l, true
}

// scanPath is where the path that begins a line ends, and where its last key
// begins with a dot. Keys may be in quotes.
func scanPath(line string) (dot, end int) {
	for end = 0; end < len(line); end++ {
		switch line[end] {
		case ' ', '\t':
			return dot, end
		case '.':
			dot = end
		case '"':
			quoted, err := strconv.QuotedPrefix(line[end:])
			if err != nil {
				return 0, len(line)
			}
			end += len(quoted) - 1
		}
	}
	return dot, end
}

// pathKey is a key as a part of a path, in quotes if it would not end where it ends.
func pathKey(key string) string {
	if model.ValidKey(key) && !strings.Contains(key, ".") {
		return key
	}
	return strconv.Quote(key)
}

// pathOf is the path of a key in the schema or struct at another path.
func pathOf(of, key string) string { return of + "." + pathKey(key) }

// parentPath is the path of the schema or struct that has the key at path.
func parentPath(path string) string {
	dot, _ := scanPath(path)
	return path[:dot]
}

// keyOf is the key at path.
func keyOf(path string) string {
	dot, _ := scanPath(path)
	key := path[dot+1:]
	if plain, err := strconv.Unquote(key); err == nil {
		return plain
	}
	return key
}

// inside reports whether path is that of key or of something in its value.
func inside(path, key string) bool {
	rest, found := strings.CutPrefix(path, key)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// formatLock is the content of a lock.
func formatLock(lines []lockLine) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, line := range slices.Compact(sortedTexts(lines)) {
		fmt.Fprintln(&b, line)
	}
	return b.Bytes()
}

func sortedTexts(lines []lockLine) []string {
	lines = slices.SortedFunc(slices.Values(lines), func(a, b lockLine) int {
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
// be, and the packages without errors. breaks are the keys of -break.
func Check(packages []*model.Package, breaks []string) (sound []*model.Package, files []File, wrong model.Errors) {
	var all model.ErrorList
	var readable []*model.Package
	var locks []lock
	for _, pkg := range packages {
		l, errs := readLock(pkg)
		if all.List = append(all.List, errs...); len(errs) == 0 {
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
		lines, used, errs := checkLock(pkg, locks[i], paths[i])
		for _, path := range paths[i] {
			if !used[path] && len(errs) == 0 {
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
