// Package sample fills the schemas of the golden cases with values drawn at
// random, always the same ones, and compares what comes back.
package sample

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// Source draws values.
type Source struct{ *rand.Rand }

// NewSource returns a source whose values depend on nothing but seed.
func NewSource(seed uint64) Source { return Source{rand.New(rand.NewPCG(seed, 0))} }

// Fill draws the exported fields of the struct that v points to.
func (s Source) Fill(v any) {
	s.fields(reflect.ValueOf(v).Elem(), 0)
}

func (s Source) fields(v reflect.Value, depth int) {
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && !left(v.Type().Field(i)) {
			s.draw(v.Field(i), depth)
		}
	}
}

// left says whether a field is left out or no plain value.
func left(f reflect.StructField) bool {
	return f.Tag.Get("session") == "-" || f.Tag.Get("json") == "-" || f.Type.Name() == "Unknown"
}

// draw fills v; one in four is zero.
func (s Source) draw(v reflect.Value, depth int) {
	if s.IntN(4) == 0 {
		v.SetZero()
		return
	}
	if known, ok := s.known(v.Type()); ok {
		v.Set(reflect.ValueOf(known))
		return
	}
	few := s.IntN(4)
	if depth > 4 {
		few = 0
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(s.Uint64()) >> s.IntN(64) >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(s.Uint64() >> s.IntN(64) >> (64 - v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(s.float())
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(s.float(), s.float()))
	case reflect.String:
		v.SetString(strings.Repeat("ä", s.IntN(3)) + string(rune('a'+s.IntN(26))))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), few, few))
		for i := range few {
			s.draw(v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			s.draw(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range few {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			s.draw(key, depth+1)
			s.draw(value, depth+1)
			if key.Equal(key) { // NaN is no key
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Pointer:
		if depth > 6 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		s.draw(v.Elem(), depth+1)
	case reflect.Struct:
		s.fields(v, depth+1)
	case reflect.Interface:
		v.Set(reflect.ValueOf(s.decoded(depth)))
	default:
		panic("no values for " + v.Type().String())
	}
}

func (s Source) float() float64 {
	special := []float64{math.Copysign(0, -1), math.NaN(), math.Inf(1), 0.5}
	if i := s.IntN(8); i < len(special) {
		return special[i]
	}
	return float64(float32(s.NormFloat64())) // so that a float32 holds it
}

// known draws values of types that have methods of their own.
func (s Source) known(t reflect.Type) (any, bool) {
	switch reflect.New(t).Elem().Interface().(type) {
	case time.Time:
		return time.Unix(s.Int64N(1<<33)-1<<32, s.Int64N(1e9)).UTC(), true
	case netip.Addr:
		return s.addr(), true
	case netip.AddrPort:
		return netip.AddrPortFrom(s.addr(), uint16(s.IntN(1<<16))), true
	case netip.Prefix:
		return netip.PrefixFrom(s.addr(), s.IntN(32)), true
	case net.IP:
		return net.ParseIP(s.addr().String()), true
	case url.URL:
		site, err := url.Parse(fmt.Sprintf("https://user:word@host%d.example/path?q=%d#top", s.IntN(9), s.IntN(9)))
		if err != nil {
			panic(err)
		}
		return *site, true
	case big.Int:
		return *new(big.Int).Lsh(big.NewInt(s.Int64()-1<<62), uint(s.IntN(99))), true
	case json.RawMessage:
		return json.RawMessage(`{"n":` + fmt.Sprint(s.IntN(99)) + `}`), true
	case slog.Level:
		return slog.Level(s.IntN(99) - 50), true
	case map[string]any:
		return s.decoded(0), true
	}
	return nil, false
}

func (s Source) addr() netip.Addr {
	if s.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{10, 0, byte(s.IntN(256)), 1})
	}
	return netip.AddrFrom16([16]byte{0x20, 0x01, byte(s.IntN(256)), 15: 1})
}

// decoded is a value as encoding/json makes it.
func (s Source) decoded(depth int) any {
	object := map[string]any{"text": "a", "number": float64(s.IntN(99)), "none": nil, "list": []any{true, "b"}}
	if depth == 0 {
		object["inner"] = s.decoded(1)
	}
	return object
}

// Set gives the fields of a schema to the methods of a session type.
func Set(session, values any) {
	v, fields := reflect.ValueOf(session), reflect.ValueOf(values)
	for i := range fields.NumField() {
		if f := fields.Type().Field(i); f.IsExported() {
			v.MethodByName("Set" + f.Name).Call([]reflect.Value{fields.Field(i)})
		}
	}
}

// Clear clears all fields of a schema.
func Clear(session, values any) {
	v, fields := reflect.ValueOf(session), reflect.TypeOf(values)
	for f := range fields.Fields() {
		if f.IsExported() {
			v.MethodByName("Clear" + f.Name).Call(nil)
		}
	}
}

// Compare returns the names of the fields that a session type gives back as they
// are in values, and prints the others.
func Compare(session, values any) (same []string) {
	v, fields := reflect.ValueOf(session), reflect.ValueOf(values)
	for i := range fields.NumField() {
		f := fields.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		got, want := v.MethodByName(f.Name).Call(nil)[0], fields.Field(i)
		if !Same(got, want) {
			fmt.Printf("%s differs:\n  got  %s\n  want %s\n", f.Name, show(got), show(want))
			continue
		}
		same = append(same, f.Name)
	}
	return same
}

// CheckHas wants a session type to have what values are, and prints what is not so.
// Nobody says whether a zero was set, so those are not looked at.
func CheckHas(session, values any) {
	v, fields := reflect.ValueOf(session), reflect.ValueOf(values)
	for i := range fields.NumField() {
		f, want := fields.Type().Field(i), fields.Field(i)
		if !f.IsExported() || want.IsZero() && !collects(want) {
			continue
		}
		has := v.MethodByName("Has" + f.Name).Call(nil)[0].Bool()
		if has != (!collects(want) || want.Len() > 0) {
			fmt.Printf("Has%s: %v for %s\n", f.Name, has, show(want))
		}
	}
}

// collects says whether an empty value is as good as none: not of bytes, nor of
// what writes itself.
func collects(v reflect.Value) bool {
	if _, ok := v.Interface().(encoding.TextMarshaler); ok {
		return false
	}
	return v.Kind() == reflect.Map || v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8
}

func show(v reflect.Value) string {
	encoded, err := json.Marshal(v.Interface())
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(encoded)
}

// Same compares as values are kept: what is empty may be nil, -0 is not 0, and a
// pointer is nil or not.
func Same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch x := a.Interface().(type) {
	case time.Time:
		y := b.Interface().(time.Time)
		return x.Equal(y) && x.Location() == y.Location()
	case url.URL:
		y := b.Interface().(url.URL)
		return x.String() == y.String()
	case big.Int:
		y := b.Interface().(big.Int)
		return x.Cmp(&y) == 0
	case netip.Addr, netip.AddrPort, netip.Prefix:
		return a.Interface() == b.Interface()
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return sameFloat(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		return sameFloat(real(a.Complex()), real(b.Complex())) && sameFloat(imag(a.Complex()), imag(b.Complex()))
	case reflect.Slice, reflect.Array:
		return sameElements(a, b)
	case reflect.Map:
		return sameEntries(a, b)
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return Same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.IsExported() && !left(f) && !Same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

func sameFloat(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Float64bits(a) == math.Float64bits(b)
}

func sameElements(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !Same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

// sameEntries looks at all keys: not every key is found in its map.
func sameEntries(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for x := a.MapRange(); x.Next(); {
		found := false
		for y := b.MapRange(); y.Next(); {
			found = found || Same(x.Key(), y.Key()) && Same(x.Value(), y.Value())
		}
		if !found {
			return false
		}
	}
	return true
}
