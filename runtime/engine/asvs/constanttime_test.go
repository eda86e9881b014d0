package asvs

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strings"
	"testing"
)

// What somebody sends is compared with what a record has by crypto/subtle, and by nothing that stops at the first
// difference. Keys of two records may be compared in any way: nobody sends those.
func TestASVS_11_2_4_SecretsAreComparedInConstantTime(t *testing.T) {
	secret := map[string]bool{"Key": true, "PreviousKey": true, "Client": true, "key": true, "previousKey": true, "secret": true, "client": true, "clientHash": true, "bound": true}
	named := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return secret[e.Name]
		case *ast.SelectorExpr:
			return secret[e.Sel.Name]
		case *ast.SliceExpr:
			ident, ok := e.X.(*ast.Ident)
			return ok && secret[ident.Name]
		}
		return false
	}
	constant := map[string]int{}
	for _, name := range []string{"../find.go", "../stored.go", "../label.go", "../sealed.go", "../../record/header.go", "../clientcheck.go", "../token.go", "../../keyring/cipher.go"} {
		files := gotoken.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				empty := func(e ast.Expr) bool { lit, ok := e.(*ast.BasicLit); return ok && lit.Value == `""` }
				if (n.Op == gotoken.EQL || n.Op == gotoken.NEQ) && (named(n.X) || named(n.Y)) && !empty(n.X) && !empty(n.Y) {
					t.Errorf("%s compares a secret by %s", files.Position(n.Pos()), n.Op)
				}
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from, _ := called.X.(*ast.Ident)
				switch {
				case from != nil && from.Name == "subtle" && called.Sel.Name == "ConstantTimeCompare":
					constant[name]++
				case from != nil && strings.Contains("bytes strings slices", from.Name) && len(n.Args) == 2 && (named(n.Args[0]) || named(n.Args[1])):
					t.Errorf("%s compares a secret by %s.%s", files.Position(n.Pos()), from.Name, called.Sel.Name)
				}
			}
			return true
		})
	}
	if constant["../label.go"] != 1 || constant["../../record/header.go"] != 1 || constant["../clientcheck.go"] != 1 {
		t.Errorf("comparisons in constant time: %v, want one of the key, one of the keys before it and one of the client", constant)
	}
}
