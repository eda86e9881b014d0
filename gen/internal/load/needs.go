package load

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// needs says which names of which imported packages a schema is made of: by path, and
// "" among the names where that is not certain.
type needs map[string]map[string]bool

// part is a declaration that a schema may be made of: a type with the methods on it, or
// constants.
type part struct {
	file     *ast.File
	nodes    []ast.Node
	constant bool
}

// reach finds out what the schemas of a package are made of, by names alone: before
// anything is imported, there are no types.
type reach struct {
	parts   map[string][]part // by the name that is declared
	methods map[string][]part // by the receiver's type
	imports map[*ast.File]map[string]string
	met     map[string]bool
	needs   needs
}

// needsOf returns what the schemas in files need. It is not found out where a dot import
// may stand for any name.
func needsOf(files []*ast.File) (needs, bool) {
	r := &reach{
		parts: map[string][]part{}, methods: map[string][]part{},
		imports: map[*ast.File]map[string]string{}, met: map[string]bool{}, needs: needs{},
	}
	var schemas []string
	for _, file := range files {
		names := map[string]string{}
		for _, spec := range file.Imports {
			switch {
			case spec.Name == nil:
				names[guessedName(pathOf(spec))] = pathOf(spec)
			case spec.Name.Name == ".":
				return nil, false
			default:
				names[spec.Name.Name] = pathOf(spec)
			}
		}
		r.imports[file] = names
		schemas = append(schemas, r.declare(file)...)
	}
	for _, name := range schemas {
		r.meet(name)
	}
	r.meetConstants()
	return r.needs, true
}

// declare notes what a file declares, and returns the structs that look like schemas.
func (r *reach) declare(file *ast.File) (schemas []string) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if name := ReceiverName(d); name != "" {
				r.methods[name] = append(r.methods[name], part{file: file, nodes: []ast.Node{d.Type}})
			}
		case *ast.GenDecl:
			var explicit *ast.ValueSpec
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					r.parts[s.Name.Name] = append(r.parts[s.Name.Name], part{file: file, nodes: []ast.Node{s}})
					if looksLikeSchema(s.Type) {
						schemas = append(schemas, s.Name.Name)
					}
				case *ast.ValueSpec:
					if s.Type != nil || s.Values != nil {
						explicit = s
					}
					p := part{file, []ast.Node{s}, d.Tok == token.CONST}
					if d.Tok == token.CONST && explicit != nil && explicit != s {
						p.nodes = append(p.nodes, explicit) // which it repeats
					}
					for _, name := range s.Names {
						r.parts[name.Name] = append(r.parts[name.Name], p)
					}
				}
			}
		}
	}
	return schemas
}

// looksLikeSchema reports whether a struct has a tagged blank field.
func looksLikeSchema(expr ast.Expr) bool {
	structure, ok := expr.(*ast.StructType)
	if !ok {
		return false
	}
	return slices.ContainsFunc(structure.Fields.List, func(f *ast.Field) bool {
		if f.Tag == nil || len(f.Names) != 1 || f.Names[0].Name != "_" {
			return false
		}
		text, _ := strconv.Unquote(f.Tag.Value)
		_, session := reflect.StructTag(text).Lookup("session")
		_, cookie := reflect.StructTag(text).Lookup("cookie")
		return session || cookie
	})
}

// meet walks over what a name of the package stands for.
func (r *reach) meet(name string) {
	if r.met[name] {
		return
	}
	r.met[name] = true
	for _, p := range slices.Concat(r.parts[name], r.methods[name]) {
		for _, node := range p.nodes {
			r.walk(p.file, node)
		}
	}
}

func (r *reach) walk(file *ast.File, node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && len(r.parts[of.Name]) == 0 {
				r.need(file, of.Name, n.Sel.Name)
				return false
			}
		case *ast.Ident:
			if len(r.parts[n.Name]) > 0 {
				r.meet(n.Name)
			}
		}
		return true
	})
}

// need notes that a schema is made of a name in an imported package.
func (r *reach) need(file *ast.File, of, name string) {
	if importPath, known := r.imports[file][of]; known {
		r.add(importPath, name)
		return
	}
	// A package that is not called as its path suggests: it may be any of those.
	for _, spec := range file.Imports {
		if spec.Name == nil {
			r.add(pathOf(spec), "")
		}
	}
}

func (r *reach) add(importPath, name string) {
	if r.needs[importPath] == nil {
		r.needs[importPath] = map[string]bool{}
	}
	r.needs[importPath][name] = true
}

// meetConstants walks over the constants that may be of a type which the package
// declares: a cookie accepts them alone. What is in the way of a constant to its type,
// such as an alias, is a name of the package too.
func (r *reach) meetConstants() {
	for _, name := range slices.Sorted(maps.Keys(r.parts)) {
		if slices.ContainsFunc(r.parts[name], r.isMadeOfDeclared) {
			r.meet(name)
		}
	}
}

// isMadeOfDeclared reports whether a constant names something that the package declares.
func (r *reach) isMadeOfDeclared(p part) bool {
	if !p.constant {
		return false
	}
	names := false
	for _, node := range p.nodes {
		value := node.(*ast.ValueSpec)
		of := slices.Clone(value.Values)
		if value.Type != nil {
			of = append(of, value.Type)
		}
		for _, expr := range of {
			ast.Inspect(expr, func(n ast.Node) bool {
				name, ok := n.(*ast.Ident)
				names = names || ok && len(r.parts[name.Name]) > 0
				return !names
			})
		}
	}
	return names
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// guessedName is what a package is probably called, by its path alone.
func guessedName(importPath string) string {
	name := path.Base(importPath)
	if majorVersion.MatchString(name) && strings.Contains(importPath, "/") {
		name = path.Base(path.Dir(importPath))
	}
	name, _, _ = strings.Cut(name, ".")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "go-"), "-go")
	return strings.ReplaceAll(name, "-", "_")
}

// ReceiverName is the name of a method's receiver type, empty for functions.
func ReceiverName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return ""
	}
	receiver := ast.Unparen(function.Recv.List[0].Type)
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = ast.Unparen(pointer.X)
	}
	switch generic := receiver.(type) {
	case *ast.IndexExpr:
		receiver = generic.X
	case *ast.IndexListExpr:
		receiver = generic.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// Importable reports whether a package may import another one by the rule of
// internal directories.
func Importable(from, path string) bool {
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return true
	}
	if at == 0 {
		return false // of the standard library
	}
	parent := path[:at-1]
	return from == parent || strings.HasPrefix(from, parent+"/")
}
