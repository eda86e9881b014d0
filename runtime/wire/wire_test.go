package wire_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// The bytes are those of the Protocol Buffers encoding guide, so that any
// language can read them.
func TestWireBytes(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"sint64 -1":        {string(wire.AppendInt(nil, 16, -1)), "\x80\x01\x01"},
		"sint64 min":       {string(wire.AppendInt(nil, 16, math.MinInt64)), "\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
		"uint64 150":       {string(wire.AppendUint(nil, 1, 150)), "\x08\x96\x01"},
		"bool":             {string(wire.AppendBool(nil, 1, true)), "\x08\x01"},
		"string":           {string(wire.AppendString(nil, 2, "testing")), "\x12\x07testing"},
		"float":            {string(wire.AppendFloat32(nil, 1, 1)), "\x0d\x00\x00\x80\x3f"},
		"double":           {string(wire.AppendFloat64(nil, 1, 1)), "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"},
		"three-byte tag":   {string(wire.AppendBool(nil, 254581, false)), "\xa8\xa7\x7c\x00"},
		"packed":           {string(wire.AppendInts(nil, 1, []int{-1, 1})), "\x0a\x02\x01\x02"},
		"empty list":       {string(wire.AppendInts(nil, 1, []int{})), ""},
		"Timestamp":        {string(wire.AppendTime(nil, 1, time.Unix(1, 2))), "\x0a\x04\x08\x01\x10\x02"},
		"Timestamp 1970":   {string(wire.AppendTime(nil, 1, time.Unix(0, 0))), "\x0a\x00"},
		"Duration":         {string(wire.AppendDuration(nil, 1, 1500*time.Millisecond)), "\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01"},
		"Duration below 0": {string(wire.AppendDuration(nil, 1, -1)), "\x0a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
	} {
		equal(t, c.got, c.want, name)
	}
}

// The length of a message is that of the contents that were appended, however long its own
// encoding is.
func TestMessagesAreClosed(t *testing.T) {
	for _, number := range []int32{1, 2048, 254581} {
		for _, size := range []int{0, 1, 127, 128, 16383, 16384, 1 << 21} {
			contents := strings.Repeat("x", size)
			b := wire.OpenMessage([]byte("before"), number)
			open := len(b)
			b = wire.CloseMessage(append(b, contents...), open)
			equal(t, string(b) == string(wire.AppendString([]byte("before"), number, contents)), true, fmt.Sprint("a message of ", size))
			b = wire.OpenMessage([]byte("before"), number)
			open = len(b)
			b = wire.CloseFilled(append(b, contents...), open, number)
			if size == 0 {
				equal(t, string(b), "before", "an empty message that is left out")
			} else {
				equal(t, string(b) == string(wire.AppendString([]byte("before"), number, contents)), true, fmt.Sprint("a field of ", size))
			}
		}
	}
}

// read decodes one field.
func read[T any](b []byte, value func(*wire.Reader) T) (T, error) {
	r := wire.NewReader(string(b))
	if !r.Next() {
		var zero T
		return zero, r.Err()
	}
	return value(r), r.Err()
}

func TestReading(t *testing.T) {
	same := func(name string, got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
	}
	for _, v := range []int64{0, 1, -1, 127, -128, math.MaxInt64, math.MinInt64} {
		got, err := read(wire.AppendInt(nil, 16, v), wire.ReadInt[int64])
		same("int64", got, err, v)
	}
	for _, v := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 1, time.UTC)} {
		got, err := read(wire.AppendTime(nil, 16, v), (*wire.Reader).Time)
		same("time", got, err, v)
	}
	for _, v := range []time.Duration{0, 1, -1, time.Second, -time.Second - 1, math.MaxInt64, math.MinInt64} {
		got, err := read(wire.AppendDuration(nil, 16, v), (*wire.Reader).Duration)
		same("duration", got, err, v)
	}
	for _, v := range []float64{0, -1.5, math.MaxFloat64, math.Inf(-1)} {
		got, err := read(wire.AppendFloat64(nil, 16, v), (*wire.Reader).Float64)
		same("float64", got, err, v)
		narrow, err := read(wire.AppendFloat32(nil, 16, float32(v)), (*wire.Reader).Float32)
		same("float32", narrow, err, float32(v))
	}
	for _, v := range []bool{true, false} {
		got, err := read(wire.AppendBool(nil, 16, v), (*wire.Reader).Bool)
		same("bool", got, err, v)
	}
	for _, v := range []string{"", "text", strings.Repeat("long", 100)} {
		got, err := read(wire.AppendString(nil, 16, v), (*wire.Reader).Bytes)
		same("bytes", got, err, []byte(v))
	}
	uints, err := read(wire.AppendUints(nil, 16, []uint64{0, math.MaxUint64}), func(r *wire.Reader) []uint64 { return wire.ReadUints(r, []uint64(nil)) })
	same("uints", uints, err, []uint64{0, math.MaxUint64})
	bools, err := read(wire.AppendBools(nil, 16, []bool{true, false}), func(r *wire.Reader) []bool { return wire.ReadBools(r, []bool(nil)) })
	same("bools", bools, err, []bool{true, false})
	ints, err := read(append(wire.AppendInts(nil, 16, []int16{1, -2}), wire.AppendInt(nil, 16, 3)...), func(r *wire.Reader) (v []int16) {
		v = wire.ReadInts(r, v)
		for r.Next() {
			v = wire.ReadInts(r, v) // a single one among packed ones is allowed
		}
		return v
	})
	same("ints", ints, err, []int16{1, -2, 3})
	floats, err := read(wire.AppendFloat64s(nil, 16, []float64{1, math.Inf(1)}), func(r *wire.Reader) []float64 { return wire.ReadFloat64s(r, []float64(nil)) })
	same("floats", floats, err, []float64{1, math.Inf(1)})
}

func TestReadingRefuses(t *testing.T) {
	text := func(r *wire.Reader) string { return r.String() }
	for name, c := range map[string]struct {
		bytes string
		read  func(b []byte) error
	}{
		"an int8 of 128":        {string(wire.AppendInt(nil, 16, 128)), readError(wire.ReadInt[int8])},
		"a uint8 of 256":        {string(wire.AppendUint(nil, 16, 256)), readError(wire.ReadUint[uint8])},
		"a string for an int":   {string(wire.AppendString(nil, 16, "1")), readError(wire.ReadInt[int])},
		"an int for a string":   {string(wire.AppendInt(nil, 16, 1)), readError(text)},
		"a string cut off":      {"\x82\x01\x05abc", readError(text)},
		"a length over 2^63":    {"\x82\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", readError(text)},
		"a varint too long":     {"\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", readError(wire.ReadInt[int64])},
		"a varint cut off":      {"\x80\x01\x80", readError(wire.ReadInt[int64])},
		"field number 0":        {"\x00\x00", readError(wire.ReadInt[int64])},
		"a string for a bool":   {string(wire.AppendString(nil, 16, "1")), readError((*wire.Reader).Bool)},
		"a double for a float":  {string(wire.AppendFloat64(nil, 16, 1)), readError((*wire.Reader).Float32)},
		"a float for a double":  {string(wire.AppendFloat32(nil, 16, 1)), readError((*wire.Reader).Float64)},
		"an int for bytes":      {string(wire.AppendInt(nil, 16, 1)), readError((*wire.Reader).Bytes)},
		"a string for a uint":   {string(wire.AppendString(nil, 16, "1")), readError(wire.ReadUint[uint])},
		"a group":               {"\x83\x01", readError(func(r *wire.Reader) int { r.Skip(); return 0 })},
		"a nanosecond too many": {"\x82\x01\x06\x10\x80\x94\xeb\xdc\x03", readError((*wire.Reader).Time)},
		"a duration too long":   {"\x82\x01\x06\x08\xff\xff\xff\xff\x7f", readError((*wire.Reader).Duration)},
		"floats cut off":        {"\x82\x01\x03abc", readError(func(r *wire.Reader) []float32 { return wire.ReadFloat32s(r, []float32(nil)) })},
	} {
		if c.read([]byte(c.bytes)) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func readError[T any](value func(*wire.Reader) T) func([]byte) error {
	return func(b []byte) error {
		_, err := read(b, value)
		return err
	}
}

func TestNestingIsBounded(t *testing.T) {
	nested := []byte{}
	for range 1000 {
		nested = wire.AppendString(nil, 1, nested)
	}
	r := wire.NewReader(string(nested))
	var descend func(depth int) int
	descend = func(depth int) int {
		deepest := depth
		for r.Next() {
			outer := r.Enter()
			deepest = max(deepest, descend(depth+1))
			r.Leave(outer)
		}
		return deepest
	}
	if depth := descend(0); depth > 70 || r.Err() == nil {
		t.Errorf("descended %d levels, error %v", depth, r.Err())
	}
}

func FuzzReader(f *testing.F) {
	f.Add("\x0a\x04\x08\x01\x10\x02")
	f.Add("\x82\x01\x05abcde\x80\x01\x01")
	f.Fuzz(func(t *testing.T, data string) {
		for _, consume := range []func(r *wire.Reader){
			(*wire.Reader).Skip,
			func(r *wire.Reader) { r.Count(); r.Skip() },
			func(r *wire.Reader) { wire.ReadInt[int8](r) },
			func(r *wire.Reader) { _ = r.String() },
			func(r *wire.Reader) { r.Time() },
			func(r *wire.Reader) { r.Duration() },
			func(r *wire.Reader) { wire.ReadUints(r, []uint8(nil)) },
			func(r *wire.Reader) { wire.ReadFloat32s(r, []float32(nil)) },
			func(r *wire.Reader) {
				outer := r.Enter()
				for r.Next() {
					r.Skip()
				}
				r.Leave(outer)
			},
		} {
			r := wire.NewReader(data)
			steps := 0
			for r.Next() {
				consume(r)
				if steps++; steps > len(data) {
					t.Fatalf("%q: no end", data)
				}
			}
		}
	})
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
