package emit

import (
	"go/types"
	"path"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// references are what generated code refers to because of the fields' types.
type references struct {
	pkg      *types.Package
	names    map[string]bool           // of the package itself
	packages map[string]*types.Package // others, by path
	structs  map[*model.Struct]bool    // visited
}

func referencesOf(p *model.Package) *references {
	refs := &references{
		pkg:      p.Types,
		names:    map[string]bool{},
		packages: map[string]*types.Package{},
		structs:  map[*model.Struct]bool{},
	}
	for _, s := range p.Schemas {
		refs.names[s.Name] = true
		for _, f := range s.Fields {
			refs.addType(f.Type)
		}
		for _, c := range s.Cookies {
			refs.addType(c.Type)
			for _, constant := range c.Declared {
				refs.addObject(constant)
			}
		}
	}
	return refs
}

func (r *references) addType(t *model.Type) {
	if t == nil {
		return
	}
	r.addGo(t.Go)
	if library := t.Facts().Library; library != "" {
		r.packages[library] = types.NewPackage(library, path.Base(library))
	}
	r.addType(t.Key)
	r.addType(t.Elem)
	if t.Struct == nil || r.structs[t.Struct] {
		return
	}
	r.structs[t.Struct] = true
	r.addGo(t.Struct.Go)
	for _, f := range t.Struct.Fields {
		r.addType(f.Type)
	}
}

func (r *references) addGo(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		if !model.Accessible(r.pkg, t.Obj()) {
			r.addGo(types.Unalias(t))
			return
		}
		r.addObject(t.Obj())
		for arg := range t.TypeArgs().Types() {
			r.addGo(arg)
		}
	case *types.Named:
		r.addObject(t.Obj())
		for arg := range t.TypeArgs().Types() {
			r.addGo(arg)
		}
	case *types.Map:
		r.addGo(t.Key())
		r.addGo(t.Elem())
	case interface{ Elem() types.Type }: // slices, arrays, pointers and channels
		r.addGo(t.Elem())
	case *types.Signature:
		r.addTuple(t.Params())
		r.addTuple(t.Results())
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			r.addGo(method.Signature())
		}
		for embedded := range t.EmbeddedTypes() {
			r.addGo(embedded)
		}
	case *types.Struct:
		for field := range t.Fields() {
			r.addGo(field.Type())
		}
	}
}

func (r *references) addTuple(t *types.Tuple) {
	for v := range t.Variables() {
		r.addGo(v.Type())
	}
}

func (r *references) addObject(object types.Object) {
	switch object.Pkg() {
	case nil:
	case r.pkg:
		r.names[object.Name()] = true
	default:
		r.packages[object.Pkg().Path()] = object.Pkg()
	}
}
