package parse

import (
	"go/ast"
	"go/token"
	"strings"
)

// reportEndless reports the types of the package that contain themselves with a larger type
// argument each time, as T does in type T[A any] struct{ Next *T[[]A] }. The compiler refuses
// them whatever is generated, and following their fields would never end.
func (p *parser) reportEndless() (found bool) {
	for _, err := range p.src.TypeErrors {
		if strings.HasPrefix(err.Msg, "instantiation cycle") {
			p.Errorf(err.Pos, "%s contains itself with a larger type argument each time, so it has no end: use the same type argument inside, or declare a type without parameters", p.typeAt(err.Pos))
			found = true
		}
	}
	return found
}

// typeAt is the name of the type whose declaration a position is in.
func (p *parser) typeAt(pos token.Pos) (name string) {
	for _, file := range p.src.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Pos() <= pos && pos < spec.End() {
				name = spec.Name.Name
			}
			return name == ""
		})
	}
	return name
}
