package protobuf_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"time"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// fill puts a random value into v, in which nothing is nested deeper than depth.
func fill(random *rand.Rand, v reflect.Value, depth int) {
	if random.IntN(6) == 0 {
		return // stays zero
	}
	if draw, found := makers[v.Type()]; found {
		v.Set(reflect.ValueOf(draw(random)))
		return
	}
	t := v.Type()
	if formOf(t) == timestamp {
		v.Set(reflect.ValueOf(randomTime(random)).Convert(t))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(random.Uint64()) >> (64 - v.Type().Bits() + random.IntN(v.Type().Bits())))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(random.Uint64() >> (64 - v.Type().Bits() + random.IntN(v.Type().Bits())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(randomFloat(random))
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(randomFloat(random), randomFloat(random)))
	case reflect.String:
		v.SetString(string(randomBytes(random)))
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(t.Elem()))
			fill(random, v.Elem(), depth-1)
		}
	case reflect.Slice:
		if t == unknownType {
			v.SetBytes(wire.AppendString(nil, 4242, "kept"))
		} else if t.Elem() == byteType {
			v.SetBytes(randomBytes(random))
		} else if depth > 0 {
			n := random.IntN(4)
			v.Set(reflect.MakeSlice(t, n, n))
			fillElements(random, v, depth)
		}
	case reflect.Array:
		fillElements(random, v, depth)
	case reflect.Map:
		if depth <= 0 {
			return
		}
		v.Set(reflect.MakeMap(t))
		for range random.IntN(4) {
			key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			fill(random, key, depth-1)
			fill(random, value, depth-1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := t.Field(i); field.IsExported() && field.Tag.Get("json") != "-" {
				fill(random, v.Field(i), depth-1)
			}
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{"json", 1.5, map[string]any{"a": true}}[random.IntN(3)]))
	default:
		panic("no random " + t.String())
	}
}

func fillElements(random *rand.Rand, v reflect.Value, depth int) {
	for i := range v.Len() {
		fill(random, v.Index(i), max(depth-1, 0))
	}
}

// makers draw values of types whose fields are not their own to choose.
var makers = map[reflect.Type]func(*rand.Rand) any{
	reflect.TypeFor[netip.Addr]():     func(random *rand.Rand) any { return randomAddress(random) },
	reflect.TypeFor[net.IP]():         func(random *rand.Rand) any { return net.IP(randomAddress(random).AsSlice()) },
	reflect.TypeFor[url.URL]():        func(random *rand.Rand) any { return randomURL(random) },
	reflect.TypeFor[big.Int]():        func(random *rand.Rand) any { return *randomBig(random) },
	reflect.TypeFor[map[string]any](): func(*rand.Rand) any { return map[string]any{"a": []any{1.5, "b", nil}} },
}

func randomAddress(random *rand.Rand) netip.Addr {
	b := [16]byte{0x20, 0x01}
	for i := 2; i < len(b); i++ {
		b[i] = byte(random.Uint32())
	}
	if random.IntN(2) == 0 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[12:]))
}

func randomURL(random *rand.Rand) url.URL {
	return url.URL{Scheme: "https", Host: "shop.example", Path: "/a b", RawQuery: "q=" + url.QueryEscape(string(randomBytes(random)))}
}

func randomBig(random *rand.Rand) *big.Int {
	n := new(big.Int).SetBytes(randomBytes(random))
	if random.IntN(2) == 0 {
		n.Neg(n)
	}
	return n
}

func randomTime(random *rand.Rand) time.Time {
	return time.Unix(int64(random.Uint64())>>(20+random.IntN(40)), random.Int64N(1e9)).UTC()
}

func randomFloat(random *rand.Rand) float64 {
	special := []float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat32, 1}
	if i := random.IntN(10); i < len(special) {
		return special[i]
	}
	return float64(float32(random.NormFloat64()))
}

// randomBytes are usually ASCII, sometimes UTF-8, and sometimes neither.
func randomBytes(random *rand.Rand) []byte {
	b := make([]byte, random.IntN(12))
	for i := range b {
		b[i] = 'a' + byte(random.IntN(26))
	}
	switch random.IntN(8) {
	case 0:
		return append(b, "é€\x00"...)
	case 1:
		return append(b, 0xff, 0xc0, 0x80)
	}
	return b
}
