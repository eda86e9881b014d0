package parse

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// parseSchema reads the fields of a schema.
func (p *parser) parseSchema(s *schemaState) {
	p.reportDeclaration(s)
	before := len(p.List)
	for _, field := range s.node.Fields.List {
		if field == s.blank || isBlank(field) {
			continue
		}
		of := p.structTag(field)
		if of.leavesOut() {
			if cookie, found := of.pair("cookie"); found {
				p.Errorf(of.pos(cookie.at), "%s is left out by session:\"-\" and has a cookie tag: remove one of the two", s.path(field))
			}
			continue
		}
		if p.reportType(s, field) {
			continue
		}
		for _, name := range fieldNames(field) {
			p.parseField(s, field, name, of)
		}
	}
	if s.TypeName != "" {
		p.checkMethods(s)
	}
	if len(p.List) > before {
		return // what is missing may be what is wrong
	}
	switch {
	case s.Stateless && len(s.Cookies) == 0:
		p.Errorf(s.spec.Name.Pos(), "schema %s has no field: add one with a cookie tag", s.Name)
	case !s.Stateless && len(s.Fields) == 0 && len(s.Cookies) == 0:
		p.Errorf(s.spec.Name.Pos(), "schema %s has no field: add one with a session or cookie tag", s.Name)
	case !s.Stateless && len(s.Fields) == 0:
		p.Errorf(s.spec.Name.Pos(), "schema %s has only cookie fields: write session:\"-\" on the blank field, and no store is needed", s.Name)
	}
}

// fieldNames are the names of a field's declaration; an embedded field is called
// as its type.
func fieldNames(field *ast.Field) []*ast.Ident {
	if len(field.Names) > 0 {
		return field.Names
	}
	var name *ast.Ident
	ast.Inspect(field.Type, func(n ast.Node) bool {
		if x, ok := n.(*ast.Ident); ok && x.Pos() == embeddedPos(field.Type) {
			name = x
		}
		return name == nil
	})
	return []*ast.Ident{name}
}

func (p *parser) parseField(s *schemaState, field *ast.Field, name *ast.Ident, of structTag) {
	path := s.Name + "." + name.Name
	object, ok := p.src.Info.Defs[name].(*types.Var)
	if !ok {
		return // declared twice, which reportType has said
	}
	s.positions[name.Name] = name.Pos()
	session, inSession := of.pair("session")
	cookie, inCookie := of.pair("cookie")
	switch {
	case !name.IsExported():
		p.Errorf(name.Pos(), "%s is not exported, so its methods would not be: %s, or leave it out with session:\"-\"", path, exporting(name.Name, "rename it to "+model.Exported(name.Name)))
	case inSession && inCookie:
		p.Errorf(of.pos(cookie.at), "%s is kept either in the session or in a cookie: remove one of its two tags", path)
	case inSession && s.Stateless:
		p.Errorf(of.pos(session.at), "%s is a session field, and the blank field's session:\"-\" excludes them: keep it in a cookie, or remove the \"-\"", path)
	case inSession:
		p.parseSessionField(s, path, object, field, p.readTag(of, session, sessionOptions))
	case inCookie:
		p.parseCookieField(s, path, object, field, p.readTag(of, cookie, cookieOptions))
	case len(of.pairs) > 0 || field.Tag == nil:
		p.Errorf(name.Pos(), "%s has neither a session nor a cookie tag: add one, or leave the field out with session:\"-\"", path)
	}
}

func (p *parser) parseSessionField(s *schemaState, path string, object *types.Var, field *ast.Field, t *tag) {
	f := &model.Field{
		Name:      object.Name(),
		Key:       t.name,
		Doc:       fieldDoc(field),
		Position:  p.Fset.Position(object.Pos()),
		Principal: t.has("principal"),
		Renew:     t.has("renew"),
		Index:     t.has("index"),
		Flash:     t.has("flash"),
		Secret:    t.has("secret"),
	}
	p.checkTogether(t)
	p.parseKeys(s, f, path, t)
	f.Type = p.formOf(fieldPlace(path, field.Type, field.Type.Pos(), object.Type()), object.Type(), t)
	if f.Type == nil {
		return
	}
	p.checkSingle(f, path, t)
	p.checkPrincipal(s, f, path, t)
	f.Default = p.parseDefault(path, f.Type, t)
	s.Fields = append(s.Fields, f)
}

// formOf is a field's type as its tag wants it to be kept.
func (p *parser) formOf(at place, t types.Type, of *tag) *model.Type {
	switch {
	case of.has("json"):
		return p.jsonOf(at, t, of.has("lossy"))
	case of.has("lossy"):
		p.Errorf(of.where("lossy"), "lossy says that JSON may lose something of %s, which is not kept as JSON: write json,lossy, or remove lossy", at.path)
	}
	return p.typeOf(at, t)
}

// together are session options that exclude each other, and why.
var together = []struct{ one, other, why string }{
	{"principal", "renew", "the principal already renews the secret: remove renew"},
	{"principal", "index", "the principal is already indexed: remove index"},
	{"principal", "flash", "reading the principal would sign out: remove flash"},
	{"principal", "default", "a default would sign in every visitor: remove default"},
	{"flash", "renew", "reading it would change a privilege: remove one of them"},
	{"flash", "index", "reading it would remove the index entry: remove one of them"},
	{"secret", "default", "a default is public in the source and the documentation: remove default"},
}

func (p *parser) checkTogether(t *tag) {
	for _, c := range together {
		if t.has(c.one) && t.has(c.other) {
			p.Errorf(t.where(c.other), "%s and %s exclude each other, because %s", c.one, c.other, c.why)
		}
	}
}

// checkSingle refuses to find sessions by more than one value.
func (p *parser) checkSingle(f *model.Field, path string, t *tag) {
	for _, name := range []string{"principal", "index"} {
		if t.has(name) && !isSingle(f.Type) {
			p.Errorf(t.where(name), "%s is a %s, and sessions are found by a single value: use %s on a bool, number, string, time, duration, array of bytes, or comparable type that encodes itself",
				path, p.formString(f.Type), name)
		}
	}
}

// isSingle reports whether sessions can be found by values of a type.
func isSingle(t *model.Type) bool {
	find := t.Facts().Find
	return find == model.Found || find == model.FoundIfComparable && types.Comparable(t.Go)
}

func (p *parser) checkPrincipal(s *schemaState, f *model.Field, path string, t *tag) {
	if !f.Principal {
		return
	}
	for _, earlier := range s.Fields {
		if earlier.Principal {
			p.Errorf(t.where("principal"), "%s and %s.%s are both the principal: one field identifies the signed-in user; use index on the other", path, s.Name, earlier.Name)
			return
		}
	}
}

// parseKeys reads the key, the earlier key, and the number that follows from them.
func (p *parser) parseKeys(s *schemaState, f *model.Field, path string, t *tag) {
	if f.Key == "" {
		f.Key = snakeCase(f.Name)
	}
	if !model.ValidKey(f.Key) {
		p.Errorf(t.at, "key %q of %s does not consist of letters, digits, _, - and dots, beginning with a letter or _: choose another one", f.Key, path)
		return
	}
	if !p.claimKey(s, f.Key, path, t.at) {
		return
	}
	if was, pos := t.value("was"); t.has("was") {
		switch {
		case was == f.Key:
			p.Errorf(pos, "was=%s is the field's own key: write the key that it had before, or remove was", was)
			return
		case !model.ValidKey(was):
			p.Errorf(pos, "was=%s cannot have been a key: keys consist of letters, digits, _, - and dots, and begin with a letter or _", was)
			return
		case !p.claimKey(s, was, path, pos):
			return
		}
		f.Was = was
	}
	f.Number = wire.FieldNumber(f.FirstKey())
	p.claimNumber(s.numbers, f.Number, claim{path, f.FirstKey()}, t.at, "change the newer of the two")
}

func (p *parser) claimKey(s *schemaState, key, path string, pos token.Pos) bool {
	if holder, taken := s.keys[key]; taken {
		p.Errorf(pos, "key %q of %s is already that of %s: choose another one", key, path, holder.path)
		return false
	}
	s.keys[key] = claim{path, key}
	return true
}

// claimNumber refuses two keys whose hashes give the same number.
func (p *parser) claimNumber(numbers map[int32]claim, number int32, by claim, pos token.Pos, remedy string) {
	if holder, taken := numbers[number]; taken {
		p.Errorf(pos, "key %q of %s and key %q of %s have the same field number, %d: %s", by.key, by.path, holder.key, holder.path, number, remedy)
		return
	}
	numbers[number] = by
}

// exporting is how a field gets an exported name: by the remedy, unless its first letter has
// no upper case.
func exporting(name, remedy string) string {
	if token.IsExported(model.Exported(name)) {
		return remedy
	}
	return "begin its name with a capital letter, such as X" + name
}

// fieldDoc is the comment above a field, or else the one beside it.
func fieldDoc(field *ast.Field) string {
	if doc := strings.TrimSpace(field.Doc.Text()); doc != "" {
		return doc
	}
	return strings.TrimSpace(field.Comment.Text())
}

// reportDeclaration reports what the type checker said about a schema's name.
func (p *parser) reportDeclaration(s *schemaState) {
	p.reportChecker(s.Name, s.spec.Name.Pos(), s.spec.Name.End())
}

// reportType reports a field whose declaration is not valid, so that it has no
// type, or that has a type which is to be generated.
func (p *parser) reportType(s *schemaState, field *ast.Field) bool {
	return p.reportNode(s.path(field), field)
}

// path is how a field is called in errors.
func (s *schemaState) path(field *ast.Field) string {
	return s.Name + "." + fieldNames(field)[0].Name
}

// reportNode is reportType for a field of any struct of the package.
func (p *parser) reportNode(path string, field *ast.Field) bool {
	var generated *ast.Ident
	ast.Inspect(field.Type, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		if ok && p.will[name.Name] && p.src.Info.Uses[name] == nil {
			generated = name
		}
		return generated == nil
	})
	if generated != nil {
		p.Errorf(generated.Pos(), "%s: %s is generated from a schema and holds a request's session: keep its ID or what identifies it, not the session", path, generated.Name)
		return true
	}
	return p.reportChecker(path, field.Pos(), field.End())
}

// reportChecker reports what the type checker said about a piece of source.
func (p *parser) reportChecker(path string, from, to token.Pos) bool {
	found := false
	for _, err := range p.src.TypeErrors {
		if err.Pos >= from && err.Pos < to && !strings.HasPrefix(err.Msg, "\t") {
			p.Errorf(err.Pos, "%s: %s", path, err.Msg)
			found = true
		}
	}
	return found
}
