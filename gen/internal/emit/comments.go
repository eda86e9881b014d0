package emit

import (
	"fmt"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// docWidth is where generated sentences are wrapped.
const docWidth = 80 - len("// ")

// comment is a doc comment whose paragraphs are already broken into lines.
func comment(paragraphs ...string) *jen.Statement {
	var lines []string
	for _, paragraph := range paragraphs {
		paragraph = strings.Trim(paragraph, "\n")
		if paragraph == "" {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "//")
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			lines = append(lines, strings.TrimRight("// "+line, " \t"))
		}
	}
	return jen.Comment(strings.Join(lines, "\n"))
}

// sentences is a paragraph of generated text; empty ones are left out.
func sentences(texts ...string) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(strings.Join(texts, " ")) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > docWidth {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

// docf is a doc comment of generated text.
func docf(format string, args ...any) *jen.Statement {
	return comment(sentences(fmt.Sprintf(format, args...)))
}

// sessionDoc says what the session type is.
func (e *schemaEmitter) sessionDoc() *jen.Statement {
	doc := e.Doc
	if rest, found := strings.CutPrefix(doc, e.Name); found && (rest == "" || strings.ContainsAny(rest[:1], " \n\t,'’.:")) {
		doc = e.TypeName + rest
	}
	safe := "Its methods are safe for several goroutines."
	from := fmt.Sprintf("get it with [%s].", e.FromName())
	if e.Stateless {
		if doc == "" {
			doc = sentences(e.TypeName + " holds the cookie values of one browser.")
		}
		return comment(doc, sentences("It belongs to one request:", from, "Nothing of it is kept on the server.", safe))
	}
	if doc == "" {
		doc = sentences(e.TypeName + " is the session of one browser.")
	}
	return comment(doc, sentences("It belongs to one request:", from,
		"The session expires after", model.DurationWords(e.Idle), "of inactivity, at most", model.DurationWords(e.Lifetime)+" after it "+model.Beginning(e.principal() != nil)+".",
		sharedDomain(e.Cookie.Domain), safe))
}

// sharedDomain says what the other hosts of the session cookie's domain can do.
func sharedDomain(domain string) string {
	if domain == "" {
		return ""
	}
	return "Any host below " + strings.TrimPrefix(domain, ".") + " can set a second session cookie beside the visitor's. " +
		"The visitor is then anonymous until Destroy or a sign-in ends both sessions, and such a host can do it again."
}

// fieldDoc is a getter's: what the user says of the field, and where it lives.
func (e *schemaEmitter) fieldDoc(f *model.Field) *jen.Statement {
	return comment(f.Doc, sentences(
		subject(f.Name, f.Doc), "is kept in the session under the key", f.Key+".",
		"The session expires after", model.DurationWords(e.Idle), "of inactivity, and after", model.DurationWords(e.Lifetime), "at most.",
		renamed(f), e.traits(f), whileUnset(f.Type, f.Default), live(f.Type),
	))
}

// subject begins the sentence on where a field lives: with its name if there is
// no doc comment above.
func subject(name, doc string) string {
	if strings.TrimSpace(doc) == "" {
		return name
	}
	return "It"
}

func renamed(f *model.Field) string {
	if f.Was == "" {
		return ""
	}
	return fmt.Sprintf("An earlier key was %s, and still gives the field's number.", f.Was)
}

// traits says what is special about a field.
func (e *schemaEmitter) traits(f *model.Field) string {
	var texts []string
	add := func(on bool, text string) {
		if on {
			texts = append(texts, text)
		}
	}
	add(f.Principal, "It identifies the signed-in user: setting it renews the session's secret. Signing out, or switching to another account, clears all session fields.")
	add(f.Renew, "It is a privilege: changing it renews the session's secret.")
	add(f.Index, fmt.Sprintf("Sessions are found by it: see [%s.%s].", e.ManagerName(), model.ListByMethod(f.Name)))
	add(f.Flash, fmt.Sprintf("It is meant to be read once: [%s.%s] clears it, this method does not.", e.TypeName, model.TakeMethod(f.Name)))
	add(f.Secret, secret(f.Secret))
	return strings.Join(texts, " ")
}

func whileUnset(t *model.Type, l *model.Literal) string {
	if l == nil {
		return ""
	}
	text := l.Text
	if t.Kind == model.String {
		text = strconv.Quote(text)
	}
	return fmt.Sprintf("While it is unset, it is %s.", text)
}

// lostByReplacing says what is lost where a value is replaced as a whole.
func lostByReplacing(t *model.Type) string {
	if !losesUnknown(t) {
		return ""
	}
	return "fields that only a newer program knows are lost, unless their struct has a field of type runtime.Unknown"
}

// kept says what is not lost where only a part of a value is changed.
func kept(t *model.Type, elements string) string {
	if !losesUnknown(t) {
		return ""
	}
	return " " + elements + " keep fields that only a newer program knows."
}

// losesUnknown reports whether a value has a struct that does not hold the fields which others
// have written into it.
func losesUnknown(t *model.Type) bool {
	return reaches(t, map[*model.Struct]bool{}, func(t *model.Type) bool { return t.Struct != nil && t.Struct.Unknown == "" })
}

// live says that changes in place are saved, and how.
func live(t *model.Type) string {
	said := liveness(t)
	if lost := lostByReplacing(t); said != "" && lost != "" {
		said += " Such a change replaces the whole value: " + lost + "."
	}
	return said
}

func liveness(t *model.Type) string {
	switch said := t.Facts().Live; {
	case !isShared(t):
		return ""
	case said != "" && t.Kind != model.Map:
		return said + nilMaps(t)
	case said != "":
		return said + " It is never nil."
	case t.Struct != nil && !pointsSomewhere(t, map[*model.Struct]bool{}):
		return "Its slices and maps are live: changes made in them are saved, too." + nilMaps(t)
	}
	return "Its slices, maps and pointers are live: changes made behind them are saved, too." + nilMaps(t)
}

// nilMaps says that a map inside a value may be nil. A map that is a field of a schema never is.
func nilMaps(t *model.Type) string {
	holdsMap := reaches(t, map[*model.Struct]bool{}, func(t *model.Type) bool {
		_, isMap := t.Go.Underlying().(*types.Map)
		return isMap
	})
	if !holdsMap {
		return ""
	}
	return " A map in it may be nil: make one before you write to it."
}

// pointsSomewhere reports whether there is a pointer in a type.
func pointsSomewhere(t *model.Type, visited map[*model.Struct]bool) bool {
	switch {
	case t == nil:
		return false
	case t.Kind == model.Pointer:
		return true
	case t.Struct == nil:
		return pointsSomewhere(t.Key, visited) || pointsSomewhere(t.Elem, visited)
	case visited[t.Struct]:
		return false
	}
	visited[t.Struct] = true
	return slices.ContainsFunc(t.Struct.Fields, func(f *model.StructField) bool { return pointsSomewhere(f.Type, visited) })
}

// cookieDoc is a getter's: what the user says of the field, and where it lives.
func (e *schemaEmitter) cookieDoc(c *model.Cookie) *jen.Statement {
	a := c.Options
	return comment(c.Doc, sentences(
		subject(c.Name, c.Doc), "is kept in the cookie", a.Name+",", a.KeptWords(model.DurationWords(a.MaxAge))+".", earlierCookie(a),
		"The browser sends it", a.ScopeWords()+",", a.SameSiteWords()+"; scripts on the page", a.ScriptWords()+".",
		protection(c), secret(c.Options.Secret), whileUnset(c.Type, c.Default), notLive(c),
	))
}

func earlierCookie(a cookie.Options) string {
	if a.Was == "" {
		return ""
	}
	return fmt.Sprintf("If it is missing, the cookie %s, its earlier name, is read.", a.Was)
}

// protection says what the user of the browser can do with a cookie, and what becomes of a
// changed one.
func protection(c *model.Cookie) string {
	holder := model.Exported(c.Options.Protection.HolderWords())
	switch {
	case c.Options.Protection != cookie.Plain:
		return "It is " + c.Options.Protection.String() + ": " + c.Options.Protection.HolderWords() + "."
	case len(c.Declared) > 0:
		return holder + "; a value that is not one of the type's constants counts as absent."
	case c.Type.Kind == model.String:
		return holder + ", to anything."
	}
	return holder + "; a value that does not parse counts as absent."
}

// notLive says that a change in place is lost: a cookie is sent when it is set.
func notLive(c *model.Cookie) string {
	if !isShared(c.Type) {
		return ""
	}
	return fmt.Sprintf("A change made in the value is not sent: pass the value to %s.", model.SetMethod(c.Name))
}

func secret(on bool) string {
	if !on {
		return ""
	}
	return "It is " + model.SecretWords + "."
}
