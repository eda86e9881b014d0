package wire_test

import (
	"slices"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestRaw(t *testing.T) {
	data := wire.AppendUint(nil, 1, 300)
	data = wire.AppendFloat64(data, 16, 1)
	data = wire.AppendString(data, 254581, "text")
	data = wire.AppendFloat32(data, 2, 1)
	want := []wire.Raw{
		{Number: 1, Type: wire.TypeVarint, Value: 300, Size: 3},
		{Number: 16, Type: wire.TypeFixed64, Value: 0x3ff0000000000000, Size: 10},
		{Number: 254581, Type: wire.TypeBytes, Bytes: "text", Size: 8},
		{Number: 2, Type: wire.TypeFixed32, Value: 0x3f800000, Size: 5},
	}
	var got []wire.Raw
	r := wire.NewReader(string(data))
	for r.Next() {
		got = append(got, r.Raw())
	}
	if r.Err() != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, r.Err(), want)
	}
	for _, broken := range []string{"\x08", "\x08\x80", "\x09\x01\x02\x03\x04\x05\x06\x07", "\x0a\x02a", "\x0d\x01\x02\x03", "\x0b", "\x0f"} {
		r := wire.NewReader(broken)
		for r.Next() {
			r.Raw()
		}
		if r.Err() == nil {
			t.Errorf("%q is accepted", broken)
		}
	}
}

func TestUnpack(t *testing.T) {
	for _, c := range []struct {
		form   wire.Type
		packed string
		values []uint64
		sizes  []int
	}{
		{wire.TypeVarint, "", nil, nil},
		{wire.TypeVarint, "\x01\xac\x02\x00", []uint64{1, 300, 0}, []int{1, 2, 1}},
		{wire.TypeFixed32, "\x01\x00\x00\x00\x00\x00\x80\x3f", []uint64{1, 0x3f800000}, []int{4, 4}},
		{wire.TypeFixed64, "\x00\x00\x00\x00\x00\x00\xf0\x3f", []uint64{0x3ff0000000000000}, []int{8}},
	} {
		elements, err := wire.Unpack(c.form, c.packed)
		var values []uint64
		var sizes []int
		for _, e := range elements {
			values, sizes = append(values, e.Value), append(sizes, e.Size)
			equal(t, e.Type, c.form, "type")
		}
		if err != nil || !slices.Equal(values, c.values) || !slices.Equal(sizes, c.sizes) {
			t.Errorf("%v %q: got %d of %d bytes, %v", c.form, c.packed, values, sizes, err)
		}
	}
	for form, packed := range map[wire.Type]string{
		wire.TypeVarint: "\x01\x80", wire.TypeFixed32: "\x01\x00\x00\x00\x01", wire.TypeFixed64: "1234567", wire.TypeBytes: "\x05abc", 3: "\x01", 7: "\x01",
	} {
		if elements, err := wire.Unpack(form, packed); err == nil {
			t.Errorf("%v %q is unpacked as %v", form, packed, elements)
		}
	}
}

// A packed list is unpacked as the lists of generated code are read.
func FuzzUnpack(f *testing.F) {
	f.Add("\x01\xac\x02", uint8(wire.TypeVarint))
	f.Add("\x00\x00\x80\x3f", uint8(wire.TypeFixed32))
	f.Add("\x00", uint8(wire.TypeFixed64))
	f.Fuzz(func(t *testing.T, packed string, form uint8) {
		elements, err := wire.Unpack(wire.Type(form), packed)
		if len(elements) > len(packed) {
			t.Fatalf("%q has %d elements", packed, len(elements))
		}
		r := wire.NewReader(string(wire.AppendString(nil, 1, packed)))
		r.Next()
		read := 0
		switch wire.Type(form) {
		case wire.TypeVarint:
			read = len(wire.ReadUints(r, []uint64(nil)))
		case wire.TypeFixed32:
			read = len(wire.ReadFloat32s(r, []float32(nil)))
		case wire.TypeFixed64:
			read = len(wire.ReadFloat64s(r, []float64(nil)))
		default:
			return
		}
		if (err == nil) != (r.Err() == nil) || err == nil && read != len(elements) {
			t.Fatalf("%q: %d elements, %v; read as a list: %d, %v", packed, len(elements), err, read, r.Err())
		}
	})
}

func TestNamesOfTypes(t *testing.T) {
	for form, want := range map[wire.Type]string{
		wire.TypeVarint: "varint", wire.TypeFixed64: "i64", wire.TypeBytes: "len", wire.TypeFixed32: "i32", 3: "unknown",
	} {
		equal(t, form.String(), want, "name")
	}
}
