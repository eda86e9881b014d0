package parse

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// What the blank field says if it does not say otherwise.
const (
	defaultIdle     = 30 * time.Minute
	defaultLifetime = 24 * time.Hour
)

// parser turns a source into a model and collects everything that is wrong with it.
type parser struct {
	model.ErrorList
	src     *load.Source
	nodes   map[token.Pos]*ast.Field // the fields of the package's structs, by the positions of their names
	structs []*structState
	cookies map[string]claim // cookies by their names in small letters: one browser keeps those of all schemas
	tokens  map[string]claim // session cookies by their names without prefix
	will    map[string]bool  // exported names that are to be generated
}

// Package reads the schemas of a package. If only is not empty, it names those
// that go into the model; all are checked, because they share the package and the
// browser.
func Package(src *load.Source, only []string) (*model.Package, model.Errors) {
	p := &parser{
		ErrorList: model.ErrorList{Fset: src.Fset},
		src:       src,
		nodes:     fieldNodes(src.Files),
		cookies:   map[string]claim{},
		tokens:    map[string]claim{},
		will:      map[string]bool{},
	}
	pkg := &model.Package{Types: src.Types, Dir: src.Dir, Module: src.Module}
	schemas := p.findSchemas()
	for _, s := range schemas {
		p.parseBlank(s)
		pkg.Declared = append(pkg.Declared, s.Name)
		if s.TypeName != "" {
			for _, name := range s.ExportedNames() {
				p.will[name] = true
			}
		}
	}
	if len(schemas) > 0 && p.reportEndless() {
		return pkg, p.Sorted()
	}
	var wanted []*schemaState
	for _, s := range schemas {
		p.parseSchema(s)
		if len(only) == 0 || slices.Contains(only, s.Name) {
			wanted = append(wanted, s)
			pkg.Schemas = append(pkg.Schemas, s.Schema)
		}
	}
	p.checkNames(wanted)
	pkg.Structs = structsOf(pkg.Schemas)
	p.checkConstraints(pkg, wanted, len(only) == 0)
	return pkg, p.Sorted()
}

// HasSchemas reports whether a package has any schema, which is sooner known than what
// is in it.
func HasSchemas(src *load.Source) bool { return len(Names(src)) > 0 }

// Names are the names of a package's schemas. They need no types.
func Names(src *load.Source) []string {
	finder := &parser{ErrorList: model.ErrorList{Fset: src.Fset}, src: src}
	var names []string
	for _, s := range finder.findSchemas() {
		names = append(names, s.Name)
	}
	return names
}

// schemaState is a schema while it is parsed.
type schemaState struct {
	*model.Schema
	spec  *ast.TypeSpec
	node  *ast.StructType
	blank *ast.Field

	keys      map[string]claim // of its session fields
	numbers   map[int32]claim
	positions map[string]token.Pos // of its fields, by name
	methods   []methodSet          // of its generated types
}

// claim is which field has a key, a number or a name that only one may have.
type claim struct{ path, key string }

// findSchemas finds the structs with a tagged blank field, in the order of the
// files and of the declarations in them.
func (p *parser) findSchemas() []*schemaState {
	var schemas []*schemaState
	for _, file := range p.src.Files {
		for _, declaration := range file.Decls {
			types, ok := declaration.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, spec := range types.Specs {
				if s := p.findSchema(types, spec.(*ast.TypeSpec)); s != nil {
					schemas = append(schemas, s)
				}
			}
		}
	}
	return schemas
}

func (p *parser) findSchema(declaration *ast.GenDecl, spec *ast.TypeSpec) *schemaState {
	node, ok := spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	blank := p.findBlank(spec, node)
	if blank == nil {
		return nil
	}
	switch {
	case spec.Assign.IsValid():
		p.Errorf(spec.Name.Pos(), "schema %s is an alias: remove the = to declare a type", spec.Name.Name)
		return nil
	case spec.TypeParams != nil:
		p.Errorf(spec.Name.Pos(), "schema %s has type parameters: declare one schema for each type argument", spec.Name.Name)
		return nil
	}
	doc := spec.Doc.Text()
	if doc == "" && !declaration.Lparen.IsValid() {
		doc = declaration.Doc.Text()
	}
	return &schemaState{
		Schema: &model.Schema{
			Name:     spec.Name.Name,
			Doc:      strings.TrimSpace(doc),
			Position: p.Fset.Position(spec.Name.Pos()),
			Shared:   isSilenced(blank.Doc) || isSilenced(blank.Comment),
		},
		spec:      spec,
		node:      node,
		blank:     blank,
		keys:      map[string]claim{},
		numbers:   map[int32]claim{},
		positions: map[string]token.Pos{},
	}
}

func isSilenced(group *ast.CommentGroup) bool {
	return group != nil && slices.ContainsFunc(group.List, func(c *ast.Comment) bool { return model.Silences(c.Text) })
}

// findBlank finds the field that makes a struct a schema.
func (p *parser) findBlank(spec *ast.TypeSpec, node *ast.StructType) *ast.Field {
	var blank *ast.Field
	for _, field := range node.Fields.List {
		if !isBlank(field) || field.Tag == nil {
			continue
		}
		content, _ := literalText(field.Tag.Value)
		if !strings.Contains(content.s, "session:") && !strings.Contains(content.s, "cookie:") {
			continue
		}
		empty, ok := field.Type.(*ast.StructType)
		switch {
		case !ok || len(empty.Fields.List) > 0:
			p.Errorf(field.Pos(), "blank field that makes %s a schema is not a struct{}: write _ struct{}", spec.Name.Name)
		case blank != nil:
			p.Errorf(field.Pos(), "schema %s has two tagged blank fields: write their options into one tag", spec.Name.Name)
		default:
			blank = field
		}
	}
	return blank
}

func isBlank(field *ast.Field) bool {
	return len(field.Names) > 0 && !slices.ContainsFunc(field.Names, func(n *ast.Ident) bool { return n.Name != "_" })
}

// parseBlank reads what the blank field says about the schema as a whole.
func (p *parser) parseBlank(s *schemaState) {
	s.Idle, s.Lifetime = defaultIdle, defaultLifetime
	of := p.structTag(s.blank)
	session := &tag{at: s.blank.Pos()}
	if pair, found := of.pair("session"); found {
		session = p.readTag(of, pair, schemaOptions)
		s.Stateless = session.name == "-"
		if session.name != "" && !s.Stateless {
			p.Errorf(session.at, "blank field has no name: write session:\"idle=…,lifetime=…\", or \"-\" for a schema without session fields")
		}
	}
	p.parseTypeName(s, session)
	if s.Stateless {
		p.refuseSessionOptions(session)
	} else {
		p.parseLifetimes(s, session)
	}
	pair, found := of.pair("cookie")
	switch {
	case found && s.Stateless:
		p.Errorf(of.pos(pair.at), "schema %s has no session, so it has no session cookie: remove the blank field's cookie tag", s.Name)
	case found:
		p.parseSessionCookie(s, p.readTag(of, pair, cookieOptions))
	case !s.Stateless:
		p.parseSessionCookie(s, &tag{at: s.blank.Pos()})
	}
	if s.Stateless {
		s.Idle, s.Lifetime = 0, 0
	}
}

func (p *parser) refuseSessionOptions(t *tag) {
	for _, name := range []string{"idle", "lifetime"} {
		if t.has(name) {
			p.Errorf(t.where(name), "%s applies to sessions, and session:\"-\" excludes them: remove one of the two", name)
		}
	}
}

func (p *parser) parseTypeName(s *schemaState, t *tag) {
	name, pos := t.value("type")
	switch {
	case t.has("type") && !(token.IsIdentifier(name) && token.IsExported(name)):
		p.Errorf(pos, "type=%s is not the name of an exported type: write one such as type=Visitor", name)
	case t.has("type") && name == s.Name:
		p.Errorf(pos, "type=%s is the schema itself: give the session type another name", name)
	case t.has("type"):
		s.TypeName = name
	case token.IsExported(s.Name):
		p.Errorf(s.spec.Name.Pos(), "schema %s is exported, so the session type cannot have its name: rename it to %s, or name the session type with session:\"type=…\"",
			s.Name, model.Unexported(s.Name))
	default:
		s.TypeName = typeName(s.Name)
		if s.TypeName == "" {
			p.Errorf(s.spec.Name.Pos(), "the first letter of schema %s has no upper case: name the session type with session:\"type=…\"", s.Name)
		}
	}
}

func (p *parser) parseLifetimes(s *schemaState, t *tag) {
	p.parseSpan(t, "idle", &s.Idle)
	p.parseSpan(t, "lifetime", &s.Lifetime)
	if s.Idle <= s.Lifetime {
		return
	}
	at := "lifetime"
	if !t.has(at) {
		at = "idle"
	}
	p.Errorf(t.where(at), "idle (%v) is longer than lifetime (%v): a session never lives that long; shorten idle or lengthen lifetime", s.Idle, s.Lifetime)
}

func (p *parser) parseSpan(t *tag, name string, into *time.Duration) {
	if !t.has(name) {
		return
	}
	text, pos := t.value(name)
	span, err := parseDuration(text)
	switch {
	case err != nil:
		p.Errorf(pos, "%s=%s %v", name, text, err)
	case span <= 0:
		p.Errorf(pos, "%s=%s is not positive: a session that expires at once keeps nothing", name, text)
	default:
		*into = span
	}
}

// fieldNodes finds the syntax of all struct fields.
func fieldNodes(files []*ast.File) map[token.Pos]*ast.Field {
	nodes := map[token.Pos]*ast.Field{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if node, ok := n.(*ast.StructType); ok {
				for _, field := range node.Fields.List {
					for _, name := range field.Names {
						nodes[name.Pos()] = field
					}
					if len(field.Names) == 0 {
						nodes[embeddedPos(field.Type)] = field
					}
				}
			}
			return true
		})
	}
	return nodes
}

// embeddedPos is where the type checker says that an embedded field is: at its
// type's own name.
func embeddedPos(x ast.Expr) token.Pos {
	switch x := x.(type) {
	case *ast.StarExpr:
		return embeddedPos(x.X)
	case *ast.SelectorExpr:
		return x.Sel.Pos()
	case *ast.IndexExpr:
		return embeddedPos(x.X)
	case *ast.IndexListExpr:
		return embeddedPos(x.X)
	}
	return x.Pos()
}

// typeString is a type as it is written in the package.
func (p *parser) typeString(t types.Type) string {
	return model.TypeString(p.src.Types, t)
}

// formString is a type as it is written in the package, if it is not JSON to us.
func (p *parser) formString(t *model.Type) string {
	if t.Kind == model.JSON {
		return "value kept as JSON"
	}
	return p.typeString(t.Go)
}
