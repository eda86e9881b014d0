package protobuf_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// show is a value in words that are equal if the values are: every bit of a float
// counts except in a NaN, the order of a map does not, nor whether something
// empty is nil.
func show(v reflect.Value) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

func write(b *strings.Builder, v reflect.Value) {
	t := v.Type()
	switch formOf(t) {
	case timestamp:
		b.WriteString(v.Convert(timeType).Interface().(time.Time).Format(time.RFC3339Nano))
		return
	case binary:
		encoded, err := addressable(v).Interface().(encoding.BinaryMarshaler).MarshalBinary()
		fmt.Fprintf(b, "%q", encoded)
		writeError(b, err)
		return
	case text:
		encoded, err := addressable(v).Interface().(encoding.TextMarshaler).MarshalText()
		b.Write(encoded)
		writeError(b, err)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		b.WriteByte('&')
		write(b, v.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem() == byteType {
			for i := range v.Len() {
				fmt.Fprintf(b, "%02x", v.Index(i).Uint())
			}
			b.WriteByte('h')
			return
		}
		b.WriteByte('[')
		for i := range v.Len() {
			write(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Map:
		var pairs []string
		for key, value := range v.Seq2() {
			pairs = append(pairs, show(key)+":"+show(value))
		}
		slices.Sort(pairs)
		fmt.Fprintf(b, "map[%s]", strings.Join(pairs, " "))
	case reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			key, asJSON, kept := keyOf(t.Field(i))
			switch {
			case !kept:
			case asJSON:
				fmt.Fprintf(b, "%s:%s ", key, showJSON(v.Field(i)))
			default:
				b.WriteString(key + ":")
				write(b, v.Field(i))
				b.WriteByte(' ')
			}
		}
		b.WriteByte('}')
	case reflect.Float32, reflect.Float64:
		printFloat(b, v.Float())
	case reflect.Complex64, reflect.Complex128:
		printFloat(b, real(v.Complex()))
		b.WriteByte('+')
		printFloat(b, imag(v.Complex()))
		b.WriteByte('i')
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprintf(b, "%v", v.Interface())
	}
}

func writeError(b *strings.Builder, err error) {
	if err != nil {
		b.WriteString(err.Error())
	}
}

func printFloat(b *strings.Builder, f float64) {
	if math.IsNaN(f) {
		b.WriteString("NaN")
		return
	}
	fmt.Fprintf(b, "%x", f)
	if f == 0 && math.Signbit(f) {
		b.WriteString("-")
	}
}

func showJSON(v reflect.Value) string {
	encoded, err := json.Marshal(v.Interface())
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// addressable is a pointer to a copy of v, which has all methods.
func addressable(v reflect.Value) reflect.Value {
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	return pointer
}
