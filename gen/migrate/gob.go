package migrate

import (
	"fmt"
	"go/ast"
	"go/types"
)

// visitGob notes gob.Register, without which old sessions cannot be read, and under which
// name it registers: that of a type changes with its package.
func (r *reader) visitGob(n ast.Node) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	switch name, _ := r.method(call); name {
	case "encoding/gob.RegisterName":
		r.other(call, "", "keep it until the end of the move")
	case "encoding/gob.Register":
		t := r.pkg.TypesInfo.TypeOf(call.Args[0])
		if t == nil || types.IsInterface(t) {
			return
		}
		r.other(call, "", fmt.Sprintf("keep it until the end of the move; if the type moves to another package: gob.RegisterName(%q, …)", gobName(t)))
	}
}

// gobName is the name under which gob registers a type: with the path of its package, but
// only if it has a name itself.
func gobName(t types.Type) string {
	if named, ok := types.Unalias(types.Default(t)).(*types.Named); ok && named.Obj().Pkg() != nil {
		return named.Obj().Pkg().Path() + "." + named.Obj().Name()
	}
	return types.TypeString(types.Default(t), func(pkg *types.Package) string { return pkg.Name() })
}
