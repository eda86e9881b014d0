package emit

import (
	"maps"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// MayClash reports whether something that is generated for a package, or a schema, may have
// the name of an import that was not read.
func MayClash(pkg *model.Package, possible map[string]bool) bool {
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
