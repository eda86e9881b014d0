package protobuf_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// The functions in this file make Go values of what the official library of
// Protocol Buffers has read, by the rules of the wire as they are documented and
// by the names in the .proto file. They share nothing with the generator.

// errUnreadable says that a message is well-formed, but not the value of a Go type.
var errUnreadable = errors.New("does not fit into the Go type")

var (
	timeType            = reflect.TypeFor[time.Time]()
	durationType        = reflect.TypeFor[time.Duration]()
	unknownType         = reflect.TypeFor[wire.Unknown]()
	byteType            = reflect.TypeFor[byte]()
	binaryMarshalerType = reflect.TypeFor[encoding.BinaryMarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	binaryType          = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	textType            = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// form is how a Go type is written.
type form int

const (
	plain form = iota // by its underlying type
	timestamp
	duration
	binary
	text
)

func formOf(t reflect.Type) form {
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Struct && t.ConvertibleTo(timeType):
		return timestamp
	case t == durationType:
		return duration
	case t.Name() == "":
	case pointer.Implements(binaryType) && pointer.Implements(binaryMarshalerType):
		return binary
	case pointer.Implements(textType) && pointer.Implements(textMarshalerType):
		return text
	}
	return plain
}

// isRepeated says whether a type is any number of entries.
func isRepeated(t reflect.Type) bool {
	if formOf(t) != plain {
		return false
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return t.Elem() != byteType
	case reflect.Map:
		return true
	}
	return false
}

// readField is a field of a message as a t.
func readField(m protoreflect.Message, fd protoreflect.FieldDescriptor, t reflect.Type, asJSON bool) (reflect.Value, error) {
	into := reflect.New(t).Elem()
	switch {
	case asJSON:
		if !m.Has(fd) {
			return into, nil
		}
		if err := json.Unmarshal(m.Get(fd).Bytes(), into.Addr().Interface()); err != nil {
			return into, errUnreadable
		}
		return into, nil
	case isRepeated(t) && t.Kind() == reflect.Map:
		return into, readMap(m, fd, into)
	case isRepeated(t):
		return into, readList(m.Get(fd).List(), fd, into)
	case !m.Has(fd):
		return into, nil
	case t.Kind() == reflect.Pointer && formOf(t) == plain:
		value, err := readEntry(fd, m.Get(fd), t.Elem())
		into.Set(reflect.New(t.Elem()))
		into.Elem().Set(value)
		return into, err
	}
	return readEntry(fd, m.Get(fd), t)
}

func readList(list protoreflect.List, fd protoreflect.FieldDescriptor, into reflect.Value) error {
	t := into.Type()
	if t.Kind() == reflect.Array {
		if list.Len() == 0 {
			return nil // a struct that leaves out zeros has none
		}
		if list.Len() != t.Len() {
			return errUnreadable
		}
	} else if list.Len() > 0 {
		into.Set(reflect.MakeSlice(t, list.Len(), list.Len()))
	}
	for i := range list.Len() {
		element, err := readEntry(fd, list.Get(i), t.Elem())
		if err != nil {
			return err
		}
		into.Index(i).Set(element)
	}
	return nil
}

func readMap(m protoreflect.Message, fd protoreflect.FieldDescriptor, into reflect.Value) (err error) {
	t := into.Type()
	if !m.Has(fd) {
		return nil
	}
	into.Set(reflect.MakeMap(t))
	if fd.IsMap() {
		m.Get(fd).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			var key, value reflect.Value
			if key, err = readEntry(fd.MapKey(), k.Value(), t.Key()); err != nil {
				return false
			}
			if value, err = readEntry(fd.MapValue(), v, t.Elem()); err != nil {
				return false
			}
			into.SetMapIndex(key, value)
			return true
		})
		return err
	}
	list := m.Get(fd).List()
	for i := range list.Len() {
		pair := list.Get(i).Message()
		key, err := readField(pair, pair.Descriptor().Fields().ByName("key"), t.Key(), false)
		if err != nil {
			return err
		}
		of := pair.Descriptor().Fields().ByName("value")
		var value reflect.Value
		if !pair.Has(of) {
			value = reflect.Zero(t.Elem())
		} else if t.Elem().Kind() == reflect.Pointer {
			value, err = readField(pair, of, t.Elem(), false)
		} else {
			value, err = readEntry(of, pair.Get(of), t.Elem())
		}
		if err != nil {
			return err
		}
		into.SetMapIndex(key, value)
	}
	return nil
}

// readEntry is one entry, which holds a list or map, or what may be nil, in a
// message of its own.
func readEntry(fd protoreflect.FieldDescriptor, v protoreflect.Value, t reflect.Type) (reflect.Value, error) {
	switch {
	case isRepeated(t):
		fd := v.Message().Descriptor().Fields().ByName("values")
		if t.Kind() == reflect.Array && !v.Message().Has(fd) {
			return reflect.Zero(t), errUnreadable
		}
		return readField(v.Message(), fd, t, false)
	case t.Kind() == reflect.Pointer && formOf(t) == plain:
		return readField(v.Message(), v.Message().Descriptor().Fields().ByName("value"), t, false)
	}
	into := reflect.New(t).Elem()
	return into, readSingle(v, into)
}

func readSingle(v protoreflect.Value, into reflect.Value) error {
	t := into.Type()
	switch formOf(t) {
	case timestamp:
		seconds, nanos := moment(v.Message())
		if nanos < 0 || nanos >= 1e9 {
			return errUnreadable
		}
		into.Set(reflect.ValueOf(time.Unix(seconds, nanos).UTC()).Convert(t))
		return nil
	case duration:
		seconds, nanos := moment(v.Message())
		if nanos <= -1e9 || nanos >= 1e9 || seconds > math.MaxInt64/int64(1e9) || seconds < -(math.MaxInt64/int64(1e9)) {
			return errUnreadable
		}
		d := seconds*1e9 + nanos
		if seconds > 0 && nanos > 0 && d < 0 || seconds < 0 && nanos < 0 && d > 0 {
			return errUnreadable
		}
		into.SetInt(d)
		return nil
	case binary:
		if into.SetZero(); len(v.Bytes()) == 0 {
			return nil // of all types
		}
		if into.Addr().Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(v.Bytes()) != nil {
			return errUnreadable
		}
		return nil
	case text:
		if into.SetZero(); v.String() == "" {
			return nil
		}
		if into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(v.String())) != nil {
			return errUnreadable
		}
		return nil
	}
	return readPlain(v, into)
}

func readPlain(v protoreflect.Value, into reflect.Value) error {
	fits := true
	switch into.Kind() {
	case reflect.Bool:
		into.SetBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		fits = !into.OverflowInt(v.Int())
		into.SetInt(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		fits = !into.OverflowUint(v.Uint())
		into.SetUint(v.Uint())
	case reflect.Float32, reflect.Float64:
		into.SetFloat(v.Float())
	case reflect.Complex64, reflect.Complex128:
		fields := v.Message().Descriptor().Fields()
		part := func(name protoreflect.Name) float64 { return v.Message().Get(fields.ByName(name)).Float() }
		into.SetComplex(complex(part("real"), part("imaginary")))
	case reflect.String:
		into.SetString(v.String())
	case reflect.Slice:
		into.SetBytes(append([]byte{}, v.Bytes()...))
	case reflect.Array:
		fits = len(v.Bytes()) == into.Len()
		reflect.Copy(into, reflect.ValueOf(v.Bytes()))
	case reflect.Struct:
		return readStruct(v.Message(), into)
	default:
		panic(fmt.Sprintf("no form for %s", into.Type()))
	}
	if !fits {
		return errUnreadable
	}
	return nil
}

func readStruct(m protoreflect.Message, into reflect.Value) error {
	for i := range into.NumField() {
		field := into.Type().Field(i)
		if field.Type == unknownType {
			into.Field(i).SetBytes(m.GetUnknown())
			continue
		}
		key, asJSON, kept := keyOf(field)
		if !kept {
			continue
		}
		fd := m.Descriptor().Fields().ByName(protoreflect.Name(key))
		if fd == nil {
			return fmt.Errorf("the .proto file has no field %s in %s", key, m.Descriptor().FullName())
		}
		value, err := readField(m, fd, field.Type, asJSON)
		if err != nil {
			return err
		}
		into.Field(i).Set(value)
	}
	return nil
}

// keyOf is the key of a struct's field: from its session tag, else its json tag,
// else its name in snake_case.
func keyOf(field reflect.StructField) (key string, asJSON, kept bool) {
	tag, found := field.Tag.Lookup("session")
	if !found {
		tag = field.Tag.Get("json")
	}
	key, options, _ := strings.Cut(tag, ",")
	if key == "-" || !field.IsExported() {
		return "", false, false
	}
	if key == "" {
		for i, r := range field.Name {
			if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(field.Name[i-1])) {
				key += "_"
			}
			key += string(unicode.ToLower(r))
		}
	}
	return key, found && options == "json", true
}

// moment is what a Timestamp or Duration holds.
func moment(m protoreflect.Message) (seconds, nanos int64) {
	fields := m.Descriptor().Fields()
	return m.Get(fields.ByName("seconds")).Int(), m.Get(fields.ByName("nanos")).Int()
}
