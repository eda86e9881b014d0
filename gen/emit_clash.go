package gen

import (
	"maps"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// mayClash says whether something that is generated for a package, or a schema, may have
// the name of an import that was not read.
func mayClash(pkg *model.Package, possible map[string]bool) bool {
	for _, s := range pkg.Schemas {
		if possible[s.Name] {
			return true
		}
	}
	n := newNames(pkg)
	imported := slices.Collect(maps.Values(n.imports))
	for name := range possible {
		if n.taken[name] && pkg.Types.Scope().Lookup(name) == nil && !slices.Contains(imported, name) {
			return true
		}
	}
	return false
}
