package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every function that the package comment names is there, so the comment does not go stale when
// a step is renamed.
func TestPackageCommentNamesFunctions(t *testing.T) {
	declared := map[string]bool{}
	declare := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv != nil {
				receiver := n.Recv.List[0].Type
				if pointer, ok := receiver.(*ast.StarExpr); ok {
					receiver = pointer.X
				}
				if name, ok := receiver.(*ast.Ident); ok {
					declared[name.Name+"."+n.Name.Name] = true
				}
			}
		case *ast.TypeSpec:
			declared[n.Name.Name] = true
			if methods, ok := n.Type.(*ast.InterfaceType); ok {
				for _, method := range methods.Methods.List {
					for _, name := range method.Names {
						declared[n.Name.Name+"."+name.Name] = true
					}
				}
			}
		}
		return true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, declare)
	}
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile(`\b(?:Session|Manager|keeper)\.\w+`).FindAllString(string(comment), -1)
	if len(steps) < 25 {
		t.Errorf("only %d steps were found", len(steps))
	}
	_, states, _ := strings.Cut(string(comment), "# The state of a session")
	names := regexp.MustCompile(`(?m)^//\t(\w+)`).FindAllStringSubmatch(states, -1)
	if len(names) < 8 {
		t.Errorf("only %d parts of the state were found", len(names))
	}
	for _, name := range names {
		steps = append(steps, name[1])
	}
	for _, step := range steps {
		if !declared[step] {
			t.Errorf("the package comment names %s, which is not declared", step)
		}
	}
}
