package main

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each link of the form [Name], [Type.Method] or [pkg.Name] in the comments of the root
// module's packages is one that go doc resolves.
func TestDocLinksResolve(t *testing.T) {
	packages := listedPackages(t)
	l := &docLinks{t: t, packages: packages, symbols: map[string]map[string]bool{}}
	checked := 0
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		if packages[path].ours {
			l.checkPackage(path)
			checked++
		}
	}
	if checked < 30 || l.count < 300 {
		t.Errorf("only %d links were found in %d packages: this test looks in the wrong place", l.count, checked)
	}
}

// Each name of the form pkg.Name in the code spans of pages is one that a package of the root
// module has. Lines of code are compiled elsewhere.
func TestPagesNameWhatIsThere(t *testing.T) {
	packages := listedPackages(t)
	l := &docLinks{t: t, packages: packages, symbols: map[string]map[string]bool{}}
	paths := map[string]string{} // by name; the runtime's own come before the standard library's
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		if packages[path].ours && !strings.Contains(path, "/internal/") {
			paths[packages[path].name] = path
		}
	}
	named := 0
	for _, page := range markdownPages(t) {
		for _, span := range codeSpan.FindAllString(prose(readPage(t, page)), -1) {
			found := qualified.FindStringSubmatch(span)
			if found == nil || paths[found[1]] == "" {
				continue
			}
			named++
			if !l.symbolsOf(paths[found[1]])[found[2]] {
				t.Errorf("%s names %s: package %s has no %s", page, span, found[1], found[2])
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d names were found: this test looks in the wrong place", named)
	}
}

var qualified = regexp.MustCompile("^`+(\\w+)\\.([A-Z]\\w*)")

// listedPackage is a package that comments may link to.
type listedPackage struct {
	name, folder string
	ours         bool // in the root module
}

// listedPackages are the packages of the root module, of the standard library, and what those
// of the root module need, by path.
func listedPackages(t *testing.T) map[string]listedPackage {
	t.Helper()
	output := goList(t, "{{.ImportPath}}|{{.Name}}|{{.Dir}}|{{with .Module}}{{.Path}}{{end}}", "-deps", "./...", "std")
	found := map[string]listedPackage{}
	for line := range strings.Lines(output) {
		parts := strings.Split(strings.TrimSpace(line), "|")
		found[parts[0]] = listedPackage{name: parts[1], folder: parts[2], ours: parts[3] == rootModule}
	}
	return found
}

// docLinks checks the links of comments. It remembers the symbols of the packages that are
// linked to.
type docLinks struct {
	t        *testing.T
	packages map[string]listedPackage
	symbols  map[string]map[string]bool // of a package: "Name" and "Type.Name"
	count    int
}

func (l *docLinks) checkPackage(path string) {
	fset := token.NewFileSet()
	files := parsePackage(l.t, fset, l.packages[path].folder)
	imports := map[string]string{l.packages[path].name: path}
	for _, file := range files {
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			name := l.packages[imported].name
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = imported
		}
	}
	for _, file := range files {
		for _, group := range file.Comments {
			for _, link := range linksOf(group.Text()) {
				if problem := l.problem(link, path, imports); problem != "" {
					l.t.Errorf("%s: [%s]: %s", fset.Position(group.Pos()), link, problem)
				}
				l.count++
			}
		}
	}
}

// problem returns what is wrong with a link in a comment of a package, "" if nothing is.
func (l *docLinks) problem(link docLink, path string, imports map[string]string) string {
	switch imported, found := imports[link.pkg]; {
	case found:
		path = imported
	case link.pkg == "":
	case strings.Contains(link.pkg, "/"), l.packages[link.pkg].folder != "":
		path = link.pkg
	case link.symbol == "":
		return "" // a word in brackets
	default:
		return "the package imports no package of that name: write its whole path"
	}
	symbols := l.symbolsOf(path)
	switch {
	case symbols == nil:
		return "there is no such package, or the root module does not need it"
	case link.symbol != "" && !symbols[link.symbol]:
		return "there is no such name"
	}
	return ""
}

// symbolsOf are the symbols of a package, nil if there is no such package.
func (l *docLinks) symbolsOf(path string) map[string]bool {
	symbols, known := l.symbols[path]
	if folder := l.packages[path].folder; !known && folder != "" {
		symbols = declared(parsePackage(l.t, token.NewFileSet(), folder))
		l.symbols[path] = symbols
	}
	return symbols
}

// docLink is what stands between the brackets.
type docLink struct{ pkg, symbol string }

func (k docLink) String() string {
	if k.pkg == "" || k.symbol == "" {
		return k.pkg + k.symbol
	}
	return k.pkg + "." + k.symbol
}

// linksOf are the links in the text of a comment. Every name counts as one that exists, so that
// the parser reports those that do not, too.
func linksOf(text string) (links []docLink) {
	p := comment.Parser{
		LookupPackage: func(name string) (string, bool) { return name, true },
		LookupSym:     func(string, string) bool { return true },
	}
	var walk func([]comment.Text)
	walk = func(texts []comment.Text) {
		for _, text := range texts {
			switch text := text.(type) {
			case *comment.DocLink:
				symbol := text.Name
				if text.Recv != "" {
					symbol = text.Recv + "." + text.Name
				}
				links = append(links, docLink{text.ImportPath, symbol})
			case *comment.Link:
				walk(text.Text)
			}
		}
	}
	var blocks func([]comment.Block)
	blocks = func(content []comment.Block) {
		for _, block := range content {
			switch block := block.(type) {
			case *comment.Paragraph:
				walk(block.Text)
			case *comment.Heading:
				walk(block.Text)
			case *comment.List:
				for _, item := range block.Items {
					blocks(item.Content)
				}
			}
		}
	}
	blocks(p.Parse(text).Content)
	return links
}

// declared are the names that files declare: "Name" and, for methods and fields, "Type.Name".
func declared(files []*ast.File) map[string]bool {
	symbols := map[string]bool{}
	for _, file := range files {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiverName(d.Recv.List[0].Type) + "." + name
				}
				symbols[name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(symbols, spec)
				}
			}
		}
	}
	return symbols
}

func addSpec(symbols map[string]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			symbols[name.Name] = true
		}
	case *ast.TypeSpec:
		symbols[s.Name.Name] = true
		var fields *ast.FieldList
		switch body := s.Type.(type) {
		case *ast.StructType:
			fields = body.Fields
		case *ast.InterfaceType:
			fields = body.Methods
		default:
			return
		}
		for _, field := range fields.List {
			for _, name := range field.Names {
				symbols[s.Name.Name+"."+name.Name] = true
			}
		}
	}
}

func receiverName(expression ast.Expr) string {
	for {
		switch e := expression.(type) {
		case *ast.StarExpr:
			expression = e.X
		case *ast.IndexExpr:
			expression = e.X
		case *ast.IndexListExpr:
			expression = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// parsePackage parses the files of a package, without its tests.
func parsePackage(t *testing.T, fset *token.FileSet, folder string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func TestDocLinksAreFound(t *testing.T) {
	const text = "See [Store] and [ID.String] in [net/http], [*keyring.Keys].\n\n\tcode [No]\n\n" +
		"No links: a[I], [T]x. A list:\n\n  - [errors.Is]\n\nThe last one: [lower].\n"
	want := []docLink{{"", "Store"}, {"", "ID.String"}, {"net/http", ""}, {"keyring", "Keys"}, {"errors", "Is"}, {"lower", ""}}
	if got := linksOf(text); !slices.Equal(got, want) {
		t.Errorf("the links are %q, want %q", got, want)
	}
	l := &docLinks{t: t, packages: listedPackages(t), symbols: map[string]map[string]bool{}}
	const path = rootModule + "/runtime"
	imports := map[string]string{"runtime": path, "keyring": path + "/keyring"}
	for link, resolves := range map[docLink]bool{
		{"", "Store"}:                      true,
		{"", "Store.Delete"}:               true, // a method of an interface
		{"", "Record.Rev"}:                 true, // a field
		{"", "ID.String"}:                  true, // a method
		{"", "ErrGone"}:                    true,
		{"", "Manager"}:                    false,
		{"", "Store.Save"}:                 false,
		{"runtime", "Store"}:               true,
		{"keyring", "Keys"}:                true,
		{"keyring", "Store"}:               false,
		{"legacy", "FromSCS"}:              false, // not imported
		{path + "/legacy", "FromSCS"}:      true,
		{path + "/legacy", "FromNowhere"}:  false,
		{path + "/nowhere", "FromNowhere"}: false,
		{"net/http", "Request.Context"}:    true,
		{"errors", "Is"}:                   true,
		{"errors", "Isnt"}:                 false,
		{"lower", ""}:                      true,
	} {
		if problem := l.problem(link, path, imports); resolves != (problem == "") {
			t.Errorf("[%s]: %q, want that it resolves: %v", link, problem, resolves)
		}
	}
}
