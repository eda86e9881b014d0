package parse

import (
	"fmt"
	"go/types"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// scalarKind is the kind of a type that has no parts.
func scalarKind(t types.Type) (model.Kind, bool) {
	switch {
	case model.IsNamed(t, "time", "Duration"):
		return model.Duration, true
	case model.IsTime(t):
		return model.Time, true
	}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return 0, false
	}
	switch info := basic.Info(); {
	case info&types.IsBoolean != 0:
		return model.Bool, true
	case info&types.IsUnsigned != 0:
		return model.Uint, true
	case info&types.IsInteger != 0:
		return model.Int, true
	case info&types.IsFloat != 0:
		return model.Float, true
	case info&types.IsComplex != 0:
		return model.Complex, true
	case info&types.IsString != 0:
		return model.String, true
	}
	return 0, false
}

// encoding is a pair of methods by which a type says how it is written and read.
type encoding struct {
	kind        model.Kind
	write, read string
}

// encodings are in the order of preference.
var encodings = []encoding{
	{kind: model.Binary, write: "MarshalBinary", read: "UnmarshalBinary"},
	{kind: model.Text, write: "MarshalText", read: "UnmarshalText"},
	{kind: model.Gob, write: "GobEncode", read: "GobDecode"},
}

// encoderFor is a type that writes and reads itself in one of these ways.
func encoderFor(t types.Type, kind model.Kind) (form *model.Type, ok bool) {
	for _, e := range encodings {
		if e.kind == kind && hasMethod(t, e.write, writes) && hasMethod(t, e.read, reads) {
			byPointer := types.NewMethodSet(t).Lookup(nil, e.write) == nil
			return &model.Type{Go: t, Kind: kind, ByPointer: byPointer}, true
		}
	}
	return nil, false
}

// encoderOf is a type that writes and reads itself. The form is nil if there was
// something to report.
func (p *parser) encoderOf(at place, t types.Type) (form *model.Type, ok bool) {
	if isNull(t) {
		return nil, false
	}
	for _, e := range encodings {
		if only := knownType(t).encoding; only != "" && only != e.write {
			continue
		}
		if form, ok := encoderFor(t, e.kind); ok {
			return form, true
		}
	}
	for _, e := range encodings {
		has, lacks := e.write, e.read
		if hasMethod(t, e.read, reads) {
			has, lacks = lacks, has
		}
		if hasMethod(t, e.write, writes) || hasMethod(t, e.read, reads) {
			p.Errorf(at.pos, "%s: %s; %s%s", at.path, p.oneWay(t, has, lacks, "encoding"), p.ifOwn(t, "add the other one, "), p.instead(at, true))
			return nil, true
		}
	}
	return nil, false
}

// oneWay says that a type has only one of two methods that belong together.
func (p *parser) oneWay(t types.Type, has, lacks, what string) string {
	return fmt.Sprintf("%s has a method %s and no %s, so its %s could not be read back", p.typeString(t), has, lacks, what)
}

// hasMethod reports whether a variable of type t has a method of that name and
// shape. One that is promoted from an embedded field says nothing of the fields
// beside it, so it counts only where there are none.
func hasMethod(t types.Type, name string, shape func(*types.Signature) bool) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || types.IsInterface(t) {
		return false
	}
	method := types.NewMethodSet(types.NewPointer(named)).Lookup(nil, name)
	if method == nil || !shape(method.Obj().Type().(*types.Signature)) {
		return false
	}
	fields, ok := t.Underlying().(*types.Struct)
	return !ok || len(method.Index()) == 1 || fields.NumFields() == 1
}

// writes is the shape of MarshalBinary, MarshalText and GobEncode.
func writes(s *types.Signature) bool {
	return s.Params().Len() == 0 && s.Results().Len() == 2 && isBytes(s.Results().At(0).Type()) && isError(s.Results().At(1).Type())
}

// reads is the shape of UnmarshalBinary, UnmarshalText and GobDecode.
func reads(s *types.Signature) bool {
	return s.Params().Len() == 1 && !s.Variadic() && isBytes(s.Params().At(0).Type()) && s.Results().Len() == 1 && isError(s.Results().At(0).Type())
}

func isBytes(t types.Type) bool {
	slice, ok := types.Unalias(t).(*types.Slice)
	return ok && isByte(slice.Elem())
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
