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

// checker compares a package with its lock, and collects the lines that the lock is to have.
type checker struct {
	model.ErrorList
	pkg    *model.Package
	old    map[string][]line // by path, without what was given up; a merge can leave several
	inside map[string][]line // by the path that they are in
	lines  []line
	known  map[string]bool // paths that are among lines
	fresh  []fresh
	breaks []string        // paths whose values may be lost
	used   map[string]bool // those of them that had to
}

// fresh is a new key.
type fresh struct {
	line     line
	position token.Position
}

// member is a field of a schema or struct, or a member of an object of JSON, as the lock sees it.
type member struct {
	name, was string // keys
	position  token.Position
	form      string
	kind      string
	traits    string
	at        place
	remedy    string            // how to keep the key %s if the field was renamed
	within    func(path string) // compares what is in the value
}

// key is the key under which a member's values are.
func (m member) key() string {
	if m.was != "" {
		return m.was
	}
	return m.name
}

// How a renamed field keeps its key: a schema's, one of another struct of the
// package, one that another package has declared, and one that encoding/json writes.
const (
	renameField   = "write was=%s"
	renameNested  = "keep the key with session:\"%s\""
	renameForeign = "keep %s with a struct of your own"
	renameJSON    = "keep the name with json:\"%s\""
)

// checkLock returns the lines that the lock of a package is to have. breaks are
// paths whose values may be lost; those that nothing happens to are not used.
func checkLock(pkg *model.Package, old []line, breaks []string) (lines []line, used map[string]bool, errs model.Errors) {
	c := newChecker(pkg, old, breaks)
	checked := map[string]bool{}
	for _, s := range pkg.Schemas {
		checked[s.Name] = true
		c.checkSchema(s, old)
	}
	c.checkMoved()
	for _, line := range old {
		other := pkg.Declares(line.schema()) && !checked[line.schema()]
		switch {
		case c.known[line.path]:
		case other, line.isGivenUp():
			c.lines = append(c.lines, line)
		case c.broken(line.path):
			if slices.Contains(breaks, line.path) {
				line.gone, line.broken = true, true
				c.lines = append(c.lines, line)
			}
		default:
			line.gone = true
			c.lines = append(c.lines, line)
		}
	}
	return c.lines, c.used, c.Sorted()
}

func newChecker(pkg *model.Package, lines []line, breaks []string) *checker {
	c := &checker{
		pkg:    pkg,
		old:    map[string][]line{},
		inside: map[string][]line{},
		known:  map[string]bool{},
		breaks: breaks,
		used:   map[string]bool{},
	}
	for _, line := range lines {
		if line.isGivenUp() {
			continue
		}
		c.old[line.path] = append(c.old[line.path], line)
		parent := parentPath(line.path)
		c.inside[parent] = append(c.inside[parent], line)
	}
	return c
}

func (c *checker) checkSchema(s *model.Schema, lines []line) {
	if !s.Stateless {
		c.checkSession(s, lines)
	}
	var members []member
	for _, f := range s.Fields {
		members = append(members, member{
			name: f.Key, was: f.Was, position: f.Position, form: wireType(f.Type), kind: Kind(c.pkg.Types, f.Type), traits: traitsOf(f),
			remedy: renameField, within: c.walk(f.Type, f.Position, nil),
		})
	}
	c.checkMembers(s.Name, members)
	c.checkIndexes(s)
	c.checkCookies(s)
}

// checkMembers compares the members of the schema or struct at a path.
func (c *checker) checkMembers(path string, members []member) {
	gone := c.goneFrom(path, '.', func(key string) bool {
		return slices.ContainsFunc(members, func(m member) bool { return m.name == key || m.key() == key })
	})
	for _, m := range members {
		at := pathOf(path, m.key())
		line := line{path: at, form: m.form, kind: m.kind, traits: m.traits}
		c.keep(line)
		if m.was != "" {
			c.keep(lineOfName(path, m))
		}
		if c.checkNames(path, m) && c.checkKind(line, m.position, m.at) {
			c.checkNew(line, m, gone)
			if m.form != formJSON {
				c.checkNumber(at, m, gone)
			}
		}
		m.within(at)
	}
}

// lineOfName is the line of a key whose values are under another one.
func lineOfName(path string, m member) line {
	return line{path: pathOf(path, m.name), form: m.form, kind: m.kind, was: m.was}
}

// keep adds a line, which stays as it is where -break has had an effect.
func (c *checker) keep(l line) {
	l.broken = slices.ContainsFunc(c.old[l.path], func(old line) bool { return old.broken })
	c.known[l.path] = true
	c.lines = append(c.lines, l)
}

// broken reports whether values at a path may be lost, and that this was needed.
func (c *checker) broken(path string) bool {
	found := false
	for _, b := range c.breaks {
		if inside(path, b) {
			c.used[b] = true
			found = true
			for i := range c.lines {
				c.lines[i].broken = c.lines[i].broken || c.lines[i].path == b
			}
		}
	}
	return found
}

// goneFrom are the lines with a separator before the last name that are in the path and no longer
// there. Those that went in this change are not marked as gone.
func (c *checker) goneFrom(path string, separator byte, kept func(name string) bool) []line {
	marked := map[string]bool{}
	for _, l := range c.inside[path] {
		marked[l.path] = marked[l.path] || l.gone
	}
	var lines []line
	for _, l := range c.inside[path] {
		isName := l.was != "" && separator == '.' // the values are under another key
		if !isName && separatorOf(l.path) == separator && !kept(nameOf(l.path)) {
			l.gone = marked[l.path]
			lines = append(lines, l)
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
		if len(lines) == 0 || slices.ContainsFunc(lines, func(l line) bool { return l.was == was }) || c.broken(at) {
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

// checkKind refuses a line that cannot read what is at its path.
func (c *checker) checkKind(now line, position token.Position, at place) bool {
	lines := c.old[now.path]
	reads := func(l line) bool {
		return readsAs(l.kind, now.kind, at) && (l.form == now.form || !isProtection(now.form))
	}
	if len(lines) == 0 || slices.ContainsFunc(lines, reads) || c.broken(now.path) {
		return true
	}
	is, was := now.kind, lines[0].kind
	if isProtection(now.form) {
		is, was = now.form+" "+is, lines[0].form+" "+was
	}
	c.Add(position, fmt.Sprintf("%s is %s, and %s in %s, whose values would be lost or misread: choose another key, or accept their loss with -break %s",
		now.path, is, was, lines[0].at(), now.path))
	return false
}

// checkNew refuses a new member that looks like a renamed one, and one that old programs drop.
func (c *checker) checkNew(now line, m member, gone []line) {
	if len(c.old[now.path]) > 0 {
		return
	}
	c.fresh = append(c.fresh, fresh{now, m.position})
	if !c.checkRenamed(now, m, gone) {
		return
	}
	parent := parentPath(now.path)
	if holder := strings.TrimRight(parent, "[]"); now.form == formJSON && len(c.old[holder]) > 0 && !c.broken(holder) {
		c.Add(m.position, fmt.Sprintf("%s is new, and programs that run with the old code drop it when they write %s: keep it in a field of its own, or accept that with -break %s", now.path, holder, holder))
	}
}

// checkRenamed refuses a new line that looks like a renamed one.
func (c *checker) checkRenamed(now line, m member, gone []line) bool {
	good, said := true, map[string]bool{}
	for _, l := range gone {
		if l.gone || said[l.path] || !readsAs(l.kind, now.kind, m.at) || c.broken(l.path) {
			continue
		}
		good, said[l.path] = false, true
		c.Add(m.position, fmt.Sprintf("%s is new, and %s (%s) of the same kind is gone: if it was renamed, %s; otherwise accept the loss of its values with -break %s",
			now.path, l.path, l.at(), fmt.Sprintf(m.remedy, nameOf(l.path)), l.path))
	}
	return good
}

// checkNumber refuses a member with the number of a key that is gone.
func (c *checker) checkNumber(at string, m member, gone []line) {
	for _, l := range gone {
		if wire.FieldNumber(nameOf(l.path)) != wire.FieldNumber(m.key()) || c.broken(l.path) {
			continue
		}
		c.Add(m.position, fmt.Sprintf("%s has the same field number as %s (%s), whose values it would read: choose another key, or accept their loss with -break %s",
			at, l.path, l.at(), l.path))
	}
}

// checkMoved refuses a key that has moved to another depth, as the fields of a struct do that is
// embedded now.
func (c *checker) checkMoved() {
	for _, n := range c.fresh {
		parent := parentPath(n.line.path)
		for path, lines := range c.old {
			l := lines[0]
			from := parentPath(path)
			elsewhere := from != parent && (inside(from, parent) || inside(parent, from)) && separatorOf(path) == '.'
			if !elsewhere || l.gone || l.was != "" || c.known[path] || nameOf(path) != nameOf(n.line.path) || !readsAs(l.kind, n.line.kind, ofMember) || c.broken(path) {
				continue
			}
			c.Add(n.position, fmt.Sprintf("%s is new, and %s (%s) with the same name is gone: its values would be left behind, as those of an embedded struct are, which has a key of its own; keep the field where it was, or accept the loss of its values with -break %s",
				n.line.path, path, l.at(), path))
		}
	}
}

// walk is the comparison of what is in a value of a type. What contains itself is followed once
// in each field of a schema, and further where the lock has lines.
func (c *checker) walk(t *model.Type, position token.Position, met map[*model.Struct]bool) func(path string) {
	if met == nil {
		met = map[*model.Struct]bool{}
	}
	return func(path string) {
		switch t.Facts().Shape {
		case model.Scalar:
			c.checkConstants(path, t, position)
			if t.Kind == model.JSON {
				c.walkJSON(t.Go, position, nil)(path)
			}
		case model.Optional:
			c.walk(t.Elem, position, met)(path)
		case model.List:
			c.walk(t.Elem, position, met)(path + "[]")
		case model.Table:
			c.walk(t.Key, position, met)(path + "[key]")
			c.walk(t.Elem, position, met)(path + "[]")
		case model.Record:
			if met[t.Struct] && len(c.inside[path]) == 0 {
				return
			}
			met[t.Struct] = t.Struct.Recursive
			c.checkMembers(path, c.membersOf(t.Struct, met))
		}
	}
}

func (c *checker) membersOf(s *model.Struct, met map[*model.Struct]bool) []member {
	remedy := renameForeign
	if fields := s.Go.Underlying().(*types.Struct); fields.NumFields() > 0 && fields.Field(0).Pkg() == c.pkg.Types {
		remedy = renameNested
	}
	members := make([]member, len(s.Fields))
	for i, f := range s.Fields {
		members[i] = member{
			name: f.Key, position: f.Position, form: wireType(f.Type), kind: Kind(c.pkg.Types, f.Type),
			at: ofMember, remedy: remedy, within: c.walk(f.Type, f.Position, met),
		}
	}
	return members
}

// walkJSON is walk for what encoding/json writes. around are the structs that the value is in.
func (c *checker) walkJSON(t types.Type, position token.Position, around []types.Type) func(path string) {
	return func(path string) {
		if hasMethod(t, "MarshalJSON") || hasMethod(t, "MarshalText") {
			return
		}
		switch underlying := t.Underlying().(type) {
		case *types.Pointer:
			c.walkJSON(underlying.Elem(), position, around)(path)
		case *types.Slice:
			c.walkJSON(underlying.Elem(), position, around)(path + "[]")
		case *types.Array:
			c.walkJSON(underlying.Elem(), position, around)(path + "[]")
		case *types.Map:
			c.walkJSON(underlying.Elem(), position, around)(path + "[]")
		case *types.Struct:
			if slices.ContainsFunc(around, func(o types.Type) bool { return types.Identical(o, t) }) {
				return
			}
			var members []member
			for _, m := range model.JSONMembers(underlying) {
				kind := jsonKind(c.pkg.Types, m.Field.Type())
				if m.Quoted {
					kind = "quoted(" + kind + ")"
				}
				members = append(members, member{
					name: m.Name, position: position, form: formJSON, kind: kind,
					at: ofMember, remedy: renameJSON, within: c.walkJSON(m.Field.Type(), position, append(slices.Clip(around), t)),
				})
			}
			c.checkMembers(path, members)
		}
	}
}
