package model

import (
	"fmt"
	"path/filepath"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// CookieBase returns the base name of the session cookie, to which sessions are bound; "" if
// there is none.
func (s *Schema) CookieBase() string { return cookie.BaseName(s.Cookie.Name) }

// SharedCookies warns of schemas of one module whose session cookies have the same base name,
// to which sessions are bound: a session that one of them has signed in is signed in for the
// other. Modules of a workspace are mostly sites of their own.
func SharedCookies(packages []*Package) Errors {
	var all ErrorList
	type site struct{ module, base string }
	first := map[site]*Schema{}
	for _, pkg := range packages {
		for _, s := range pkg.Schemas {
			if s.Stateless {
				continue
			}
			of := site{pkg.Module, s.CookieBase()}
			other := first[of]
			if other == nil {
				first[of] = s
				continue
			}
			if s.Shared || other.Shared {
				continue
			}
			dir, file := filepath.Split(other.Position.Filename)
			all.Add(s.Position, fmt.Sprintf("warning: the session cookie of schema %s, %s, is also that of schema %s (%s:%d), so both have the same sessions: "+
				"name another in its cookie tag, or write %sand the reason beside the blank field",
				s.Name, s.Cookie.Name, other.Name, filepath.Join(filepath.Base(dir), file), other.Position.Line, ignore))
		}
	}
	return all.Sorted()
}
