package migrate

import (
	"fmt"
	"go/types"
)

// reportCycles says of which fields the type comes from a package that will have to
// import the target package, since it uses keys: no two packages can import each other.
func (p *program) reportCycles() {
	users := map[string]bool{}
	for _, a := range p.accesses {
		users[a.pkg.PkgPath] = true
	}
	for _, f := range p.fields {
		if f.out != "" {
			continue
		}
		seen := map[string]bool{}
		for _, named := range p.namedIn(f.typ) {
			if seen[named.Path()] {
				continue
			}
			seen[named.Path()] = true
			if p.reaches(named, map[string]bool{p.target.path: true}, map[string]bool{}) != "" {
				f.out = fmt.Sprintf("package %s imports package %s, which cannot import it for %s, too: move the type", named.Path(), p.target.name, p.typeText(f.typ))
				p.problemf(f.accesses[0].node.Pos(), "key %s is left out: %s", p.keyText(f.key), f.out)
				break
			}
			if user := p.reaches(named, users, map[string]bool{}); user != "" {
				p.problemf(f.accesses[0].node.Pos(), "the field of key %s makes package %s import %s for %s, and %s has to import %s for its keys, which Go forbids: move the type to package %s, or to a package of its own",
					p.keyText(f.key), p.target.name, named.Path(), p.typeText(f.typ), user, p.target.name, p.target.name)
			}
		}
	}
}

// namedIn are the packages that a type is written with, but for the target.
func (p *program) namedIn(t types.Type) (named []*types.Package) {
	types.TypeString(t, func(pkg *types.Package) string {
		if pkg.Path() != p.target.path {
			named = append(named, pkg)
		}
		return ""
	})
	return named
}

// reaches is a package that is, or is imported by, a package, and is one of the users.
func (p *program) reaches(pkg *types.Package, users, seen map[string]bool) string {
	if users[pkg.Path()] {
		return pkg.Path()
	}
	seen[pkg.Path()] = true
	for _, imported := range pkg.Imports() {
		if seen[imported.Path()] {
			continue
		}
		if user := p.reaches(imported, users, seen); user != "" {
			return user
		}
	}
	return ""
}
