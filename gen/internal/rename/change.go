package rename

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// Change is the edits that give a field another name.
type Change struct {
	*Field
	from, to string

	names    map[string]map[string]string // type → method → its new name
	edits    map[string][]edit            // by file, in order
	warnings model.ErrorList

	before, after map[string]*ast.File // files that are edited or generated, by name
	source        map[string][]byte    // of those that are edited, not formatted
}

// edit is a piece of a file that is replaced.
type edit struct {
	at       int
	old, now string
}

// MayPin reports whether a second attempt that keeps the key in the tag differs from a first one
// that does not.
func (f *Field) MayPin(to string) bool {
	name := f.node.Names[0].Name
	return parse.Retag(f.node, name, to, true) != parse.Retag(f.node, name, to, false)
}

// To makes the edits. The key of the field is named in was= if it follows from the field's name,
// or kept in the tag if pin is set.
func (f *Field) To(to string, pin bool) (*Change, model.Errors) {
	from := f.node.Names[0]
	if errs := f.checkName(to); errs != nil {
		return nil, errs
	}
	c := &Change{Field: f, from: from.Name, to: to, names: map[string]map[string]string{}, edits: map[string][]edit{}}
	c.warnings.Fset = f.program.fset
	oldSession, oldManager := f.methods(from.Name)
	newSession, newManager := f.methods(to)
	c.names[f.schema.TypeName] = zip(oldSession, newSession)
	c.names[f.schema.ManagerName()] = zip(oldManager, newManager)
	c.names[f.schema.Name] = map[string]string{from.Name: to}

	f.program.handwritten(f.users, c.editComments)
	for _, pkg := range f.users {
		c.editUses(pkg)
	}
	c.edit(f.node.Tag.Pos(), f.node.Tag.Value, parse.Retag(f.node, from.Name, to, pin))
	if errs := c.apply(); errs != nil {
		return nil, errs
	}
	return c, nil
}

// checkName refuses names that the struct cannot have. What is wrong with the methods is left to
// parse.
func (f *Field) checkName(to string) model.Errors {
	wrong := model.ErrorList{Fset: f.program.fset}
	at, path := f.node.Names[0].Pos(), f.schema.Name+"."+f.node.Names[0].Name
	taken := fieldOf(f.pkg.Types, f.schema.Name, to)
	switch {
	case to == f.node.Names[0].Name:
		wrong.Errorf(at, "%s has this name already: give another one", path)
	case !token.IsIdentifier(to):
		wrong.Errorf(at, "%q cannot be the name of a field: use letters and digits, and begin with a capital", to)
	case !token.IsExported(to):
		wrong.Errorf(at, "field %s would not be exported, nor would its methods: begin the name with a capital", to)
	case taken != nil:
		wrong.Errorf(taken.Pos(), "%s.%s is declared here: choose another name, or rename this field first", f.schema.Name, to)
	}
	return wrong.Sorted()
}

func zip(old, now []string) map[string]string {
	names := map[string]string{}
	for i := range old {
		names[old[i]] = now[i]
	}
	return names
}

// fieldOf is a field of a struct that a package declares, nil if it has none of that name.
func fieldOf(pkg *types.Package, schema, name string) *types.Var {
	declared := pkg.Scope().Lookup(schema)
	if declared == nil {
		return nil
	}
	structure, ok := declared.Type().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for field := range structure.Fields() {
		if field.Name() == name {
			return field
		}
	}
	return nil
}

// newName is the name that something gets, and whether it gets another one.
func (c *Change) newName(object types.Object) (name string, renamed bool) {
	if object == nil || object.Pkg() == nil || object.Pkg().Path() != c.pkg.PkgPath {
		return "", false
	}
	switch object := object.(type) {
	case *types.Var:
		if object.IsField() && object == fieldOf(object.Pkg(), c.schema.Name, c.from) {
			return c.to, true
		}
	case *types.Func:
		name, renamed = c.names[receiverName(object)][object.Name()]
	}
	return name, renamed
}

// receiverName is the name of the type that a method is declared on, empty for functions.
func receiverName(function *types.Func) string {
	receiver := function.Signature().Recv()
	if receiver == nil {
		return ""
	}
	t := types.Unalias(receiver.Type())
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// editUses edits the names in a package. A file that is there with and without tests is edited
// once, because equal edits are.
func (c *Change) editUses(pkg *packages.Package) {
	for _, file := range pkg.Syntax {
		if model.IsOurs(file) {
			continue
		}
		if strings.HasSuffix(c.program.position(file.FileStart).Filename, "_test.go") {
			c.editExamples(pkg, file)
		}
		for id := range identifiers(file) {
			for _, object := range []types.Object{pkg.TypesInfo.Uses[id], pkg.TypesInfo.Defs[id]} {
				if name, renamed := c.newName(object); renamed {
					c.edit(id.Pos(), id.Name, name)
					break
				}
			}
		}
	}
}

// editExamples edits the names of examples, which go vet compares with the methods that they are
// of: ExampleVisitor_SetName_twice.
func (c *Change) editExamples(pkg *packages.Package, file *ast.File) {
	if strings.TrimSuffix(pkg.PkgPath, "_test") != c.pkg.PkgPath {
		return
	}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil {
			continue
		}
		words := strings.SplitN(function.Name.Name, "_", 3)
		of, isExample := strings.CutPrefix(words[0], "Example")
		if !isExample || len(words) < 2 {
			continue
		}
		if name, renamed := c.names[of][words[1]]; renamed {
			words[1] = name
			c.edit(function.Name.Pos(), function.Name.Name, strings.Join(words, "_"))
		}
	}
}

// edit replaces what stands at a place.
func (c *Change) edit(pos token.Pos, old, now string) {
	at := c.program.position(pos)
	c.editAt(at.Filename, at.Offset, old, now)
}

func (c *Change) editAt(file string, at int, old, now string) {
	e := edit{at, old, now}
	if old != now && !slices.Contains(c.edits[file], e) {
		c.edits[file] = append(c.edits[file], e)
	}
}

// apply makes the new content of the files that have edits, and parses it.
func (c *Change) apply() model.Errors {
	c.before, c.after, c.source = map[string]*ast.File{}, map[string]*ast.File{}, map[string][]byte{}
	var wrong model.ErrorList
	c.program.handwritten(c.users, func(_ *packages.Package, file *ast.File) {
		name := c.program.position(file.FileStart).Filename
		if len(c.edits[name]) == 0 {
			return
		}
		if ast.IsGenerated(file) {
			c.warnings.Add(c.program.position(file.Pos()), fmt.Sprintf("warning: file was generated by another program and is edited: rename %s in what it is made from, too", c.from))
		}
		if err := c.applyTo(name, file); err != nil {
			wrong.Add(token.Position{Filename: name, Line: 1, Column: 1}, err.Error())
		}
	})
	return wrong.Sorted()
}

func (c *Change) applyTo(name string, file *ast.File) error {
	slices.SortFunc(c.edits[name], func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	var b bytes.Buffer
	old, last := c.program.content[name], 0
	for _, e := range c.edits[name] {
		b.Write(old[last:e.at])
		b.WriteString(e.now)
		last = e.at + len(e.old)
	}
	b.Write(old[last:])
	c.source[name] = b.Bytes()
	c.before[name] = file
	var err error
	c.after[name], err = parser.ParseFile(c.program.fset, name, b.Bytes(), parser.ParseComments|parser.SkipObjectResolution)
	return err
}

// Source is the package of the schema after the change, without its generated code.
func (c *Change) Source() *load.Source {
	return load.CheckedWithout(c.output, c.program.fset, c.syntaxOf(c.pkg), c.pkg.Types)
}

// Output is the file that is to be generated anew.
func (c *Change) Output() (path string, file *ast.File) {
	return c.program.position(c.output.FileStart).Filename, c.output
}

// syntaxOf is the files of a package after the change.
func (c *Change) syntaxOf(pkg *packages.Package) []*ast.File {
	files := slices.Clone(pkg.Syntax)
	for i, file := range files {
		if edited := c.after[c.program.position(file.FileStart).Filename]; edited != nil {
			files[i] = edited
		}
	}
	return files
}

// Edited is a file that the change edits.
type Edited struct {
	Path            string
	Before, Content []byte
}

// Edited are the files that are edited, in the order of their names. What was formatted by gofmt
// is so again.
func (c *Change) Edited() []Edited {
	var files []Edited
	for _, name := range slices.Sorted(maps.Keys(c.source)) {
		before := c.program.content[name]
		files = append(files, Edited{name, before, formattedLike(before, c.source[name])})
	}
	return files
}

// formattedLike formats a file if it was formatted before, whatever its lines end in.
func formattedLike(before, after []byte) []byte {
	lf, crlf := []byte("\n"), []byte("\r\n")
	isCRLF := bytes.Contains(before, crlf)
	plain := bytes.ReplaceAll(before, crlf, lf)
	if formatted, err := format.Source(plain); err != nil || !bytes.Equal(formatted, plain) {
		return after
	}
	formatted, err := format.Source(bytes.ReplaceAll(after, crlf, lf))
	switch {
	case err != nil:
		return after
	case isCRLF:
		return bytes.ReplaceAll(formatted, lf, crlf)
	}
	return formatted
}

// identifiers are those of a file, in their order.
func identifiers(file *ast.File) func(yield func(*ast.Ident) bool) {
	return func(yield func(*ast.Ident) bool) {
		for node := range ast.Preorder(file) {
			if id, ok := node.(*ast.Ident); ok && !yield(id) {
				return
			}
		}
	}
}

// isWord reports whether a letter can be within a name.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
