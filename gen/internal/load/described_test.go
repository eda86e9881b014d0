package load

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// What is described here is what the standard library has.
func TestDescriptions(t *testing.T) {
	for importPath, d := range descriptions {
		real, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, importPath)
		if err != nil {
			t.Fatal(err)
		}
		pkg := described(token.NewFileSet(), importPath)
		if pkg == nil {
			t.Fatalf("the description of %s is not right", importPath)
		}
		describedScope, realScope := pkg.Scope(), real[0].Types.Scope()
		var about []types.Type
		for _, name := range d.names {
			one, other := describedScope.Lookup(name).Type(), realScope.Lookup(name).Type()
			about = append(about, other)
			if a, b := one.Underlying().String(), other.Underlying().String(); a != b {
				t.Errorf("%s.%s is %s, and described as %s", importPath, name, b, a)
			}
			for _, of := range []func(types.Type) types.Type{func(t types.Type) types.Type { return t }, func(t types.Type) types.Type { return types.NewPointer(t) }} {
				if a, b := methodsOf(of(one)), methodsOf(of(other)); !slices.Equal(a, b) {
					t.Errorf("%s.%s has the methods\n%s\nand described are\n%s", importPath, name, strings.Join(b, "\n"), strings.Join(a, "\n"))
				}
			}
			if types.Comparable(one) != types.Comparable(other) {
				t.Errorf("%s.%s can be compared: %v", importPath, name, types.Comparable(other))
			}
		}
		for _, name := range realScope.Names() {
			constant, ok := realScope.Lookup(name).(*types.Const)
			if !ok || !constant.Exported() || !slices.ContainsFunc(about, func(t types.Type) bool { return types.Identical(t, constant.Type()) }) {
				continue
			}
			described, _ := describedScope.Lookup(name).(*types.Const)
			if described == nil || described.Val().ExactString() != constant.Val().ExactString() || described.Type().String() != constant.Type().String() {
				t.Errorf("%s.%s is %v, and described as %v", importPath, name, constant, described)
			}
		}
	}
}

func methodsOf(t types.Type) (methods []string) {
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if method := set.At(i).Obj(); method.Exported() {
			methods = append(methods, method.Name()+strings.TrimPrefix(types.TypeString(signature(method), nil), "func"))
		}
	}
	return methods
}

// signature is a method's without the names of its parameters.
func signature(method types.Object) types.Type {
	s := method.Type().(*types.Signature)
	without := func(tuple *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range tuple.Variables() {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, without(s.Params()), without(s.Results()), s.Variadic())
}
