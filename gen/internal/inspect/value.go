package inspect

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

var (
	errOtherForm = errors.New("its form does not match the field's type")
	errTooDeep   = errors.New("it is nested too deeply")
)

// maxInspected is how deep values are shown, where a pointer to a message is two steps;
// the runtime reads no deeper either.
const maxInspected = 128

// fieldValue is what the entries of a field hold, as something for package json.
func fieldValue(t *model.Type, entries []wire.Raw) (any, error) { return repeatedValue(t, entries, 0) }

// repeatedValue is a value where there is room for any number of entries.
func repeatedValue(t *model.Type, entries []wire.Raw, depth int) (any, error) {
	switch {
	case depth > maxInspected:
		return nil, errTooDeep
	case t.Facts().Shape == model.List:
		return listValue(t, entries, depth)
	case t.Facts().Shape == model.Table:
		return mapValue(t, entries, depth)
	}
	e, found := last(entries)
	if !found {
		return nil, nil
	}
	if t.Kind == model.Pointer {
		return elementValue(t.Elem, e, depth+1)
	}
	return elementValue(t, e, depth)
}

func listValue(t *model.Type, entries []wire.Raw, depth int) (any, error) {
	list := []any{}
	for _, e := range entries {
		elements := []wire.Raw{e}
		if e.Type == wire.TypeBytes && model.IsPacked(t) {
			var err error
			if elements, err = wire.Unpack(t.Elem.Facts().Wire, e.Bytes); err != nil {
				return nil, err
			}
		}
		for _, element := range elements {
			value, err := elementValue(t.Elem, element, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
	}
	return list, nil
}

// mapValue is an object where keys have a text, else a list of pairs.
func mapValue(t *model.Type, entries []wire.Raw, depth int) (any, error) {
	object, pairs := ordered{}, []any{}
	for _, e := range entries {
		parts, err := messageOf(e)
		if err != nil {
			return nil, err
		}
		key, err := partValue(t.Key, parts[1], depth+1)
		if err != nil {
			return nil, err
		}
		value, err := partValue(t.Elem, parts[2], depth+1)
		if err != nil {
			return nil, err
		}
		switch name := key.(type) {
		case string:
			object.add(name, value)
		case bool, int64, uint64:
			object.add(fmt.Sprint(name), value)
		default:
			pairs = append(pairs, []any{key, value})
		}
	}
	if len(pairs) > 0 {
		return pairs, nil
	}
	return object, nil
}

// partValue is a value that is its type's zero if it is not there.
func partValue(t *model.Type, entries []wire.Raw, depth int) (any, error) {
	if e, found := last(entries); found {
		if t.Kind == model.Pointer {
			return elementValue(t.Elem, e, depth+1)
		}
		return elementValue(t, e, depth)
	}
	return t.Facts().InspectZero, nil
}

// elementValue is a value where there is exactly one entry.
func elementValue(t *model.Type, e wire.Raw, depth int) (any, error) {
	switch t.Facts().Shape {
	case model.List, model.Table:
		parts, err := messageOf(e)
		if err != nil {
			return nil, err
		}
		return repeatedValue(t, parts[1], depth+1)
	case model.Optional:
		parts, err := messageOf(e)
		if err != nil || len(parts[1]) == 0 {
			return nil, err
		}
		return elementValue(t.Elem, parts[1][len(parts[1])-1], depth+1)
	case model.Record:
		return structValue(t.Struct, e, depth)
	default:
		return scalarValue(t, e)
	}
}

func messageOf(e wire.Raw) (map[int32][]wire.Raw, error) {
	if e.Type != wire.TypeBytes {
		return nil, errOtherForm
	}
	entries, err := wireEntries(e.Bytes)
	parts := map[int32][]wire.Raw{}
	for _, part := range entries {
		parts[part.Number] = append(parts[part.Number], part)
	}
	return parts, err
}

func structValue(s *model.Struct, e wire.Raw, depth int) (any, error) {
	parts, err := messageOf(e)
	if err != nil {
		return nil, err
	}
	object := ordered{}
	for _, f := range s.Fields {
		if len(parts[f.Number]) == 0 {
			continue
		}
		value, err := repeatedValue(f.Type, parts[f.Number], depth+1)
		if err == errTooDeep {
			return nil, err
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Key, err)
		}
		object.add(f.Key, value)
	}
	return object, nil
}

// scalarValue is a value that has no parts.
func scalarValue(t *model.Type, e wire.Raw) (any, error) {
	facts := t.Facts()
	if e.Type != facts.Wire {
		return nil, errOtherForm
	}
	if !facts.Pair {
		return scalars[t.Kind](e), nil
	}
	parts, err := messageOf(e)
	if err != nil {
		return nil, err
	}
	first, _ := last(parts[1])
	second, _ := last(parts[2])
	return pairs[t.Kind](first.Value, second.Value), nil
}

// pairs show the kinds that are messages of two numbers.
var pairs = map[model.Kind]func(first, second uint64) any{
	model.Complex: func(first, second uint64) any {
		return fmt.Sprint(complex(math.Float64frombits(first), math.Float64frombits(second)))
	},
	model.Time: func(first, second uint64) any {
		return time.Unix(int64(first), int64(int32(second))).UTC().Format(time.RFC3339Nano)
	},
	model.Duration: func(first, second uint64) any {
		return (time.Duration(first)*time.Second + time.Duration(int32(second))).String()
	},
}

// scalars show the kinds that are one number, or bytes.
var scalars = map[model.Kind]func(e wire.Raw) any{
	model.Bool:   func(e wire.Raw) any { return e.Value != 0 },
	model.Int:    func(e wire.Raw) any { return int64(e.Value>>1) ^ -int64(e.Value&1) },
	model.Uint:   func(e wire.Raw) any { return e.Value },
	model.Float:  floatValue,
	model.String: func(e wire.Raw) any { return e.Bytes },
	model.Text:   func(e wire.Raw) any { return e.Bytes },
	model.Bytes:  inBase64,
	model.Binary: inBase64,
	model.Gob:    inBase64,
	model.Proto:  inBase64,
	model.JSON: func(e wire.Raw) any {
		if json.Valid([]byte(e.Bytes)) {
			return json.RawMessage(e.Bytes)
		}
		return inBase64(e)
	},
}

func floatValue(e wire.Raw) any {
	v := math.Float64frombits(e.Value)
	if e.Type == wire.TypeFixed32 {
		v = float64(math.Float32frombits(uint32(e.Value)))
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return v
}

func inBase64(e wire.Raw) any { return base64.StdEncoding.EncodeToString([]byte(e.Bytes)) }
