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
	case t.Kind == model.Slice, t.Kind == model.Array:
		return listValue(t, entries, depth)
	case t.Kind == model.Map:
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
		e, n := wireEntry{wire: varintWire}, 0
		switch {
		case t.Kind != model.Float:
			if e.value, n = uvarint(packed); n == 0 {
				return nil, errCutOff
			}
		case model.IsFloat32(t):
			if e.wire, n = fixed32Wire, 4; len(packed) < n {
				return nil, errCutOff
			}
			e.value = littleEndian(packed[:n])
		default:
			if e.wire, n = fixed64Wire, 8; len(packed) < n {
				return nil, errCutOff
			}
			e.value = littleEndian(packed[:n])
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
	switch t.Kind {
	case model.Bool:
		return false, nil
	case model.Int, model.Uint, model.Float:
		return int64(0), nil
	case model.String, model.Text:
		return "", nil
	}
	return nil, nil
}

// elementValue is a value where there is exactly one entry.
func elementValue(t *model.Type, e wireEntry, depth int) (any, error) {
	switch t.Kind {
	case model.Slice, model.Array, model.Map:
		parts, err := messageOf(e)
		if err != nil {
			return nil, err
		}
		return repeatedValue(t, parts[1], depth+1)
	case model.Pointer:
		parts, err := messageOf(e)
		if err != nil || len(parts[1]) == 0 {
			return nil, err
		}
		return elementValue(t.Elem, parts[1][len(parts[1])-1], depth+1)
	case model.Message:
		return structValue(t.Struct, e, depth)
	case model.Time, model.Duration, model.Complex:
		return pairValue(t, e)
	}
	return scalarValue(t, e)
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

// pairValue is a value that is a message of two numbers.
func pairValue(t *model.Type, e wireEntry) (any, error) {
	parts, err := messageOf(e)
	if err != nil {
		return nil, err
	}
	first, _ := last(parts[1])
	second, _ := last(parts[2])
	switch t.Kind {
	case model.Time:
		moment := time.Unix(int64(first.value), int64(int32(second.value))).UTC()
		return moment.Format(time.RFC3339Nano), nil
	case model.Duration:
		return (time.Duration(first.value)*time.Second + time.Duration(int32(second.value))).String(), nil
	}
	return fmt.Sprint(complex(math.Float64frombits(first.value), math.Float64frombits(second.value))), nil
}

func scalarValue(t *model.Type, e wireEntry) (any, error) {
	want := byte(bytesWire)
	switch {
	case t.Kind == model.Bool, t.Kind == model.Int, t.Kind == model.Uint:
		want = varintWire
	case t.Kind == model.Float && model.IsFloat32(t):
		want = fixed32Wire
	case t.Kind == model.Float:
		want = fixed64Wire
	}
	if e.wire != want {
		return nil, errOtherForm
	}
	switch t.Kind {
	case model.Bool:
		return e.value != 0, nil
	case model.Int:
		return int64(e.value>>1) ^ -int64(e.value&1), nil
	case model.Uint:
		return e.value, nil
	case model.Float:
		v := math.Float64frombits(e.value)
		if want == fixed32Wire {
			v = float64(math.Float32frombits(uint32(e.value)))
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64), nil
		}
		return v, nil
	case model.String, model.Text:
		return string(e.bytes), nil
	case model.JSON:
		if json.Valid(e.bytes) {
			return json.RawMessage(e.bytes), nil
		}
	}
	return base64.StdEncoding.EncodeToString(e.bytes), nil
}
