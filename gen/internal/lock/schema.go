package lock

import (
	"fmt"
	"go/token"
	"maps"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// found returns the lines of a lock under the names that the schemas of a package have now. A
// schema that was renamed is found again by its session cookie, or by another of its cookies.
func found(pkg *model.Package, lines []line) []line {
	names := map[string]string{}
	for _, s := range pkg.Schemas {
		if slices.ContainsFunc(lines, func(l line) bool { return l.schema() == s.Name }) {
			continue
		}
		for _, l := range lines {
			if !pkg.Declares(l.schema()) && isOf(s, l) {
				names[l.schema()] = s.Name
				break
			}
		}
	}
	renamed := slices.Clone(lines)
	for i := range renamed {
		if name, was := names[renamed[i].schema()]; was {
			renamed[i].path = moved(renamed[i].path, name)
		}
	}
	return renamed
}

// isOf reports whether a line names a cookie of a schema.
func isOf(s *model.Schema, l line) bool {
	if l.form == formSession {
		return !s.Stateless && l.kind == s.Cookie.Name
	}
	return isProtection(l.form) && slices.ContainsFunc(s.Cookies, func(c *model.Cookie) bool { return isCalledOrWas(c, nameOf(l.path)) })
}

// isCalledOrWas reports whether a cookie has a name, or had it before.
func isCalledOrWas(c *model.Cookie, name string) bool {
	return c.Options.Name == name || c.Options.Was == name
}

// checkSession refuses another name of the session cookie, under which no browser has a token.
func (c *checker) checkSession(s *model.Schema, lines []line) {
	now := line{path: s.Name, form: formSession, kind: s.Cookie.Name}
	c.keep(now)
	old := c.old[s.Name]
	if len(old) > 0 {
		if !slices.ContainsFunc(old, func(l line) bool { return l.kind == now.kind }) && !c.broken(s.Name) {
			c.Add(s.Position, fmt.Sprintf("session cookie of %s is %s, and %s in %s, which browsers have: every session would be lost; keep the name with cookie:\"%s\", or accept the loss with -break %s",
				s.Name, now.kind, old[0].kind, old[0].at(), old[0].kind, s.Name))
		}
		return
	}
	for _, l := range lines {
		if l.form != formSession || l.gone || c.pkg.Declares(l.path) || c.broken(l.path) {
			continue
		}
		c.Add(s.Position, fmt.Sprintf("schema %s is new, and %s (%s) is gone: if it was renamed, keep its cookie with cookie:\"%s\"; otherwise accept the loss of its sessions with -break %s",
			s.Name, l.path, l.at(), l.kind, l.path))
	}
}

// checkIndexes refuses a principal or index field by which the sessions that there are would not
// be found.
func (c *checker) checkIndexes(s *model.Schema) {
	for _, f := range s.Fields {
		path := pathOf(s.Name, f.FirstKey())
		old := c.old[path]
		switch {
		case f.Principal:
			c.checkPrincipal(s, f, path)
		case !f.Index || len(old) == 0 || slices.ContainsFunc(old, func(l line) bool { return l.has("index") || l.has("principal") }) || c.broken(path):
		default:
			c.Add(f.Position, fmt.Sprintf("%s has index now, and had not in %s: %s and %s would not find the sessions that there are; use index on a new field, or accept that with -break %s",
				path, old[0].at(), model.ListByMethod(f.Name), model.RevokeByMethod(f.Name), path))
		}
	}
}

func (c *checker) checkPrincipal(s *model.Schema, f *model.Field, path string) {
	isPrincipal := func(l line) bool { return l.has("principal") }
	old := c.old[path]
	if slices.ContainsFunc(old, isPrincipal) || c.broken(path) {
		return
	}
	for _, l := range c.inside[s.Name] {
		if !isPrincipal(l) {
			continue
		}
		if !c.broken(l.path) {
			c.Add(f.Position, fmt.Sprintf("%s is the principal now, and %s was in %s: every visitor would be signed out; leave principal where it was, write was=%s if the field was renamed, or accept that with -break %s",
				path, l.path, l.at(), nameOf(l.path), l.path))
		}
		return
	}
	if len(old) > 0 {
		c.Add(f.Position, fmt.Sprintf("%s is the principal now, and was not in %s: every visitor with a value of it would be signed out; use principal on a new field, or accept that with -break %s",
			path, old[0].at(), path))
	}
}

// checkCookies compares the signed and encrypted cookies of a schema. Plain ones are text, which
// is checked whenever it is read.
func (c *checker) checkCookies(s *model.Schema) {
	named := func(name string) bool {
		return slices.ContainsFunc(s.Cookies, func(c *model.Cookie) bool { return isCalledOrWas(c, name) })
	}
	gone := c.goneFrom(s.Name, '/', named)
	for _, k := range s.Cookies {
		path := cookiePath(s.Name, k.Options.Name)
		if k.Options.Protection == cookie.Plain {
			c.checkBare(path, k)
			continue
		}
		now := line{path: path, form: k.Options.Protection.String(), kind: Kind(c.pkg.Types, k.Type), was: k.Options.Was}
		c.keep(now)
		if k.Options.Was != "" {
			c.renameCookie(path, cookiePath(s.Name, k.Options.Was))
		}
		if c.checkKind(now, k.Position, ofField) && len(c.old[path]) == 0 {
			c.checkRenamed(now, member{position: k.Position, remedy: renameField}, gone)
		}
		c.walk(k.Type, k.Position, nil)(path)
	}
}

// renameCookie lets a cookie be compared with the lines of its earlier name.
func (c *checker) renameCookie(path, was string) {
	if len(c.old[path]) > 0 {
		return
	}
	for at, lines := range maps.Clone(c.old) {
		if !inside(at, was) {
			continue
		}
		now := path + at[len(was):]
		c.old[now] = lines
		for _, l := range lines {
			l.path = now
			c.inside[parentPath(now)] = append(c.inside[parentPath(now)], l)
		}
	}
}

// checkBare refuses a plain cookie whose values were protected.
func (c *checker) checkBare(path string, k *model.Cookie) {
	old := c.old[path]
	if len(old) == 0 || old[0].gone || c.broken(path) {
		return
	}
	c.Add(k.Position, fmt.Sprintf("%s is a plain cookie, and %s in %s, whose values would be lost: write %s, or accept their loss with -break %s",
		path, old[0].form, old[0].at(), old[0].form, path))
}

func isProtection(form string) bool {
	return form == cookie.Signed.String() || form == cookie.Encrypted.String()
}

// checkConstants refuses a declared constant whose value had another meaning.
func (c *checker) checkConstants(path string, t *model.Type, position token.Position) {
	names := map[string]bool{}
	for _, k := range t.Constants {
		names[k.Name] = true
	}
	gone := c.goneFrom(path, '=', func(name string) bool { return names[name] })
	for _, k := range t.Constants {
		now := line{path: constantPath(path, k.Name), form: formConstant, kind: k.Value}
		c.keep(now)
		if k.Position.IsValid() {
			position = k.Position
		}
		if old := c.old[now.path]; len(old) > 0 {
			if !slices.ContainsFunc(old, func(l line) bool { return l.kind == now.kind }) && !c.broken(now.path) {
				c.Add(position, fmt.Sprintf("%s is %s, and %s in %s: values that sessions have would mean something else; give it its earlier value, or accept that with -break %s",
					now.path, now.kind, old[0].kind, old[0].at(), now.path))
			}
			continue
		}
		for _, l := range gone {
			if l.kind == now.kind && !l.gone && !c.broken(l.path) {
				c.Add(position, fmt.Sprintf("%s is new, and has the value of %s (%s), which is gone: if it means something else, give it another value; if it was renamed, say so with -break %s",
					now.path, l.path, l.at(), l.path))
			}
		}
	}
}
