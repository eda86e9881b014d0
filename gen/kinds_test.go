package gen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shapes are the names of all shapes of types.
var shapes = []string{"Scalar", "Record", "List", "Table", "Optional"}

// TestKindsAreATable: what differs from kind to kind stands in the table of package model,
// not in switches that a new kind would be missing from. A switch over the shape of a type
// names every shape, or says what becomes of the others.
func TestKindsAreATable(t *testing.T) {
	files, err := filepath.Glob("internal/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source files (%v)", err)
	}
	overShapes := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			statement, ok := n.(*ast.SwitchStmt)
			if !ok {
				return true
			}
			tag, _ := statement.Tag.(*ast.SelectorExpr)
			if tag == nil {
				return true
			}
			switch tag.Sel.Name {
			case "Kind":
				t.Errorf("%s: switch over kinds: make it a column of model.Facts, or switch over the shape", fset.Position(n.Pos()))
			case "Shape":
				overShapes++
				if missing := missingShapes(statement); len(missing) > 0 {
					t.Errorf("%s: switch over shapes has no case for %s, and no default", fset.Position(n.Pos()), strings.Join(missing, ", "))
				}
			}
			return true
		})
	}
	if overShapes < 10 {
		t.Errorf("only %d switches over shapes were found", overShapes)
	}
}

// missingShapes are the shapes that a switch says nothing about.
func missingShapes(statement *ast.SwitchStmt) []string {
	missing := slices.Clone(shapes)
	for _, clause := range statement.Body.List {
		values := clause.(*ast.CaseClause).List
		if values == nil {
			return nil // default
		}
		for _, value := range values {
			name := ""
			switch value := value.(type) {
			case *ast.SelectorExpr:
				name = value.Sel.Name
			case *ast.Ident:
				name = value.Name
			}
			missing = slices.DeleteFunc(missing, func(shape string) bool { return shape == name })
		}
	}
	return missing
}
