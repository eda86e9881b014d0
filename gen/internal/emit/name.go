package emit

import (
	"go/types"
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// standardImports are the packages that generated code may use whatever the
// types of the fields are, with their names.
var standardImports = []struct{ path, name string }{
	{model.RuntimePath, "runtime"},
	{model.EnginePath, "engine"},
	{model.CookiePath, "cookie"},
	{model.WirePath, "wire"},
	{"context", "context"},
	{"fmt", "fmt"},
	{"log/slog", "slog"},
	{"net/http", "http"},
	{"time", "time"},
}

// schemaNames are the unexported package-level names of one schema.
type schemaNames struct {
	schemaVar  string            // visitorSchema
	codecName  string            // visitorCodec
	memoryName string            // visitorMemory
	index      map[string]string // UserID → visitorUserID
	cookieVar  map[string]string // Theme → visitorThemeCookie
	// cookieWire are the functions for cookies that are a message, by field.
	cookieWire map[string]functionNames
}

// names are the identifiers of one generated file. Where the preferred one is
// taken, underscores are added to it until it is free, in the order in which the
// declarations were met, so that equal input gives equal names.
type names struct {
	pkg      *types.Package
	taken    map[string]bool           // in the package's scope, by the user and by us
	foreign  map[string]bool           // imports of the user's files: no declaration may have their names
	used     map[string]bool           // what generated bodies refer to, so locals keep clear of it
	imports  map[string]string         // import path → name in this file
	packages map[string]*types.Package // those of the fields' types, by path
	schemas  map[*model.Schema]*schemaNames
	structs  map[*model.Struct]functionNames
	wrappers []*wrapper // in the order met
}

func newNames(p *model.Package) *names {
	references := referencesOf(p)
	n := &names{
		pkg:      p.Types,
		taken:    map[string]bool{},
		foreign:  map[string]bool{},
		used:     references.names,
		imports:  map[string]string{},
		packages: references.packages,
		schemas:  map[*model.Schema]*schemaNames{},
		structs:  map[*model.Struct]functionNames{},
	}
	for _, name := range p.Types.Scope().Names() {
		n.taken[name] = true
	}
	for i := range p.Types.Scope().NumChildren() {
		for _, name := range p.Types.Scope().Child(i).Names() {
			n.foreign[name] = true
		}
	}
	for _, s := range p.Schemas {
		for _, name := range s.ExportedNames() {
			n.taken[name], n.used[name] = true, true
		}
	}
	for _, s := range p.Schemas {
		n.schemas[s] = n.nameSchema(s)
	}
	for _, s := range p.Structs {
		n.structs[s] = n.claimFunctions(model.TypeWord(n.pkg, s.Go))
	}
	n.nameWrappers(p)
	n.nameImports()
	return n
}

func (n *names) nameSchema(s *model.Schema) *schemaNames {
	prefix := model.Unexported(s.Name)
	named := &schemaNames{
		schemaVar:  n.claim(prefix + "Schema"),
		codecName:  n.claim(prefix + "Codec"),
		memoryName: n.claim(prefix + "Memory"),
		index:      map[string]string{},
		cookieVar:  map[string]string{},

		cookieWire: map[string]functionNames{},
	}
	for _, f := range s.Fields {
		named.index[f.Name] = n.claim(prefix + f.Name)
	}
	for _, c := range s.Cookies {
		named.index[c.Name] = n.claim(prefix + c.Name)
	}
	for _, c := range s.Cookies {
		named.cookieVar[c.Name] = n.claim(prefix + c.Name + "Cookie")
	}
	for _, c := range s.Cookies {
		if c.Type.Facts().Text == "" {
			named.cookieWire[c.Name] = n.claimFunctions(model.Exported(prefix) + c.Name + "Cookie")
		}
	}
	return named
}

// nameWrappers names the functions for all types that need a message of their own.
func (n *names) nameWrappers(p *model.Package) {
	var met []*model.Type
	visited := map[*model.Struct]bool{}
	for _, s := range p.Schemas {
		for _, f := range s.Fields {
			met = wrappersIn(f.Type, met, visited)
		}
		for _, c := range s.Cookies {
			met = wrappersIn(c.Type, met, visited)
		}
	}
	for _, t := range met {
		if n.wrapper(t) == nil {
			n.wrappers = append(n.wrappers, &wrapper{n.claimFunctions(model.TypeWord(n.pkg, t.Go)), t})
		}
	}
}

// claimFunctions takes the names for the functions of a message that is called word.
func (n *names) claimFunctions(word string) functionNames {
	for !n.free("append"+word) || !n.free("consume"+word) {
		word += "_"
	}
	return functionNames{
		append:  n.claim("append" + word),
		consume: n.claim("consume" + word),
	}
}

// claim takes a name at package level.
func (n *names) claim(name string) string {
	for !n.free(name) {
		name += "_"
	}
	n.taken[name], n.used[name] = true, true
	return name
}

func (n *names) free(name string) bool { return !n.taken[name] && !n.foreign[name] }

// nameImports names every package that the file may import: the standard ones
// first, then those of the fields' types.
func (n *names) nameImports() {
	for _, standard := range standardImports {
		n.nameImport(standard.path, standard.name)
	}
	for _, path := range slices.Sorted(maps.Keys(n.packages)) {
		n.nameImport(path, n.packages[path].Name())
	}
}

func (n *names) nameImport(path, name string) {
	if _, named := n.imports[path]; named {
		return
	}
	for n.taken[name] || jen.IsReservedWord(name) || types.Universe.Lookup(name) != nil {
		name += "_"
	}
	n.taken[name], n.used[name] = true, true
	n.imports[path] = name
}

// local is the name of a parameter, receiver or variable that is called name
// unless that would hide something that generated code refers to.
func (n *names) local(name string) string {
	for n.used[name] {
		name += "_"
	}
	return name
}

// id is a local as code.
func (n *names) id(name string) *jen.Statement { return jen.Id(n.local(name)) }
