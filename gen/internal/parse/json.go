package parse

import (
	"cmp"
	"go/types"
	"reflect"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// jsonOf is a type as encoding/json keeps it.
func (p *parser) jsonOf(at place, t types.Type, lossy bool) *model.Type {
	found := p.inJSON(t)
	switch {
	case found.never != "":
		p.Errorf(at.pos, "%s%s: %s; %s", at.path, found.at, found.never, p.insteadOfJSON(at, t, found))
		return nil
	case len(found.lost) > 0 && !lossy:
		p.Errorf(at.pos, "%s: encoding/json loses %s; %s, or write json,lossy to do without", at.path, found.losses(), p.withoutLoss(at, t, found))
		return nil
	case !p.nameable(at, t):
		return nil
	}
	return &model.Type{Go: t, Kind: model.JSON, Lossy: lossy}
}

// insteadOfJSON is what to do about something that JSON never brings back.
func (p *parser) insteadOfJSON(at place, t types.Type, found *jsonFindings) string {
	whole := t
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		whole = pointer.Elem()
	}
	switch {
	case p.hasForm(at, t):
		return "remove json"
	case knownType(whole).keep != "":
		return knownType(whole).keep
	case found.remedy != "":
		return found.remedy
	case found.of == nil:
		return p.instead(at, false)
	case p.isOwn(found.of):
		return "leave it out with json:\"-\" session:\"-\""
	}
	return p.keepOf(found.of)
}

// withoutLoss is how to lose nothing of a struct, or to say that what is lost does not count.
func (p *parser) withoutLoss(at place, t types.Type, found *jsonFindings) string {
	switch {
	case !found.omitted && p.hasForm(at, t):
		return "remove json"
	case p.isOwn(found.of):
		return "leave out what does not count with session:\"-\""
	}
	return p.keepOf(found.of)
}

// hasForm reports whether a type can be kept without JSON.
func (p *parser) hasForm(at place, t types.Type) bool {
	errors, structs := p.List, p.structs
	defer func() { p.List, p.structs = errors, structs }()
	return p.typeOf(at, t) != nil
}

// jsonFindings are what encoding/json does not bring back of a type.
type jsonFindings struct {
	p    *parser
	seen []types.Type

	// never says that no value is brought back, or that none is written: of which part,
	// why, and what to do about it, if that is special.
	at, never, remedy string
	// lost are the paths of members that are lost.
	lost []string
	// omitted says that a tag json:"-" is why something is lost, which leaves it out of a
	// message, too.
	omitted bool
	// of is the struct that all this is about, the first one that has lost members; nil for
	// what is in no struct.
	of types.Type
}

// losses are the members that are lost, in words.
func (f *jsonFindings) losses() string { return model.JoinWords(f.lost) }

// inJSON looks for what encoding/json would not bring back, so that the generator refuses it
// before a visitor has a value of it.
func (p *parser) inJSON(t types.Type) *jsonFindings {
	f := &jsonFindings{p: p}
	f.value("", t, nil)
	return f
}

func (f *jsonFindings) refuse(at string, of types.Type, why, remedy string) {
	if f.never == "" {
		f.at, f.of, f.never, f.remedy = at, of, why, remedy
	}
}

func (f *jsonFindings) lose(path string, of types.Type) {
	if len(f.lost) == 0 && f.never == "" {
		f.of = of
	}
	f.lost = append(f.lost, path)
}

// value looks at a type at a path. A type that says itself how it is written is taken at
// its word, if it also says how it is read.
func (f *jsonFindings) value(path string, t, of types.Type) {
	if f.never != "" || slices.ContainsFunc(f.seen, func(o types.Type) bool { return types.Identical(o, t) }) {
		return
	}
	f.seen = append(f.seen, t)
	if isProto(t) {
		f.refuse(path, of, f.p.typeString(t)+" is a Protocol Buffers message, of which encoding/json does not read all that it writes",
			"keep a *"+f.p.typeString(t)+" without json")
		return
	}
	if steps, lock, found := f.p.uncopyable(t); found {
		f.refuse(path+steps, of, f.p.mustNotBeCopied(lock), f.p.withoutLock(t, lock))
		return
	}
	if what, remedy := f.p.noJSON(t); what != "" {
		f.refuse(path, of, what, remedy)
		return
	}
	if f.writesItself(path, t, of) {
		return
	}
	switch underlying := t.Underlying().(type) {
	case *types.Pointer:
		f.value(path, underlying.Elem(), of)
	case *types.Slice:
		f.value(path+"[]", underlying.Elem(), of)
	case *types.Array:
		f.value(path+"[]", underlying.Elem(), of)
	case *types.Map:
		f.value(path+"[]", underlying.Elem(), of)
	case *types.Struct:
		if _, named := types.Unalias(t).(*types.Named); named || of == nil {
			of = t
		}
		f.structFields(path, t, of)
	}
}

// noJSON says why encoding/json could not write a value of a type or not read it back,
// and what to do about it, if that is special.
func (p *parser) noJSON(t types.Type) (what, remedy string) {
	none := p.typeString(t) + " has no JSON form"
	switch underlying := t.Underlying().(type) {
	case *types.Chan, *types.Signature:
		return none, ""
	case *types.Basic:
		if underlying.Kind() == types.UnsafePointer {
			return none, ""
		}
		if underlying.Info()&types.IsComplex != 0 && !declares(t, "MarshalJSON") && !declares(t, "MarshalText") {
			return none, ""
		}
	case *types.Interface:
		if !underlying.Empty() {
			return "encoding/json cannot know which type to read into " + p.typeString(t),
				cmp.Or(knownType(t).keep, "use any, or a type with MarshalJSON and UnmarshalJSON")
		}
	case *types.Map:
		if !keyInJSON(underlying.Key()) && !declares(t, "MarshalJSON") && !declares(t, "MarshalText") {
			return p.typeString(underlying.Key()) + " cannot be a key in JSON", "use a string, an integer, or a type with MarshalText and UnmarshalText"
		}
	}
	return "", ""
}

// keyInJSON reports whether encoding/json takes a type for the keys of maps.
func keyInJSON(t types.Type) bool {
	if basic, ok := t.Underlying().(*types.Basic); ok && (basic.Info()&(types.IsString|types.IsInteger) != 0 || basic.Kind() == types.Invalid) {
		return true
	}
	return declares(t, "MarshalText") && declares(t, "UnmarshalText")
}

// writesItself reports whether a type's own methods write its JSON. Methods that only write,
// or only read, are refused.
func (f *jsonFindings) writesItself(path string, t, of types.Type) bool {
	methods := []struct{ writes, reads string }{{"MarshalJSON", "UnmarshalJSON"}, {"MarshalText", "UnmarshalText"}}
	writes, reads, lacks := "", "", ""
	for _, m := range methods {
		if writes == "" && declares(t, m.writes) {
			writes, lacks = m.writes, m.reads
		}
		if reads == "" && declares(t, m.reads) {
			reads = m.reads
		}
	}
	switch {
	case writes == "" && reads == "":
		return false
	case writes == "":
		lacks = "Marshal" + reads[len("Unmarshal"):]
		f.refuse(path, of, f.p.oneWay(t, reads, lacks, "JSON"), f.p.ifOwn(t, "add the other one"))
	case reads == "":
		f.refuse(path, of, f.p.oneWay(t, writes, lacks, "JSON"), f.p.ifOwn(t, "add the other one"))
	default:
		f.promoted(path, t, writes)
	}
	return true
}

// promoted loses what stands beside the embedded field whose methods write a whole struct.
func (f *jsonFindings) promoted(path string, t types.Type, method string) {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	found := types.NewMethodSet(types.NewPointer(t)).Lookup(nil, method)
	if found == nil || len(found.Index()) == 1 {
		return
	}
	for i := range fields.NumFields() {
		if i != found.Index()[0] && fields.Field(i).Name() != "_" && reflect.StructTag(fields.Tag(i)).Get("session") != "-" {
			f.lose(path+"."+fields.Field(i).Name(), t)
		}
	}
}

// declares reports whether values of a type, or pointers to them, have a method.
func declares(t types.Type, method string) bool {
	if types.IsInterface(t) {
		return false
	}
	if _, pointer := t.Underlying().(*types.Pointer); !pointer {
		t = types.NewPointer(t)
	}
	return types.NewMethodSet(t).Lookup(nil, method) != nil
}
