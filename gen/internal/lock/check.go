package lock

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// checker compares the fields of a package with its lock, and collects the
// lines that the lock is to have.
type checker struct {
	model.ErrorList
	pkg    *model.Package
	old    map[string][]lockLine // by path; a merge can leave several
	inside map[string][]lockLine // by the path of the schema or struct
	lines  []lockLine
	known  map[string]bool // paths that are among lines
	breaks []string        // paths that may change
	used   map[string]bool // those of them that had to
}

// member is a field of a schema or struct, as the lock sees it.
type member struct {
	name, was string // keys
	position  token.Position
	typ       *model.Type
	remedy    string // how to keep the key %s if the field was renamed
}

// key is the key under which a member's values are.
func (m member) key() string {
	if m.was != "" {
		return m.was
	}
	return m.name
}

// How a renamed field keeps its key: a schema's, one of another struct of the
// package, and one that another package has declared.
const (
	renameField   = "write was=%s"
	renameNested  = "keep the key with session:\"%s\""
	renameForeign = "keep %s with a struct of your own"
)

// checkLock returns the lines that the lock of a package is to have. breaks are
// paths whose values may be lost; those that nothing happens to are not used.
func checkLock(pkg *model.Package, l lock, breaks []string) (lines []lockLine, used map[string]bool, errs model.Errors) {
	c := &checker{
		pkg:    pkg,
		old:    map[string][]lockLine{},
		inside: map[string][]lockLine{},
		known:  map[string]bool{},
		breaks: breaks,
		used:   map[string]bool{},
	}
	for _, line := range l.lines {
		c.old[line.path] = append(c.old[line.path], line)
		parent := parentPath(line.path)
		c.inside[parent] = append(c.inside[parent], line)
	}
	checked := map[string]bool{}
	for _, s := range pkg.Schemas {
		checked[s.Name] = true
		var members []member
		for _, f := range s.Fields {
			members = append(members, member{f.Key, f.Was, f.Position, f.Type, renameField})
		}
		c.checkMembers(s.Name, members, nil)
	}
	for _, line := range l.lines {
		other := slices.Contains(pkg.Declared, line.schema()) && !checked[line.schema()]
		switch {
		case c.known[line.path], !other && c.broken(line.path):
		case other:
			c.lines = append(c.lines, line)
		default:
			line.gone = true
			c.lines = append(c.lines, line)
		}
	}
	return c.lines, c.used, c.Sorted()
}

// checkMembers compares the members of the schema or struct at a path.
func (c *checker) checkMembers(path string, members []member, met map[*model.Struct]bool) {
	gone := c.goneFrom(path, members)
	for _, m := range members {
		at := pathOf(path, m.key())
		c.keep(lockLine{path: at, wire: wireType(m.typ), kind: Kind(m.typ)})
		if m.was != "" {
			c.keep(lockLine{path: pathOf(path, m.name), wire: wireType(m.typ), kind: Kind(m.typ), was: m.was})
		}
		if c.checkNames(path, m) && c.checkKind(at, m) {
			c.checkNew(at, m, gone)
			c.checkNumber(at, m, gone)
		}
		inner := met
		if met == nil {
			inner = map[*model.Struct]bool{}
		}
		c.checkInside(at, m.typ, inner)
	}
}

func (c *checker) keep(line lockLine) {
	c.known[line.path] = true
	c.lines = append(c.lines, line)
}

// broken reports whether values at a path may be lost, and that this was needed.
func (c *checker) broken(path string) bool {
	found := false
	for _, b := range c.breaks {
		if inside(path, b) {
			c.used[b] = true
			found = true
		}
	}
	return found
}

// goneFrom are the lines of keys that the schema or struct at a path has no more.
// Those that went in this change are not marked as gone.
func (c *checker) goneFrom(path string, members []member) []lockLine {
	kept, marked := map[string]bool{}, map[string]bool{}
	for _, m := range members {
		kept[m.name], kept[m.key()] = true, true
	}
	for _, line := range c.inside[path] {
		marked[line.path] = marked[line.path] || line.gone
	}
	var lines []lockLine
	for _, line := range c.inside[path] {
		if line.was == "" && !kept[keyOf(line.path)] {
			line.gone = marked[line.path]
			lines = append(lines, line)
		}
	}
	return lines
}

// checkNames refuses a member whose values would be looked for under another key
// than they were.
func (c *checker) checkNames(path string, m member) bool {
	for _, name := range []string{m.key(), m.name} {
		was := ""
		if name != m.key() {
			was = m.was
		}
		at := pathOf(path, name)
		lines := c.old[at]
		if len(lines) == 0 || slices.ContainsFunc(lines, func(l lockLine) bool { return l.was == was }) || c.broken(at) {
			continue
		}
		switch l := lines[0]; {
		case l.was == "":
			c.Add(m.position, fmt.Sprintf("%s has values of its own (%s), which was=%s would leave behind: remove was, or accept their loss with -break %s", at, l.at(), m.was, at))
		default:
			c.Add(m.position, fmt.Sprintf("%s keeps its values under the key %s (%s), where they would be left behind: write was=%s, or accept their loss with -break %s", at, l.was, l.at(), l.was, at))
		}
		return false
	}
	return true
}

// checkKind refuses a member that cannot read what sessions have under its key.
func (c *checker) checkKind(at string, m member) bool {
	lines, kind := c.old[at], Kind(m.typ)
	reads := func(l lockLine) bool { return readsAs(l.kind, kind) }
	if len(lines) == 0 || slices.ContainsFunc(lines, reads) || c.broken(at) {
		return true
	}
	c.Add(m.position, fmt.Sprintf("%s is %s, and %s in %s, whose values would be lost or misread: choose another key, or accept their loss with -break %s",
		at, kind, lines[0].kind, lines[0].at(), at))
	return false
}

// checkNew refuses a new member that looks like a renamed one.
func (c *checker) checkNew(at string, m member, gone []lockLine) {
	if len(c.old[at]) > 0 {
		return
	}
	kind, said := Kind(m.typ), map[string]bool{}
	for _, line := range gone {
		if line.gone || said[line.path] || !readsAs(line.kind, kind) || c.broken(line.path) {
			continue
		}
		said[line.path] = true
		c.Add(m.position, fmt.Sprintf("%s is new, and %s (%s) of the same kind is gone: if it was renamed, %s; otherwise accept the loss of its values with -break %s",
			at, line.path, line.at(), fmt.Sprintf(m.remedy, keyOf(line.path)), line.path))
	}
}

// checkNumber refuses a member with the number of a key that is gone.
func (c *checker) checkNumber(at string, m member, gone []lockLine) {
	for _, line := range gone {
		if wire.FieldNumber(keyOf(line.path)) != wire.FieldNumber(m.key()) || c.broken(line.path) {
			continue
		}
		c.Add(m.position, fmt.Sprintf("%s has the same field number as %s (%s), whose values it would read: choose another key, or accept their loss with -break %s",
			at, line.path, line.at(), line.path))
	}
}

// checkInside compares the structs in the values at a path. What contains itself
// is followed once in each field of a schema, and further where the lock has lines.
func (c *checker) checkInside(path string, t *model.Type, met map[*model.Struct]bool) {
	switch t.Facts().Shape {
	case model.Scalar:
	case model.Optional:
		c.checkInside(path, t.Elem, met)
	case model.List:
		c.checkInside(path+"[]", t.Elem, met)
	case model.Table:
		c.checkInside(path+"[key]", t.Key, met)
		c.checkInside(path+"[]", t.Elem, met)
	case model.Record:
		if met[t.Struct] && len(c.inside[path]) == 0 {
			return
		}
		met[t.Struct] = t.Struct.Recursive
		c.checkMembers(path, c.membersOf(t.Struct), met)
	}
}

func (c *checker) membersOf(s *model.Struct) []member {
	remedy := renameForeign
	if fields := s.Go.Underlying().(*types.Struct); fields.NumFields() > 0 && fields.Field(0).Pkg() == c.pkg.Types {
		remedy = renameNested
	}
	members := make([]member, len(s.Fields))
	for i, f := range s.Fields {
		members[i] = member{f.Key, "", f.Position, f.Type, remedy}
	}
	return members
}

// resolveBreaks gives the keys of -break their paths, in the packages that have
// them.
func resolveBreaks(breaks []string, locks []lock) (resolved [][]string, errs []model.Error) {
	resolved = make([][]string, len(locks))
	for _, b := range breaks {
		type match struct {
			lock int
			path string
		}
		var matches []match
		for i, l := range locks {
			for _, line := range l.lines {
				_, key, _ := strings.Cut(line.path, ".")
				found := match{i, line.path}
				if (line.path == b || key == b) && !slices.Contains(matches, found) {
					matches = append(matches, found)
				}
			}
		}
		switch len(matches) {
		case 0:
			errs = append(errs, model.Error{Message: fmt.Sprintf("-break %s: no %s has that key: write it as in the file, such as visitor.cart[].sku", b, Name)})
		case 1:
			resolved[matches[0].lock] = append(resolved[matches[0].lock], matches[0].path)
		default:
			first, second := matches[0], matches[1]
			errs = append(errs, model.Error{Message: fmt.Sprintf("-break %s is %s of %s and %s of %s: write the schema too, and name only the package in question", b,
				first.path, locks[first.lock].pkg, second.path, locks[second.lock].pkg)})
		}
	}
	return resolved, errs
}
