package parse

import (
	"go/types"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// structState is a struct type that was met, with what came of it.
type structState struct {
	named  types.Type
	result *model.Struct // nil if there was something to report
}

// structOf is a struct type as a message. Each is parsed, and what is wrong with
// it reported, once.
func (p *parser) structOf(at place, t types.Type) *model.Struct {
	if _, named := types.Unalias(t).(*types.Named); !named && !p.nameable(at, t) {
		return nil
	}
	for _, state := range p.structs {
		if types.Identical(state.named, t) {
			return state.result
		}
	}
	result := &model.Struct{Go: t}
	state := &structState{t, result}
	p.structs = append(p.structs, state)
	before := len(p.List)
	p.structFields(at, result)
	if len(p.List) > before {
		state.result = nil
	}
	return state.result
}

func (p *parser) structFields(at place, s *model.Struct) {
	node := s.Go.Underlying().(*types.Struct)
	keys, numbers := map[string]claim{}, map[int32]claim{}
	var hidden []string
	for i := range node.NumFields() {
		field := node.Field(i)
		where, tags := p.structField(at, s.Go, field, node.Tag(i))
		t, kept := p.nestedTag(tags)
		if !kept || field.Name() == "_" {
			continue
		}
		if !field.Exported() && where.foreign != nil {
			hidden = append(hidden, field.Name())
			continue
		}
		if !p.nestedAllowed(where, field) {
			continue
		}
		if model.IsNamed(field.Type(), model.WirePath, "Unknown") {
			p.parseUnknown(where, s, field)
			continue
		}
		f := &model.StructField{Name: field.Name(), Key: t.name, Position: p.Fset.Position(where.pos)}
		if f.Key == "" {
			f.Key = snakeCase(f.Name)
		}
		if holder, taken := keys[f.Key]; taken {
			p.Errorf(where.pos, "%s and %s have the same key, %q: %s", where.path, holder.path, f.Key, p.anotherWay(where, "give one of them another in a session tag"))
			continue
		}
		keys[f.Key] = claim{where.path, f.Key}
		f.Number = wire.FieldNumber(f.Key)
		p.claimNumber(numbers, f.Number, claim{where.path, f.Key}, where.pos, p.anotherWay(where, "change the newer of the two"))
		if f.Type = p.formOf(where, field.Type(), t); f.Type != nil {
			s.Fields = append(s.Fields, f)
		}
	}
	p.reportHidden(at, s, hidden)
}

// reportHidden refuses the fields of another package's struct that are not exported, all at once.
func (p *parser) reportHidden(at place, s *model.Struct, hidden []string) {
	if len(hidden) == 0 {
		return
	}
	if at.foreign == nil {
		at.foreign = s.Go
	}
	if len(hidden) == 1 {
		p.Errorf(at.pos, "%s.%s is not exported and would be lost: %s", at.path, hidden[0], p.instead(at, true))
		return
	}
	p.Errorf(at.pos, "%s: %s of %s are not exported and would be lost: %s", at.path, model.JoinWords(hidden), p.typeString(s.Go), p.instead(at, true))
}

// anotherKey is what to do about two fields of a struct that cannot be told
// apart: the remedy, if the struct can be changed.
func (p *parser) anotherWay(at place, remedy string) string {
	if at.foreign == nil {
		return remedy
	}
	return p.instead(at, true)
}

// parseUnknown reads the field that keeps what is unknown of a struct.
func (p *parser) parseUnknown(where place, s *model.Struct, field *types.Var) {
	if s.Unknown != "" {
		p.Errorf(where.pos, "%s and %s both keep the unknown fields of %s: remove one of them", where.path, s.Unknown, p.typeString(s.Go))
		return
	}
	s.Unknown = field.Name()
}

// structField is where a struct's field was met, and its tag. A field of this
// package is reported where it stands, another one where the way to it begins.
func (p *parser) structField(at place, of types.Type, field *types.Var, content string) (place, structTag) {
	where := at.in("." + field.Name())
	where.through = nil
	if node, ok := p.nodes[field.Pos()]; ok {
		where.expr, where.pos = node.Type, field.Pos()
		where.own, where.ownType, where.foreign = where.path, field.Type(), nil
		return where, p.structTag(node)
	}
	if where.foreign == nil {
		where.foreign = of
	}
	pairs, _ := tagPairs(text{content, make([]int, len(content)+1)})
	return where, structTag{pairs, fixedPos(where.pos)}
}

// nestedTag is what a tag says about a field of a struct: its key, empty if there
// is none, and whether the field is kept.
func (p *parser) nestedTag(of structTag) (t *tag, kept bool) {
	if pair, found := of.pair("session"); found {
		if pair.value.s == "-" {
			return nil, false
		}
		t := p.readTag(of, pair, nestedOptions)
		if t.name != "" && !model.ValidKey(t.name) {
			p.Errorf(t.at, "key %q does not consist of letters, digits, _, - and dots, beginning with a letter or _: choose another one", t.name)
		}
		return t, true
	}
	pair, _ := of.pair("json")
	name, _, _ := strings.Cut(pair.value.s, ",")
	return &tag{name: name}, pair.value.s != "-"
}

// nestedAllowed refuses fields that would be lost or that have no type.
func (p *parser) nestedAllowed(where place, field *types.Var) bool {
	node, own := p.nodes[field.Pos()]
	switch {
	case field.Exported():
		return !own || !p.reportNode(where.path, node)
	case own && model.IsNamed(field.Type(), model.WirePath, "Unknown"):
		return true
	default:
		p.Errorf(where.pos, "%s is not exported and would be lost: %s, or leave it out with session:\"-\"", where.path, exporting(field.Name(), "export it"))
	}
	return false
}

// structsOf are the structs inside the fields of schemas, in the order met.
func structsOf(schemas []*model.Schema) []*model.Struct {
	var met []*model.Struct
	for _, s := range schemas {
		for _, f := range s.Fields {
			met = appendStructs(met, f.Type)
		}
		for _, c := range s.Cookies {
			met = appendStructs(met, c.Type)
		}
	}
	for _, s := range met {
		var inside []*model.Struct
		for _, f := range s.Fields {
			inside = appendStructs(inside, f.Type)
		}
		s.Recursive = slices.Contains(inside, s)
	}
	return met
}

// appendStructs appends the structs that are inside a type and not in met yet.
func appendStructs(met []*model.Struct, t *model.Type) []*model.Struct {
	for _, part := range []*model.Type{t.Key, t.Elem} {
		if part != nil {
			met = appendStructs(met, part)
		}
	}
	if t.Struct == nil || slices.Contains(met, t.Struct) {
		return met
	}
	met = append(met, t.Struct)
	for _, f := range t.Struct.Fields {
		met = appendStructs(met, f.Type)
	}
	return met
}
