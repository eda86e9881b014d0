package rename

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// Field is a field of a schema, in the program that uses it.
type Field struct {
	program *Program
	pkg     *packages.Package // that declares the schema, without tests
	users   []*packages.Package
	output  *ast.File // with the code that was generated for the schema
	schema  *model.Schema
	node    *ast.Field
	methods methodNames
}

// methodNames are the methods of the session type and of the manager that a field of some name
// has, in an order that does not depend on the name.
type methodNames func(name string) (session, manager []string)

// Find finds the field of a schema, and reads the program that uses it. where is the folder or
// import path of its package; if empty, it is that of the program's folder, or the only one.
func (p *Program) Find(ctx context.Context, schema, field, where string) (*Field, model.Errors, error) {
	path, err := p.packageOf(schema, where)
	if err != nil {
		return nil, nil, err
	}
	users, errs, err := p.loadUsers(ctx, path)
	if errs != nil || err != nil {
		return nil, errs, err
	}
	f := &Field{program: p, users: users}
	f.pkg = users[slices.IndexFunc(users, func(pkg *packages.Package) bool { return pkg.ID == path })]
	return f, f.find(schema, field), nil
}

// packageOf is the path of the package that declares a schema: of several, that of the folder.
func (p *Program) packageOf(schema, where string) (path string, err error) {
	var found, others []string
	for _, pkg := range p.packages {
		if pkg.ID != pkg.PkgPath || where != "" && !p.isIn(pkg, where) {
			continue // with tests, it comes again
		}
		for _, name := range p.schemasIn(pkg) {
			if name == schema {
				found = append(found, pkg.PkgPath)
			} else {
				others = append(others, name)
			}
		}
	}
	if len(found) > 1 && where == "" {
		if here, err := p.packageOf(schema, "."); err == nil {
			return here, nil
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("schema %s is declared in %s: name the package, too", schema, model.JoinWords(found))
	case len(others) == 0:
		return "", fmt.Errorf("no schema here has the name %s: run this in the module that declares it, and see whether the package is right if you have named one", schema)
	}
	return "", fmt.Errorf("schema %s is not declared here: %s", schema, suggestion(schema, others))
}

// schemasIn are the names of the schemas of a package that was only listed.
func (p *Program) schemasIn(pkg *packages.Package) []string {
	src := &load.Source{Fset: token.NewFileSet()}
	for _, name := range pkg.GoFiles {
		content, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(content, []byte("session:")) && !bytes.Contains(content, []byte("cookie:")) {
			continue
		}
		if file, err := parser.ParseFile(src.Fset, name, content, parser.SkipObjectResolution); err == nil {
			src.Files = append(src.Files, file)
		}
	}
	return parse.Names(src)
}

// find completes a field of which only the package is known.
func (f *Field) find(schema, name string) model.Errors {
	wrong := model.ErrorList{Fset: f.program.fset}
	all, _ := parse.Package(load.Checked(f.program.fset, f.pkg.Syntax, f.pkg.Types, f.pkg.TypesInfo), nil)
	isIt := func(s *model.Schema) bool { return s.Name == schema }
	s := all.Schemas[slices.IndexFunc(all.Schemas, isIt)]
	if f.output = f.outputFile(s); f.output == nil {
		wrong.Add(s.Position, fmt.Sprintf("schema %s has no generated code, by which its callers are found: generate first", s.Name))
		return wrong.Sorted()
	}
	found, errs := parse.Package(load.CheckedWithout(f.output, f.program.fset, f.pkg.Syntax, f.pkg.Types), nil)
	if errs != nil {
		return errs
	}
	s = found.Schemas[slices.IndexFunc(found.Schemas, isIt)]
	f.schema = s
	var names []string
	for _, field := range s.Fields {
		names = append(names, field.Name)
		if field.Name == name {
			f.methods = func(name string) (session, manager []string) {
				called := *field
				called.Name = name
				return called.Methods(), called.ManagerMethods()
			}
		}
	}
	for _, cookie := range s.Cookies {
		names = append(names, cookie.Name)
		if cookie.Name == name {
			f.methods = func(name string) (session, manager []string) {
				called := model.Cookie{Name: name}
				return called.Methods(), called.ManagerMethods()
			}
		}
	}
	if f.methods == nil {
		wrong.Add(s.Position, fmt.Sprintf("schema %s has no field %s that methods are generated for: %s", s.Name, name, suggestion(name, names)))
		return wrong.Sorted()
	}
	f.node = f.fieldNode(name)
	switch {
	case len(f.node.Names) == 0:
		wrong.Errorf(f.node.Type.Pos(), "%s.%s is embedded, so it has the name of its type: rename the type, or give the field a name", s.Name, name)
	case len(f.node.Names) > 1:
		wrong.Errorf(f.node.Pos(), "%s.%s shares its tag with other fields: declare it on a line of its own first", s.Name, name)
	}
	return wrong.Sorted()
}

// outputFile is the file that the generator has written for a schema.
func (f *Field) outputFile(s *model.Schema) *ast.File {
	object := f.pkg.Types.Scope().Lookup(s.TypeName)
	for _, file := range f.pkg.Syntax {
		if object != nil && model.IsOurs(file) && file.FileStart <= object.Pos() && object.Pos() < file.FileEnd {
			return file
		}
	}
	return nil
}

// fieldNode is a field of the schema as it is declared.
func (f *Field) fieldNode(name string) *ast.Field {
	pos := fieldOf(f.pkg.Types, f.schema.Name, name).Pos()
	var found *ast.Field
	for _, file := range f.pkg.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Pos() <= pos && pos < field.End() {
				found = field // the innermost one
			}
			return true
		})
	}
	return found
}

// suggestion is what a name that was not found may have meant.
func suggestion(name string, among []string) string {
	for _, other := range among {
		if distance(strings.ToLower(name), strings.ToLower(other)) <= 2 {
			return "did you mean " + other + "?"
		}
	}
	return "choose from " + strings.Join(among, ", ")
}

// distance is how many letters have to be put in, taken out, replaced or swapped with the next one.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
