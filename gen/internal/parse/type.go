package parse

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// place is where a type was met: visitor.Cart[].Meta, the last piece of source
// on the way to it, and where to report it.
type place struct {
	path string
	expr ast.Expr
	pos  token.Pos

	cookie  bool
	own     string       // the last field on the way whose tag can be changed
	ownType types.Type   // and its type
	foreign types.Type   // the struct of another package that comes after it, if any
	through []types.Type // named types on the way since the last struct
	depth   int
}

func (a place) in(step string) place {
	a.path += step
	a.depth++
	return a
}

// fieldPlace is the place of a field of a schema.
func fieldPlace(path string, expr ast.Expr, pos token.Pos, t types.Type) place {
	return place{path: path, expr: expr, pos: pos, own: path, ownType: t}
}

// instead is how to keep something in another way: in another field, or as JSON if asJSON says
// that this may help, and it does.
func (p *parser) instead(at place, asJSON bool) string {
	remedy := "leave it out with session:\"-\""
	if at.foreign != nil {
		remedy = p.keepOf(at.foreign)
	}
	if !asJSON || at.ownType == nil {
		return remedy
	}
	found := p.inJSON(at.ownType)
	if found.never != "" {
		return remedy
	}
	tag := "json"
	if len(found.lost) > 0 {
		tag = "json,lossy, which loses " + found.losses()
	}
	switch {
	case at.cookie && at.own == "":
		return remedy + ", or keep it in the session, tagged " + tag
	case at.foreign != nil:
		return remedy + ", or tag " + at.own + " " + tag
	}
	return remedy + ", or tag the field " + tag
}

// ifOwn is a remedy for a type that is declared in the package.
func (p *parser) ifOwn(t types.Type, remedy string) string {
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() == p.src.Types {
		return remedy
	}
	return ""
}

// noForm reports a type that cannot be written. If asJSON could write it, that is
// one of the remedies.
func (p *parser) noForm(at place, t types.Type, asJSON bool) {
	p.Errorf(at.pos, "%s: %s has no wire form; %s", at.path, p.typeString(t), cmp.Or(knownType(t).keep, p.instead(at, asJSON)))
}

// typeOf is a type as a session keeps it. It is nil if there was something to
// report.
func (p *parser) typeOf(at place, t types.Type) *model.Type {
	if !p.usable(at, t) || !p.keepable(at, t) {
		return nil
	}
	if at.depth > wire.MaxDepth {
		p.Errorf(at.pos, "%s is nested deeper than the %d levels of messages that a record may have: keep it in a field of its own", at.path, wire.MaxDepth)
		return nil
	}
	if _, named := types.Unalias(t).(*types.Named); named {
		if slices.ContainsFunc(at.through, func(o types.Type) bool { return types.Identical(o, t) }) {
			p.Errorf(at.pos, "%s: %s contains itself with no struct in between: put its contents into a struct", at.path, p.typeString(t))
			return nil
		}
		at.through = append(slices.Clip(at.through), t)
	}
	if form, ok := p.singleOf(at, t); ok {
		return form
	}
	switch underlying := t.Underlying().(type) {
	case *types.Slice:
		return p.sliceOf(at, t, underlying)
	case *types.Array:
		return p.arrayOf(at, t, underlying)
	case *types.Map:
		return p.mapOf(at, t, underlying)
	case *types.Pointer:
		return p.pointerOf(at, t, underlying)
	case *types.Struct:
		return p.messageOf(at, t)
	case *types.Interface:
		p.noForm(at, t, true)
	default:
		p.noForm(at, t, false)
	}
	return nil
}

// keepable refuses types of which no form would bring back all, or that must not be copied.
func (p *parser) keepable(at place, t types.Type) bool {
	if isProto(t) {
		p.Errorf(at.pos, "%s: %s is a Protocol Buffers message, which must not be copied: keep a *%s", at.path, p.typeString(t), p.typeString(t))
		return false
	}
	if steps, lock, found := p.uncopyable(t); found {
		p.Errorf(at.pos, "%s%s: %s; %s", at.path, steps, p.mustNotBeCopied(lock), p.withoutLock(t, lock))
		return false
	}
	if known := knownType(t); known.loses != "" {
		p.Errorf(at.pos, "%s: the methods of %s lose %s; %s", at.path, p.typeString(t), known.loses, known.keep)
		return false
	}
	return true
}

// singleOf is a type that is written without its parts. The form is nil if there
// was something to report.
func (p *parser) singleOf(at place, t types.Type) (form *model.Type, ok bool) {
	switch kind, known := scalarKind(t); {
	case known && (kind == model.Time || kind == model.Duration):
		return &model.Type{Go: t, Kind: kind}, true
	case model.IsNamed(t, model.WirePath, "Unknown"):
		p.Errorf(at.pos, "%s: runtime.Unknown keeps the unknown fields of the struct around it: make it a field of a struct inside a session field, or use a []byte", at.path)
		return nil, true
	}
	if form, ok := p.encoderOf(at, t); ok {
		return form, true
	}
	if kind, ok := scalarKind(t); ok {
		return p.withConstants(&model.Type{Go: t, Kind: kind}), true
	}
	return nil, false
}

func (p *parser) sliceOf(at place, t types.Type, slice *types.Slice) *model.Type {
	if isByte(slice.Elem()) {
		return &model.Type{Go: t, Kind: model.Bytes, Length: -1}
	}
	elem := p.typeOf(at.in("[]"), slice.Elem())
	if elem == nil {
		return nil
	}
	return &model.Type{Go: t, Kind: model.Slice, Elem: elem}
}

func isByte(t types.Type) bool { return types.Identical(t, types.Typ[types.Byte]) }

func (p *parser) arrayOf(at place, t types.Type, array *types.Array) *model.Type {
	switch length := int(array.Len()); {
	case length == 0:
		p.Errorf(at.pos, "%s: %s has no values; %s", at.path, p.typeString(t), p.instead(at, false))
		return nil
	case isByte(array.Elem()):
		return &model.Type{Go: t, Kind: model.Bytes, Length: length}
	default:
		elem := p.typeOf(at.in("[]"), array.Elem())
		if elem == nil {
			return nil
		}
		return &model.Type{Go: t, Kind: model.Array, Length: length, Elem: elem}
	}
}

func (p *parser) mapOf(at place, t types.Type, m *types.Map) *model.Type {
	key := p.typeOf(at.in("[key]"), m.Key())
	elem := p.typeOf(at.in("[]"), m.Elem())
	if key == nil || elem == nil || !p.keyAllowed(at.in("[key]"), key) {
		return nil
	}
	return &model.Type{Go: t, Kind: model.Map, Key: key, Elem: elem}
}

// keyAllowed refuses keys that would not be found again when they are read.
func (p *parser) keyAllowed(at place, key *model.Type) bool {
	switch {
	case model.IsRepeated(key):
		p.Errorf(at.pos, "%s: %s cannot be a map key in a session: put it into a struct, and use that as the key", at.path, p.typeString(key.Go))
	case key.Kind == model.Pointer, holdsAddress(key):
		p.Errorf(at.pos, "%s: %s cannot be compared by value, so a key that was read back would not be found: use a key without pointers and JSON", at.path, p.typeString(key.Go))
	default:
		return true
	}
	return false
}

// holdsAddress reports whether a key of a map has a part that equals no other once it
// was read: a pointer, or what is in an interface.
func holdsAddress(t *model.Type) bool {
	switch t.Facts().Shape {
	case model.List:
		return holdsAddress(t.Elem)
	case model.Record:
		return slices.ContainsFunc(t.Struct.Fields, func(f *model.StructField) bool { return holdsAddress(f.Type) })
	default:
		return t.Kind == model.Pointer || t.Kind == model.JSON
	}
}

func (p *parser) pointerOf(at place, t types.Type, pointer *types.Pointer) *model.Type {
	switch pointer.Elem().Underlying().(type) {
	case *types.Pointer, *types.Interface:
		p.noForm(at, t, true)
		return nil
	}
	if isProto(pointer.Elem()) {
		if !p.nameable(at, pointer.Elem()) {
			return nil
		}
		return &model.Type{Go: t, Kind: model.Pointer, Elem: &model.Type{Go: pointer.Elem(), Kind: model.Proto, ByPointer: true}}
	}
	elem := p.typeOf(at.in(""), pointer.Elem())
	if elem == nil {
		return nil
	}
	return &model.Type{Go: t, Kind: model.Pointer, Elem: elem}
}

func (p *parser) messageOf(at place, t types.Type) *model.Type {
	s := p.structOf(at, t)
	if s == nil {
		return nil
	}
	return &model.Type{Go: t, Kind: model.Message, Struct: s}
}
