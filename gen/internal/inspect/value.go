package inspect

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

var (
	errOtherForm = errors.New("it is kept in another form than the field's type has")
	errTooDeep   = errors.New("it is nested too deep")
)

// maxInspected is how deep values are shown, where a pointer to a message is two steps;
// the runtime reads no deeper either.
const maxInspected = 128

// fieldValue is what the entries of a field hold, as something for package json.
func fieldValue(t *model.Type, entries []wireEntry) (any, error) { return repeatedValue(t, entries, 0) }

// repeatedValue is a value where there is room for any number of entries.
func repeatedValue(t *model.Type, entries []wireEntry, depth int) (any, error) {
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

func listValue(t *model.Type, entries []wireEntry, depth int) (any, error) {
	list := []any{}
	for _, e := range entries {
		elements := []wireEntry{e}
		if e.wire == bytesWire && model.IsPacked(t) {
			var err error
			if elements, err = unpack(t.Elem, e.bytes); err != nil {
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

// unpack takes the elements of a packed list apart.
func unpack(t *model.Type, packed []byte) (elements []wireEntry, err error) {
	for len(packed) > 0 {
		e, n := wireEntry{wire: byte(t.Facts().Wire)}, 0
		switch e.wire {
		case fixed32Wire, fixed64Wire:
			if n = 4; e.wire == fixed64Wire {
				n = 8
			}
			if len(packed) < n {
				return nil, errCutOff
			}
			e.value = littleEndian(packed[:n])
		default:
			if e.value, n = uvarint(packed); n == 0 {
				return nil, errCutOff
			}
		}
		elements, packed = append(elements, e), packed[n:]
	}
	return elements, nil
}

func littleEndian(b []byte) (v uint64) {
	for _, digit := range slices.Backward(b) {
		v = v<<8 | uint64(digit)
	}
	return v
}

// mapValue is an object where keys have a text, else a list of pairs.
func mapValue(t *model.Type, entries []wireEntry, depth int) (any, error) {
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
func partValue(t *model.Type, entries []wireEntry, depth int) (any, error) {
	if e, found := last(entries); found {
		if t.Kind == model.Pointer {
			return elementValue(t.Elem, e, depth+1)
		}
		return elementValue(t, e, depth)
	}
	return t.Facts().InspectZero, nil
}

// elementValue is a value where there is exactly one entry.
func elementValue(t *model.Type, e wireEntry, depth int) (any, error) {
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

func messageOf(e wireEntry) (map[int32][]wireEntry, error) {
	if e.wire != bytesWire {
		return nil, errOtherForm
	}
	entries, err := wireEntries(e.bytes)
	parts := map[int32][]wireEntry{}
	for _, part := range entries {
		parts[part.number] = append(parts[part.number], part)
	}
	return parts, err
}

func structValue(s *model.Struct, e wireEntry, depth int) (any, error) {
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
func scalarValue(t *model.Type, e wireEntry) (any, error) {
	facts := t.Facts()
	if e.wire != byte(facts.Wire) {
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
	return pairs[t.Kind](first.value, second.value), nil
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
var scalars = map[model.Kind]func(e wireEntry) any{
	model.Bool:   func(e wireEntry) any { return e.value != 0 },
	model.Int:    func(e wireEntry) any { return int64(e.value>>1) ^ -int64(e.value&1) },
	model.Uint:   func(e wireEntry) any { return e.value },
	model.Float:  floatValue,
	model.String: func(e wireEntry) any { return string(e.bytes) },
	model.Text:   func(e wireEntry) any { return string(e.bytes) },
	model.Bytes:  inBase64,
	model.Binary: inBase64,
	model.JSON: func(e wireEntry) any {
		if json.Valid(e.bytes) {
			return json.RawMessage(e.bytes)
		}
		return inBase64(e)
	},
}

func floatValue(e wireEntry) any {
	v := math.Float64frombits(e.value)
	if e.wire == fixed32Wire {
		v = float64(math.Float32frombits(uint32(e.value)))
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return v
}

func inBase64(e wireEntry) any { return base64.StdEncoding.EncodeToString(e.bytes) }
