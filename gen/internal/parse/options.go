package parse

import (
	"go/ast"
	"go/token"
	"strings"
)

// optionRule is one option that a tag may have.
type optionRule struct {
	name  string
	takes takes
}

// takes says what may follow an option's name.
type takes uint8

const (
	takesNothing takes = iota
	takesValue
	takesOnOff // nothing, =true or =false
)

// The options of each kind of tag.
var (
	sessionOptions = []optionRule{
		{"principal", takesNothing}, {"renew", takesNothing}, {"index", takesNothing}, {"flash", takesNothing},
		{"secret", takesNothing}, {"default", takesValue}, {"was", takesValue}, {"json", takesNothing}, {"lossy", takesNothing},
	}
	cookieOptions = []optionRule{
		{"path", takesValue}, {"domain", takesValue}, {"max-age", takesValue}, {"samesite", takesValue},
		{"secure", takesOnOff}, {"httponly", takesOnOff}, {"partitioned", takesOnOff},
		{"signed", takesNothing}, {"encrypted", takesNothing}, {"open", takesNothing},
		{"default", takesValue}, {"was", takesValue}, {"secret", takesNothing},
	}
	schemaOptions = []optionRule{{"idle", takesValue}, {"lifetime", takesValue}, {"type", takesValue}}
	nestedOptions = []optionRule{{"json", takesNothing}, {"lossy", takesNothing}}
)

// Options are the names of the options that a field's tag may have, by its key: session
// or cookie.
func Options(key string) []string {
	rules := map[string][]optionRule{"session": sessionOptions, "cookie": cookieOptions}[key]
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.name
	}
	return names
}

// structTag is a field's whole tag.
type structTag struct {
	pairs []tagPair
	pos   func(offset int) token.Pos
}

// structTag reads the tag of a field of this package.
func (p *parser) structTag(field *ast.Field) structTag {
	if field.Tag == nil {
		return structTag{}
	}
	tag := structTag{pos: func(offset int) token.Pos { return field.Tag.Pos() + token.Pos(offset) }}
	content, ok := literalText(field.Tag.Value)
	if !ok {
		return tag // the scanner has accepted it, so it can be read
	}
	pairs, errs := tagPairs(content)
	tag.pairs = pairs
	p.tagErrors(tag, errs)
	return tag
}

func (p *parser) tagErrors(t structTag, errs []tagError) {
	for _, err := range errs {
		p.Errorf(t.pos(err.at), "%s", err.message)
	}
}

func (t structTag) pair(key string) (tagPair, bool) {
	for _, pair := range t.pairs {
		if pair.key == key {
			return pair, true
		}
	}
	return tagPair{}, false
}

// fixedPos is for the tags of other packages, whose source is not at hand.
func fixedPos(pos token.Pos) func(int) token.Pos {
	return func(int) token.Pos { return pos }
}

// leavesOut reports whether the tag is session:"-".
func (t structTag) leavesOut() bool {
	pair, found := t.pair("session")
	return found && pair.value.s == "-"
}

// tag is one checked value of a struct tag: session:"…" or cookie:"…".
type tag struct {
	name    string // empty: none given
	at      token.Pos
	options map[string]option
	pos     func(offset int) token.Pos
}

// readTag reads one pair of a struct tag. Options that are not in rules, that are
// repeated, or that have or lack a value are reported and left out.
func (p *parser) readTag(of structTag, pair tagPair, rules []optionRule) *tag {
	value, errs := splitTag(pair.value)
	p.tagErrors(of, errs)
	t := &tag{
		name:    value.name.s,
		at:      of.pos(pair.value.start()),
		options: map[string]option{},
		pos:     of.pos,
	}
	for _, rule := range rules {
		if strings.EqualFold(t.name, rule.name) {
			p.Errorf(t.at, "%q is an option, not a name: write %s:\",%s\" for the option, or choose another name", t.name, pair.key, rule.name)
		}
	}
	for _, o := range value.options {
		p.readOption(t, o, pair.key, rules)
	}
	return t
}

func (p *parser) readOption(t *tag, o option, kind string, rules []optionRule) {
	rule, found := findRule(rules, o.key)
	on := !o.hasValue || o.value.s == "true"
	switch {
	case !found && misplaced[kind][o.key] != "":
		p.Errorf(t.pos(o.at), "option %s is not allowed here: %s", o.key, misplaced[kind][o.key])
	case !found:
		p.Errorf(t.pos(o.at), "unknown option %q: %s", o.key, expected(kind, o.key, rules))
	case t.has(o.key):
		p.Errorf(t.pos(o.at), "option %s is repeated: write it once", o.key)
	case rule.takes == takesNothing && o.hasValue:
		p.Errorf(t.pos(o.at), "option %s takes no value: write %s alone, or remove it", o.key, o.key)
	case rule.takes == takesValue && !o.hasValue:
		p.Errorf(t.pos(o.at), "option %s needs a value: write %s=…", o.key, o.key)
	case rule.takes == takesOnOff && !on && o.value.s != "false":
		p.Errorf(t.pos(o.at), "option %s is either on or off: write %s or %s=false", o.key, o.key, o.key)
	default:
		t.options[o.key] = o
	}
}

// misplaced are options that mean something elsewhere, by the kind of tag, with what
// to do about them.
var misplaced = map[string]map[string]string{
	"cookie": {
		"principal": "the browser must not choose the signed-in user; keep the field in the session",
		"renew":     "the browser must not choose a privilege; keep the field in the session",
		"index":     "values in a browser cannot be searched; keep the field in the session",
		"flash":     "a value that is read once is cleared on the server; keep the field in the session",
		"json":      "a cookie holds text or, if signed or encrypted, any type that a session field can have; keep the field in the session",
		"lossy":     "a cookie holds text or, if signed or encrypted, any type that a session field can have; keep the field in the session",
	},
	"session": {
		"secret": "a field of a schema is secret with all its contents; write secret at that field",
	},
}

func findRule(rules []optionRule, name string) (optionRule, bool) {
	for _, rule := range rules {
		if rule.name == name {
			return rule, true
		}
	}
	return optionRule{}, false
}

// expected is what to write in place of an unknown option.
func expected(kind, unknown string, rules []optionRule) string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		if strings.EqualFold(strings.TrimSpace(unknown), rule.name) {
			return "write " + rule.name + ", in lower case and without spaces"
		}
		names[i] = rule.name
	}
	return "a " + kind + " tag takes " + strings.Join(names, ", ") + " here"
}

func (t *tag) has(name string) bool {
	_, found := t.options[name]
	return found
}

// on reports whether an option that is on or off is on; otherwise is the default.
func (t *tag) on(name string, otherwise bool) bool {
	o, found := t.options[name]
	if !found {
		return otherwise
	}
	return o.value.s != "false"
}

// where is the position of an option, or of the tag's value if it lacks it.
func (t *tag) where(name string) token.Pos {
	if o, found := t.options[name]; found {
		return t.pos(o.at)
	}
	return t.at
}

// value is an option's value, empty if the tag lacks it, and its position.
func (t *tag) value(name string) (string, token.Pos) {
	o, found := t.options[name]
	if !found {
		return "", t.at
	}
	return o.value.s, t.pos(o.value.start())
}
