package rename

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// checker compares the program before and after a change.
type checker struct {
	*Change
	model.ErrorList
	now  map[*packages.Package]*types.Package
	info map[*packages.Package]*types.Info
	old  map[token.Pos]token.Pos // where names stand after the change → where they stood
}

// Check reports what would not compile after the change, and names that would mean something
// else. generated is the new content of the output.
func (c *Change) Check(generated []byte) model.Errors {
	path, output := c.Output()
	k := &checker{
		Change:    c,
		ErrorList: model.ErrorList{Fset: c.program.fset},
		now:       map[*packages.Package]*types.Package{},
		info:      map[*packages.Package]*types.Info{},
		old:       map[token.Pos]token.Pos{},
	}
	file, err := parser.ParseFile(c.program.fset, path, generated, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return model.Errors{{Position: c.program.position(output.Package), Message: err.Error()}}
	}
	c.after[path] = file
	for name, before := range c.before {
		k.match(before, c.after[name])
	}
	for _, pkg := range c.users {
		k.compile(pkg)
	}
	if len(k.List) == 0 { // or else names mean nothing
		for _, pkg := range c.users {
			k.compare(pkg)
		}
	}
	return c.Original(k.Sorted())
}

// match notes where the names of an edited file stood before.
func (k *checker) match(before, after *ast.File) {
	var places []token.Pos
	for id := range identifiers(before) {
		places = append(places, id.Pos())
	}
	i := 0
	for id := range identifiers(after) {
		k.old[id.Pos()] = places[i]
		i++
	}
}

// compile checks the types of a package after the change.
func (k *checker) compile(pkg *packages.Package) {
	imported := func(of *packages.Package) *types.Package { return k.now[of] }
	k.now[pkg], k.info[pkg] = k.program.check(pkg, k.syntaxOf(pkg), imported, func(err types.Error) {
		k.Errorf(err.Pos, "after the rename this would not compile: %s: %s", err.Msg, remedy(err.Msg))
	})
}

// remedy is what to do about an error of the type checker.
func remedy(message string) string {
	if _, rest, missing := strings.Cut(message, "(missing method "); missing {
		method, _, _ := strings.Cut(rest, ")")
		return "pass a value of your own whose method " + method + " calls the session's, and rename then"
	}
	return "choose another name, or change this first"
}

// compare compares what each name in a package means with what it meant.
func (k *checker) compare(pkg *packages.Package) {
	after := k.syntaxOf(pkg)
	for i, file := range pkg.Syntax {
		if file == k.output {
			continue
		}
		var names []*ast.Ident
		for id := range identifiers(after[i]) {
			names = append(names, id)
		}
		j := 0
		for id := range identifiers(file) {
			now := names[j]
			j++
			if !k.same(pkg.TypesInfo.Uses[id], k.info[pkg].Uses[now]) {
				k.Errorf(now.Pos(), "after the rename %s would mean something else here (%s): choose another name, or change this first", now.Name, k.where(k.info[pkg].Uses[now]))
			}
		}
	}
}

// where says what an object is.
func (k *checker) where(object types.Object) string {
	if object == nil {
		return "nothing"
	}
	at := k.program.position(object.Pos())
	if !at.IsValid() {
		return object.String()
	}
	return fmt.Sprintf("see %s", model.Errors{{Position: at}}.RelativeTo(k.program.dir)[0].Position)
}

// same reports whether an object is what another one has become.
func (k *checker) same(old, now types.Object) bool {
	if old == now || old == nil || now == nil {
		return old == now
	}
	if place, edited := k.old[now.Pos()]; edited {
		return place == old.Pos()
	}
	if now.Pos() == old.Pos() && now.Pos().IsValid() {
		return true
	}
	// An import without a name of its own, or what was generated anew.
	_, isImport := now.(*types.PkgName)
	if !isImport && !k.isGenerated(now) {
		return false
	}
	name, renamed := k.newName(old)
	if !renamed {
		name = old.Name()
	}
	return name == now.Name() && fmt.Sprintf("%T", old) == fmt.Sprintf("%T", now) && owner(old) == owner(now)
}

// isGenerated reports whether an object is declared in the new output.
func (k *checker) isGenerated(object types.Object) bool {
	path, _ := k.Output()
	file := k.after[path]
	return file.FileStart <= object.Pos() && object.Pos() < file.FileEnd
}

// owner tells objects of one name apart: by the type that a method is declared on.
func owner(object types.Object) string {
	if function, ok := object.(*types.Func); ok {
		return receiverName(function)
	}
	return ""
}

// Original gives errors the positions that they have in the files before the change.
func (c *Change) Original(errs model.Errors) model.Errors {
	for i, err := range errs {
		name := err.Position.Filename
		if c.source[name] == nil {
			continue
		}
		after := c.program.fset.File(c.after[name].FileStart)
		at := after.Offset(after.LineStart(err.Position.Line)) + err.Position.Column - 1
		shift := 0
		for _, e := range c.edits[name] {
			if e.at+shift+len(e.now) > at {
				break
			}
			shift += len(e.now) - len(e.old)
		}
		before := c.program.fset.File(c.before[name].FileStart)
		errs[i].Position = before.Position(before.Pos(at - shift))
		errs[i].Position.Offset = 0
	}
	return errs
}
