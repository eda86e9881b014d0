package parse

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// parseCookieField reads a field that is kept in a cookie of its own.
func (p *parser) parseCookieField(s *schemaState, path string, object *types.Var, field *ast.Field, t *tag) {
	c := &model.Cookie{
		Name:     object.Name(),
		Doc:      fieldDoc(field),
		Position: p.Fset.Position(object.Pos()),
	}
	name := t.name
	switch {
	case name == "-":
		p.Errorf(t.at, "cookie:\"-\" would be a cookie named -: leave %s out with session:\"-\"", path)
		return
	case name == "":
		name = snakeCase(object.Name())
	}
	p.checkTogether(t)
	c.Options = p.cookieOptions(t, name)
	c.Options.Secret = t.has("secret")
	p.claimCookies(path, c.Options, t)
	c.Options.Protection = p.parseProtection(path, t)
	c.Type = p.cookieTypeOf(place{path: path, expr: field.Type, pos: field.Type.Pos(), cookie: true, ownType: object.Type()}, object.Type(), c.Options.Protection)
	if c.Type == nil {
		return
	}
	c.Default = p.parseDefault(path, c.Type, t)
	p.parseDeclared(path, c, t)
	p.checkSize(path, c, t)
	s.Cookies = append(s.Cookies, c)
}

// cookieTypeOf is a type as a cookie keeps it. It is nil if there was something
// to report. Text, which any cookie can hold, is preferred to bytes.
func (p *parser) cookieTypeOf(at place, t types.Type, protection cookie.Protection) *model.Type {
	if !p.usable(at, t) || !p.keepable(at, t) {
		return nil
	}
	if textKeepsAll := knownType(t).encoding == "" && !isNull(t); !model.IsTime(t) && (protection == cookie.Plain || textKeepsAll) {
		if form, ok := encoderFor(t, model.Text); ok {
			if protection == cookie.Plain && isExpensive(t) {
				p.Errorf(at.pos, "%s: a few bytes from an attacker, such as 1e1000000, make a %s with a million digits: write signed or encrypted, or keep it in the session", at.path, p.typeString(t))
				return nil
			}
			return form
		}
	}
	form, single := p.singleOf(at, t)
	switch {
	case single && (form == nil || protection != cookie.Plain || form.Facts().Text != ""):
		return form
	case protection != cookie.Plain || hasNoForm(t):
		return p.typeOf(at, t)
	}
	p.Errorf(at.pos, "%s: a plain cookie holds a bool, number, string, time, duration or a type that encodes itself as text, not a %s: write signed or encrypted, or keep it in the session", at.path, p.typeString(t))
	return nil
}

// hasNoForm reports whether there is no way to keep values of a type, wherever they are.
func hasNoForm(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Chan, *types.Signature:
		return true
	}
	return false
}

// isExpensive reports whether a few bytes of text make a value with millions of digits.
func isExpensive(t types.Type) bool {
	return model.IsNamed(t, "math/big", "Float") || model.IsNamed(t, "math/big", "Rat")
}

// parseSessionCookie reads the name and attributes of the session cookie.
func (p *parser) parseSessionCookie(s *schemaState, t *tag) {
	if t.has("max-age") {
		p.Errorf(t.where("max-age"), "session cookie's max-age follows from the session's lifetime: remove it, and call Remember to keep the cookie after the browser is closed")
		delete(t.options, "max-age")
	}
	for _, name := range []string{"signed", "encrypted", "open", "default", "was", "secret"} {
		if t.has(name) {
			p.Errorf(t.where(name), "session cookie carries a random token, so %s has no meaning for it: remove it", name)
			delete(t.options, name)
		}
	}
	name := t.name
	if name == "" {
		name = "__Host-" + s.Name
	}
	s.Cookie = p.cookieOptions(t, name)
	if !s.Cookie.HTTPOnly && t.has("httponly") {
		// ASVS 5.0 3.3.4: a token is none of a script's business.
		p.Errorf(t.where("httponly"), "session cookie carries the session's token, which no script may read: remove httponly=false")
	}
	if !s.Cookie.Secure && t.has("secure") {
		// ASVS 5.0 3.3.1. Nothing is lost while developing: browsers take localhost for secure.
		p.Errorf(t.where("secure"), "session cookie carries the session's token, which could be read on the network without Secure: remove secure=false, and serve HTTPS or, on your own machine, localhost")
	}
	p.claimToken("the session of "+s.Name, s.Cookie.Name, t.at)
}

// claimToken is claimCookie for the cookie of a session, whose name nothing else may
// resemble: not even with another prefix, since there are programs on the way that
// take prefixes off.
func (p *parser) claimToken(path, name string, pos token.Pos) {
	if p.claimCookie(path, name, pos) {
		p.tokens[cookie.BareName(name)] = claim{path, name}
	}
}

// claimCookies refuses names that another cookie of the package has or had.
func (p *parser) claimCookies(path string, a cookie.Options, t *tag) {
	p.claimCookie(path, a.Name, t.at)
	if a.Was == "" {
		return
	}
	_, pos := t.value("was")
	if a.Was == a.Name {
		p.Errorf(pos, "was=%s is the cookie's own name: write the name that it had before, or remove was", a.Was)
		return
	}
	if strings.EqualFold(a.Was, a.Name) {
		return // the cookie's own name has claimed it
	}
	p.claimCookie(path, a.Was, pos)
}

func (p *parser) claimCookie(path, name string, pos token.Pos) bool {
	folded := strings.ToLower(name)
	holder, taken := p.cookies[folded]
	session, resembles := p.tokens[cookie.BareName(name)]
	switch {
	case taken && holder.key == name:
		p.Errorf(pos, "cookie name %s of %s is already that of %s: choose another one", name, path, holder.path)
	case taken:
		p.Errorf(pos, "cookie name %s of %s differs from %s of %s only in case, which browsers respect and other programs do not: choose another one", name, path, holder.key, holder.path)
	case resembles:
		p.Errorf(pos, "cookie name %s of %s differs from %s of %s only in its prefix, and must not be mistaken for the session's token: choose another one", name, path, session.key, session.path)
	default:
		p.cookies[folded] = claim{path, name}
		return true
	}
	return false
}

func (p *parser) parseProtection(path string, t *tag) cookie.Protection {
	protection := cookie.Plain
	switch {
	case t.has("signed") && t.has("encrypted"):
		p.Errorf(t.where("signed"), "encrypted cookies are tamper-proof too: remove signed")
		return cookie.Encrypted
	case t.has("encrypted"):
		return cookie.Encrypted
	case t.has("signed"):
		protection = cookie.Signed
	}
	if t.has("secret") {
		p.Errorf(t.where("secret"), "%s is secret, but the user of the browser can read the cookie: write encrypted", path)
	}
	return protection
}

// parseDeclared finds the constants that a plain cookie is restricted to.
func (p *parser) parseDeclared(path string, c *model.Cookie, t *tag) {
	declared := p.declared(c.Type)
	switch {
	case t.has("open") && c.Options.Protection != cookie.Plain:
		p.Errorf(t.where("open"), "signed and encrypted cookies accept every value that the program wrote: remove open")
	case t.has("open") && len(declared) == 0:
		p.Errorf(t.where("open"), "%s is a %s, which has no declared constants or encodes itself as text, so all values are accepted: remove open", path, p.typeString(c.Type.Go))
	}
	if t.has("open") || c.Options.Protection != cookie.Plain || len(declared) == 0 {
		return
	}
	c.Declared = declared
	if c.Default == nil {
		return
	}
	names := make([]string, len(declared))
	for i, d := range declared {
		if constant.Compare(d.Val(), token.EQL, c.Default.Constant) {
			return
		}
		names[i] = strings.Trim(d.Val().ExactString(), `"`)
	}
	text, pos := t.value("default")
	p.Errorf(pos, "default=%s is not one of the declared constants of %s (%s): use one of them, or write open to accept all values",
		text, p.typeString(c.Type.Go), strings.Join(names, ", "))
}

// declared are the constants of a named type that its package declares, each
// value once, in the order of declaration.
func (p *parser) declared(t *model.Type) []*types.Const {
	var once []*types.Const
	for _, c := range p.constantsOf(t) {
		if !slices.ContainsFunc(once, func(o *types.Const) bool { return constant.Compare(o.Val(), token.EQL, c.Val()) }) {
			once = append(once, c)
		}
	}
	return once
}

// checkSize refuses values that are known now and do not fit into a cookie.
func (p *parser) checkSize(path string, c *model.Cookie, t *tag) {
	if c.Type.Kind != model.String {
		return
	}
	if c.Default != nil && !fits(c, c.Default.Text) {
		_, pos := t.value("default")
		p.Errorf(pos, "default of %s does not fit into a cookie: name and value have at most %d bytes together; keep it in the session", path, cookie.MaxSize)
	}
	for _, d := range c.Declared {
		if !fits(c, constant.StringVal(d.Val())) {
			p.Errorf(t.at, "constant %s does not fit into the cookie of %s: name and value have at most %d bytes together; keep it in the session", d.Name(), path, cookie.MaxSize)
		}
	}
}

// fits reports whether a browser would accept the cookie with a value. Of protected
// ones it counts the payload in base64, which is less than what is sent.
func fits(c *model.Cookie, value string) bool {
	size := len(cookie.Escape(value))
	if c.Options.Protection != cookie.Plain {
		size = (len(value)*4 + 2) / 3
	}
	return len(c.Options.Name)+size <= cookie.MaxSize
}
