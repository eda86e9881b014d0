package gen

import (
	"go/types"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// structState is a struct type that was met, with what came of it.
type structState struct {
	named  types.Type
	result *Struct // nil while it is parsed, and if there was something to report
	parsed bool
}

// structOf is a struct type as a message. Each is parsed, and what is wrong with
// it reported, once.
func (p *modelParser) structOf(at place, t types.Type) *Struct {
	if _, ok := types.Unalias(t).(*types.Named); !ok {
		p.noForm(at, t, "declare it as a type of its own")
		return nil
	}
	for _, state := range p.structs {
		if !types.Identical(state.named, t) {
			continue
		}
		if !state.parsed {
			p.errorf(at.pos, "%s: %s contains itself, which has no wire form yet: %s", at.path, p.typeString(t), remedy)
		}
		return state.result
	}
	state := &structState{named: t}
	p.structs = append(p.structs, state)
	before := len(p.list)
	fields := p.structFields(at, t)
	state.parsed = true
	if len(p.list) == before {
		state.result = &Struct{Go: t, Fields: fields}
	}
	return state.result
}

func (p *modelParser) structFields(at place, t types.Type) []*StructField {
	node := t.Underlying().(*types.Struct)
	keys, numbers := map[string]claim{}, map[int32]claim{}
	var fields []*StructField
	for i := range node.NumFields() {
		field := node.Field(i)
		where, tags := p.structField(at, field, node.Tag(i))
		key, kept := p.nestedKey(tags)
		if !kept || field.Name() == "_" {
			continue
		}
		if !p.nestedAllowed(where, t, field) {
			continue
		}
		if key == "" {
			key = snakeCase(field.Name())
		}
		if holder, taken := keys[key]; taken {
			p.errorf(where.pos, "%s and %s have the same key, %q: give one of them another in a session tag", where.path, holder.path, key)
			continue
		}
		keys[key] = claim{where.path, key}
		number := runtime.FieldNumber(key)
		p.claimNumber(numbers, number, claim{where.path, key}, where.pos)
		if form := p.typeOf(where, field.Type()); form != nil {
			fields = append(fields, &StructField{Name: field.Name(), Key: key, Number: number, Type: form})
		}
	}
	return fields
}

// structField is where a struct's field was met, and its tag. A field of this
// package is reported where it stands, another one where the way to it begins.
func (p *modelParser) structField(at place, field *types.Var, content string) (place, structTag) {
	where := at.in("." + field.Name())
	if node, ok := p.nodes[field.Pos()]; ok {
		where.expr, where.pos = node.Type, field.Pos()
		return where, p.structTag(node)
	}
	pairs, _ := tagPairs(text{content, make([]int, len(content)+1)})
	return where, structTag{pairs, fixedPos(where.pos)}
}

// nestedKey is the key that a tag gives to a field of a struct, empty if there is
// none, and whether the field is kept.
func (p *modelParser) nestedKey(of structTag) (key string, kept bool) {
	if pair, found := of.pair("session"); found {
		if pair.value.s == "-" {
			return "", false
		}
		t := p.readTag(of, pair, nestedOptions)
		if t.name != "" && !validKey(t.name) {
			p.errorf(t.at, "key %q is not made of letters, digits, _, - and dots, beginning with a letter or _: choose another one", t.name)
		}
		return t.name, true
	}
	pair, _ := of.pair("json")
	key, _, _ = strings.Cut(pair.value.s, ",")
	return key, pair.value.s != "-"
}

// nestedAllowed refuses fields that would be lost or that have no type.
func (p *modelParser) nestedAllowed(where place, of types.Type, field *types.Var) bool {
	node, own := p.nodes[field.Pos()]
	switch lost := field.Embedded() || !field.Exported(); {
	case lost && !own && field.Pkg() != p.src.types:
		p.errorf(where.pos, "%s is embedded or not exported and would be lost: keep what you need of %s in a struct of your own", where.path, p.typeString(of))
	case field.Embedded():
		p.errorf(field.Pos(), "%s is embedded, which has no wire form yet: give the field a name, or leave it out with session:\"-\"", where.path)
	case lost:
		p.errorf(where.pos, "%s is not exported and would be lost: export it, or leave it out with session:\"-\"", where.path)
	default:
		return !own || !p.reportNode(where.path, node)
	}
	return false
}
