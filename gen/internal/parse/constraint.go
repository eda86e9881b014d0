package parse

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// constraints checks that the generated file can be compiled wherever its schemas are, whichever
// of these systems the generator runs on.
type constraints struct {
	*parser
	pkg    *model.Package
	schema *model.Schema // whose constraint is that of the file
}

// checkConstraints gives a package the constraint of its schemas, and refuses schemas that have
// none in common, and declarations that the code needs and other builds do not have. all says
// that the file is to have every schema of the package.
func (p *parser) checkConstraints(pkg *model.Package, wanted []*schemaState, all bool) {
	for _, file := range p.src.LeftOut {
		for _, spec := range load.SchemaSpecs(file) {
			pkg.Elsewhere = append(pkg.Elsewhere, spec.Name.Name)
		}
	}
	if len(wanted) == 0 {
		return
	}
	first := wanted[0]
	pkg.Constraint = p.constraintAt(first.spec.Name.Pos())
	c := &constraints{p, pkg, first.Schema}
	for _, s := range wanted[1:] {
		c.compare(s.spec)
	}
	if all {
		for _, file := range p.src.LeftOut {
			for _, spec := range load.SchemaSpecs(file) {
				c.compare(spec)
			}
		}
	}
	for _, s := range pkg.Schemas {
		for _, f := range s.Fields {
			c.checkType(f.Type.Go)
		}
		for _, cookie := range s.Cookies {
			c.checkType(cookie.Type.Go)
			c.checkConstants(cookie)
		}
	}
	for _, s := range pkg.Structs {
		for _, f := range s.Fields {
			c.checkType(f.Type.Go)
		}
	}
}

// compare refuses a schema with another constraint than the first.
func (c *constraints) compare(spec *ast.TypeSpec) {
	if under := c.constraintAt(spec.Name.Pos()); under != c.pkg.Constraint {
		c.Errorf(spec.Name.Pos(), "schema %s is compiled %s, and schema %s (%s:%d) %s: declare them under one constraint, or generate each into a file of its own with -type and -o",
			spec.Name.Name, compiled(under), c.schema.Name, filepath.Base(c.schema.Position.Filename), c.schema.Position.Line, compiled(c.pkg.Constraint))
	}
}

// checkType refuses types that generated code names and does not always have.
func (c *constraints) checkType(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		c.check(t.Obj(), t.Obj().Name())
		c.checkType(t.Rhs())
	case *types.Named:
		c.check(t.Obj(), t.Obj().Name())
		for argument := range t.TypeArgs().Types() {
			c.checkType(argument)
		}
		for method := range t.Methods() {
			if slices.ContainsFunc(encodings, func(e encoding) bool { return method.Name() == e.write || method.Name() == e.read }) {
				c.check(method, t.Obj().Name()+"."+method.Name())
			}
		}
	case *types.Map:
		c.checkType(t.Key())
		c.checkType(t.Elem())
	case interface{ Elem() types.Type }: // a pointer, slice or array
		c.checkType(t.Elem())
	}
}

// checkConstants refuses constants of a cookie that are not always declared, here or elsewhere.
func (c *constraints) checkConstants(cookie *model.Cookie) {
	for _, declared := range cookie.Declared {
		c.check(declared, declared.Name())
	}
	named, ok := types.Unalias(cookie.Type.Go).(*types.Named)
	if !ok || len(cookie.Declared) == 0 || named.Obj().Pkg() != c.src.Types {
		return
	}
	for _, file := range c.src.LeftOut {
		for _, name := range constantsOf(file, named.Obj().Name()) {
			c.refuse(name.Pos(), name.Name)
		}
	}
}

// check refuses an object of the package whose file has another constraint than the generated one.
func (c *constraints) check(object types.Object, name string) {
	if object.Pkg() == c.src.Types {
		c.refuse(object.Pos(), name)
	}
}

func (c *constraints) refuse(pos token.Pos, name string) {
	if under := c.constraintAt(pos); under != "" && under != c.pkg.Constraint {
		c.Errorf(pos, "%s is compiled %s, and the code of schema %s, which needs it, %s: declare both under one constraint",
			name, compiled(under), c.schema.Name, compiled(c.pkg.Constraint))
	}
}

// constraintAt is the constraint of the file that a position is in.
func (p *parser) constraintAt(pos token.Pos) string {
	for _, files := range [][]*ast.File{p.src.Files, p.src.LeftOut} {
		for _, file := range files {
			if file.FileStart <= pos && pos < file.FileEnd {
				return load.Constraint(p.Fset.File(pos).Name(), file)
			}
		}
	}
	return ""
}

// compiled says when a file is compiled.
func compiled(constraint string) string {
	if constraint == "" {
		return "always"
	}
	return fmt.Sprintf("only under %s", constraint)
}

// constantsOf are the constants of a type that a file declares, as far as the file says it.
func constantsOf(file *ast.File, typeName string) (names []*ast.Ident) {
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		var of ast.Expr
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if value.Type != nil || value.Values != nil {
				of = constantType(value)
			}
			if name, ok := of.(*ast.Ident); ok && name.Name == typeName {
				names = append(names, value.Names...)
			}
		}
	}
	return names
}

// constantType is the type of constants, written before or around their value.
func constantType(value *ast.ValueSpec) ast.Expr {
	if value.Type == nil {
		if conversion, ok := value.Values[0].(*ast.CallExpr); ok {
			return conversion.Fun
		}
	}
	return value.Type
}
