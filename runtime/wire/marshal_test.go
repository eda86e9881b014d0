package wire_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// first is a reader at the first entry of b.
func first(t testing.TB, b []byte) *wire.Reader {
	t.Helper()
	r := wire.NewReader(string(b))
	if !r.Next() {
		t.Fatalf("%q has no entry: %v", b, r.Err())
	}
	return r
}

func TestValuesThatEncodeThemselves(t *testing.T) {
	address, number := netip.MustParseAddr("192.0.2.1"), big.NewInt(-300)
	list := []string{"a", "b"}

	b := wire.AppendBinary(nil, 16, &address)
	equal(t, string(b), "\x82\x01\x04\xc0\x00\x02\x01", "binary")
	var gotAddress netip.Addr
	wire.ReadBinary(first(t, b), &gotAddress)
	equal(t, gotAddress, address, "binary")

	b = wire.AppendText(nil, 16, number)
	equal(t, string(b), "\x82\x01\x04-300", "text")
	var gotNumber big.Int
	wire.ReadText(first(t, b), &gotNumber)
	equal(t, gotNumber.String(), "-300", "text")

	b = wire.AppendJSON(nil, 16, &list)
	equal(t, string(b), "\x82\x01\x09[\"a\",\"b\"]", "JSON")
	gotMap := map[string]int{"old": 1}
	r := first(t, wire.AppendString(nil, 16, `{"new":2}`))
	wire.ReadJSON(r, &gotMap)
	equal(t, fmt.Sprint(gotMap, r.Err()), "map[new:2] <nil>", "JSON in place of what was there")
}

// The error says which type refused the bytes, and shows none of them.
func TestValuesThatRefuseBytes(t *testing.T) {
	for name, read := range map[string]func(r *wire.Reader){
		"UnmarshalBinary of netip.Addr": func(r *wire.Reader) { wire.ReadBinary(r, new(netip.Addr)) },
		"UnmarshalText of big.Int":      func(r *wire.Reader) { wire.ReadText(r, new(big.Int)) },
		"into int":                      func(r *wire.Reader) { wire.ReadJSON(r, new(int)) },
	} {
		r := first(t, wire.AppendString(nil, 16, "hunter2"))
		read(r)
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", name, err)
		}
		r = first(t, wire.AppendInt(nil, 16, 1))
		if read(r); r.Err() == nil {
			t.Errorf("%s: an integer is accepted", name)
		}
	}
}

var errRefuses = errors.New("the type refuses")

type refuses int

func (refuses) MarshalBinary() ([]byte, error) { return nil, errRefuses }
func (refuses) MarshalText() ([]byte, error)   { return nil, errRefuses }
func (refuses) UnmarshalBinary([]byte) error   { return errRefuses }
func (refuses) UnmarshalText([]byte) error     { return errRefuses }

func TestValuesThatCannotBeWritten(t *testing.T) {
	endless, refused := math.Inf(1), refuses(1)
	for name, write := range map[string]func(){
		"MarshalBinary of wire_test.refuses": func() { wire.AppendBinary(nil, 16, &refused) },
		"MarshalText of wire_test.refuses":   func() { wire.AppendText(nil, 16, &refused) },
		"float64 as JSON":                    func() { wire.AppendJSON(nil, 16, &endless) },
		"nested deeper":                      func() { wire.CheckDepth(wire.MaxDepth + 1) },
	} {
		err := func() (err error) {
			defer wire.RecoverEncoding(&err)
			write()
			return nil
		}()
		if !errors.Is(err, wire.ErrEncoding) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wire.CheckDepth(wire.MaxDepth)
	defer func() { equal(t, recover(), any("another panic"), "panic") }()
	var err error
	defer wire.RecoverEncoding(&err)
	panic("another panic")
}

func TestComplexNumbers(t *testing.T) {
	for _, v := range []complex128{0, 1, 2i, complex(-1.5, math.Inf(1)), complex(math.Copysign(0, -1), 0)} {
		b := wire.AppendComplex(nil, 16, v)
		r := first(t, b)
		equal(t, fmt.Sprint(r.Complex(), r.Err()), fmt.Sprint(v, nil), "complex number")
	}
	r := first(t, wire.AppendString(nil, 16, "\x19\x00\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x00\x00\x00\xf0\x3f"))
	equal(t, r.Complex(), 1i, "a complex number with a field that is not known")
}

func TestZeros(t *testing.T) {
	negative := math.Copysign(0, -1)
	equal(t, wire.IsZeroFloat(0.0), true, "0")
	equal(t, wire.IsZeroFloat(negative), false, "-0")
	equal(t, wire.IsZeroFloat(float32(negative)), false, "-0 of 32 bits")
	equal(t, wire.AreZeroFloats([]float64{0, 0}), true, "zeros")
	equal(t, wire.AreZeroFloats([]float64{0, negative}), false, "0 and -0")
	equal(t, wire.IsZeroComplex(0i), true, "0i")
	equal(t, wire.IsZeroComplex(complex(0, negative)), false, "-0i")
	equal(t, wire.IsZeroComplex(complex(negative, 0)), false, "-0+0i")
}

func TestArrays(t *testing.T) {
	r := first(t, wire.AppendString(nil, 16, "abc"))
	room := [3]byte{}
	wire.ReadArray(r, room[:])
	equal(t, string(room[:]), "abc", "array")
	equal(t, r.Err(), nil, "error")
	for _, other := range []string{"ab", "abcd", ""} {
		r := first(t, wire.AppendString(nil, 16, other))
		if wire.ReadArray(r, room[:]); r.Err() == nil || string(room[:]) != "abc" {
			t.Errorf("%q is accepted as %q", other, room)
		}
	}
}

func TestKeep(t *testing.T) {
	data := wire.AppendString(wire.AppendUint(nil, 1, 300), 200_000, "of another program")
	r := wire.NewReader(string(data) + "\x0a\x05")
	var unknown wire.Unknown
	for r.Next() {
		unknown = r.Keep(unknown)
	}
	if string(unknown) != string(data) || r.Err() == nil {
		t.Errorf("kept %q, %v", unknown, r.Err())
	}
}

// Pass goes over entries as Next and Skip do, whatever they look like.
func TestPass(t *testing.T) {
	long := strings.Repeat("x", 200)
	data := wire.AppendUint(nil, 1, 1)
	data = wire.AppendUint(data, 1, 300)
	data = wire.AppendString(data, 2, long)
	data = wire.AppendString(data, 254581, "short")
	data = wire.AppendString(data, 254581, long)
	data = wire.AppendBool(data, 254581, true)
	data = wire.AppendFloat32(data, 16, 1)
	data = wire.AppendFloat64(data, 17, 1)
	data = wire.AppendString(data, 18, "")
	passing, walking := wire.NewReader(string(data)), wire.NewReader(string(data))
	for walking.Next() {
		walking.Skip()
		equal(t, passing.More(), true, "more")
		equal(t, passing.Pass(), walking.Number(), "number")
		start, end := passing.Span()
		wantStart, wantEnd := walking.Span()
		equal(t, [2]int{start, end}, [2]int{wantStart, wantEnd}, "span")
		equal(t, passing.Since(start), string(data[start:end]), "entry")
		equal(t, passing.Rest(), string(data[end:]), "rest")
		passing.Again()
		passing.Skip()
		_, again := passing.Span()
		equal(t, again, end, "end of an entry that is read after it was passed")
	}
	equal(t, passing.More(), false, "more at the end")
	for _, broken := range []string{"\x0a", "\x08", "\x0a\x02a", "\x0b\x00", "\x00\x00", "\x80\x80\x80"} {
		r := wire.NewReader(broken)
		if number := r.Pass(); number != 0 || r.Err() == nil {
			t.Errorf("%q: passed %d, %v", broken, number, r.Err())
		}
	}
}

func TestMapsAreInTheOrderOfTheirKeys(t *testing.T) {
	equal(t, fmt.Sprint(wire.SortedKeys(map[string]int{"b": 1, "a": 2, "": 3})), "[ a b]", "keys")
	equal(t, fmt.Sprint(wire.SortedBools(map[bool]int{true: 1, false: 2})), "[false true]", "bools")
	equal(t, fmt.Sprint(wire.SortedBools(map[bool]int{true: 1})), "[true]", "bools")
	floats := wire.SortedFloats(map[float64]int{1: 1, math.Inf(-1): 2, -2: 4})
	equal(t, fmt.Sprint(floats), "[-Inf -2 1]", "floats")
	long := strings.Repeat("l", 300)
	keys := wire.SortedByWire(map[string]int{"b": 1, long: 2, "a": 3, "": 4}, appendKey)
	equal(t, slices.Equal(keys, []string{"", "a", "b", long}), true, fmt.Sprint(keys))
}

func appendKey(b []byte, key *string) []byte { return wire.AppendString(b, 1, *key) }

// folded is a type of which several values have the same text.
type folded string

func (v *folded) MarshalText() ([]byte, error) { return []byte(strings.ToLower(string(*v))), nil }

func (v *folded) UnmarshalText(text []byte) error { *v = folded(text); return nil }

// Of two keys with the same bytes one would be lost, and of NaN each look-up.
func TestKeysThatWouldBeLostAreNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		write func()
		want  string
	}{
		"NaN": {func() { wire.SortedFloats(map[float64]int{math.NaN(): 1, math.Inf(-1): 2}) }, "not a number"},
		"a part that is NaN": {func() {
			wire.SortedByWire(map[[2]float64]int{{1, math.NaN()}: 1}, func(b []byte, key *[2]float64) []byte { return wire.AppendFloat64s(b, 1, key[:]) })
		}, "not a number"},
		"two keys with the same text": {func() {
			wire.SortedByWire(map[folded]int{"a": 1, "b": 2, "A": 3}, func(b []byte, key *folded) []byte { return wire.AppendText(b, 1, key) })
		}, "written alike"},
	} {
		if err := written(c.write); !errors.Is(err, wire.ErrEncoding) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysThatWereReadAreNumbers(t *testing.T) {
	r := wire.NewReader("")
	wire.CheckKey(r, [2]float64{1, 2})
	equal(t, r.Err(), nil, "numbers")
	if wire.CheckKey(r, [2]float64{1, math.NaN()}); r.Err() == nil {
		t.Error("a key with NaN in it is accepted")
	}
}

// written is the error of writing.
func written(write func()) (err error) {
	defer wire.RecoverEncoding(&err)
	write()
	return nil
}

// civil is a date that does not read its own zero value, as civil.Date does not.
type civil struct{ year, month int }

func (v civil) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%04d-%02d", v.year, v.month), nil
}

func (v *civil) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "%d-%d", &v.year, &v.month)
	if err == nil && v.month == 0 {
		err = errRefuses
	}
	return err
}

// tags is a set. An empty one is not zero, and as good as one.
type tags map[string]bool

func (v tags) MarshalText() ([]byte, error) {
	return []byte(strings.Join(wire.SortedKeys(v), " ")), nil
}

func (v *tags) UnmarshalText(text []byte) error {
	if *v == nil {
		*v = tags{}
	}
	for tag := range strings.FieldsSeq(string(text)) {
		(*v)[tag] = true
	}
	return nil
}

// mute is a type of which a value that is not zero has no text, and zero has one.
type mute int

func (v mute) MarshalText() ([]byte, error) {
	if v == 0 {
		return []byte("none"), nil
	}
	return nil, nil
}

func (*mute) UnmarshalText([]byte) error { return errRefuses }

// A zero value is written as nothing and read as zero, whatever its methods make of it.
func TestZerosOfTypesThatEncodeThemselves(t *testing.T) {
	b := wire.AppendText(nil, 16, new(civil))
	equal(t, string(b), "\x82\x01\x00", "zero")
	got := civil{2026, 5}
	r := first(t, b)
	wire.ReadText(r, &got)
	equal(t, got, civil{}, "zero in place of what was there")
	equal(t, r.Err(), nil, "error")

	empty := tags{}
	equal(t, string(wire.AppendText(nil, 16, &empty)), "\x82\x01\x00", "an empty set")
	read := tags{"old": true}
	wire.ReadText(first(t, wire.AppendString(nil, 16, "new")), &read)
	equal(t, fmt.Sprint(read), "map[new:true]", "a set in place of what was there")

	unequal := mute(1)
	if err := written(func() { wire.AppendText(nil, 16, &unequal) }); !errors.Is(err, wire.ErrEncoding) || !strings.Contains(err.Error(), "read back as zero") {
		t.Errorf("a value without text: %v", err)
	}
}

// A list is allocated for once, at the number of elements that the message has.
func TestListsAreAllocatedForOnce(t *testing.T) {
	var data []byte
	for i := range 100 {
		data = wire.AppendUint(wire.AppendUint(data, 16, uint64(i)), 17, 0)
	}
	r := wire.NewReader(string(data))
	var list []uint64
	for r.Next() {
		if r.Number() == 17 {
			r.Skip()
			continue
		}
		list = append(wire.Grow(r, list), wire.ReadUint[uint64](r))
		equal(t, cap(list), 100, "capacity")
	}
	equal(t, len(list), 100, "elements")
	equal(t, r.Err(), nil, "error")

	// Entries that are merged into another list cost time in proportion to their bytes.
	r = first(t, wire.AppendBool(nil, 16, true))
	list = make([]uint64, 1<<20)
	if wire.Grow(r, list); r.Err() == nil {
		t.Error("a list of 8 MiB was copied for an entry of three bytes")
	}
}

// round is a type whose text has no decimals, with a method Equal or Cmp.
type (
	round    float64
	rounding struct{ round }
)

func (v round) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%.0f", float64(v)), nil }
func (v *round) UnmarshalText(b []byte) error {
	_, err := fmt.Sscan(string(b), (*float64)(v))
	return err
}
func (v round) Equal(other round) bool             { return v == other }
func (v *rounding) Cmp(other *rounding) int        { return int(v.round*10 - other.round*10) }
func (v rounding) MarshalBinary() ([]byte, error)  { return v.MarshalText() }
func (v *rounding) UnmarshalBinary(b []byte) error { return v.UnmarshalText(b) }

// A type that can be compared is compared with what its text becomes.
func TestValuesThatComeBackAsOthersAreNotWritten(t *testing.T) {
	whole, half, nan := round(2), round(2.5), round(math.NaN())
	ten, rough := rounding{10}, rounding{10.5}
	third := new(big.Float).SetPrec(400).Quo(big.NewFloat(1), big.NewFloat(3))
	host := &url.URL{Path: "//evil/x"}
	for name, c := range map[string]struct {
		write func()
		want  string
	}{
		"by Equal":           {func() { wire.AppendText(nil, 16, &half) }, "MarshalText of wire_test.round"},
		"by Cmp":             {func() { wire.AppendBinary(nil, 16, &rough) }, "MarshalBinary of wire_test.rounding"},
		"a number of Go's":   {func() { wire.AppendText(nil, 16, third) }, "MarshalText of big.Float"},
		"a path like a host": {func() { wire.AppendBinary(nil, 16, host) }, "MarshalBinary of url.URL"},
		"equal":              {func() { wire.AppendText(nil, 16, &whole) }, ""},
		"the same":           {func() { wire.AppendBinary(nil, 16, &ten) }, ""},
		"equal to nothing":   {func() { wire.AppendText(nil, 16, &nan) }, ""},
		"an address": {func() {
			wire.AppendBinary(nil, 16, &url.URL{Host: "a", User: url.UserPassword("b", ""), RawQuery: "%"})
		}, ""},
	} {
		err := written(c.write)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want+": what it returns is read back as another value") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGob(t *testing.T) {
	third := new(big.Float).SetPrec(400).SetMode(big.ToZero).Quo(big.NewFloat(1), big.NewFloat(3))
	var got big.Float
	r := first(t, wire.AppendGob(nil, 16, third))
	wire.ReadGob(r, &got)
	equal(t, fmt.Sprint(got.Cmp(third), got.Prec(), got.Mode(), r.Err()), "0 400 ToZero <nil>", "gob")
	r = first(t, wire.AppendString(nil, 16, "hunter2"))
	wire.ReadGob(r, &got)
	equal(t, fmt.Sprint(r.Err()), "GobDecode of big.Float refuses it", "what is no gob")
}

// letter is a message of another library, as far as these functions are concerned.
type letter struct{ text string }

func TestMessagesOfALibrary(t *testing.T) {
	marshal := func(b []byte, m *letter) ([]byte, error) {
		if m.text == "refused" {
			return nil, errRefuses
		}
		return append(b, m.text...), nil
	}
	unmarshal := func(b []byte, m *letter) error {
		if string(b) == "refused" {
			return errRefuses
		}
		m.text = string(b)
		return nil
	}
	for _, text := range []string{"", "short", strings.Repeat("long", 100)} {
		got := letter{"old"}
		r := first(t, wire.AppendProto(nil, 16, &letter{text}, marshal))
		wire.ReadProto(r, &got, unmarshal)
		equal(t, fmt.Sprintln(got.text, r.Err()), text+" <nil>\n", "message")
		equal(t, r.More(), false, "more behind the message")
	}
	if err := written(func() { wire.AppendProto(nil, 16, &letter{"refused"}, marshal) }); !errors.Is(err, errRefuses) || !errors.Is(err, wire.ErrEncoding) {
		t.Error("a message that cannot be written:", err)
	}
	r := first(t, wire.AppendString(nil, 16, "refused"))
	wire.ReadProto(r, new(letter), unmarshal)
	equal(t, fmt.Sprint(r.Err()), "it is no message of type *wire_test.letter", "error")
}

type parcel struct {
	Name  string
	Count int64    `json:",string"`
	Ratio *float32 `json:",omitempty"`
	When  time.Time
	Left  string `json:"-"`
	inner
}

type inner struct{ Tags map[int][]string }

// JSON is written if the same value would be read back; lossy JSON in any case.
func TestJSONIsComparedWithWhatItBecomes(t *testing.T) {
	ratio, nothing := float32(0.1), (*int)(nil)
	for _, c := range []struct {
		value any
		want  string
	}{
		{parcel{"a", 1<<63 - 1, &ratio, time.Now(), "left", inner{map[int][]string{-1: {"a", ""}, 2: nil, 3: {}}}}, ""},
		{[]any{nil, true, "a", 1.5, []any{}, map[string]any{"a": map[string]any(nil)}}, `the value[5]["a"] is read back as nil`},
		{map[string]any{"a": []any{1.5, "b", nil}}, ""},
		{map[string]any{"a": []any{1.5, 2}}, `the value["a"][1] is of type int, and read back as a float64`},
		{parcel{Name: "\xff"}, "the value.Name is read back as another value"},
		{parcel{inner: inner{map[int][]string{1: {"\xff"}}}}, `the value.inner.Tags["1"][0] is read back as another value`},
		{map[string]int{"\xff": 1}, `the value["\xff"] is read back under another key`},
		{map[string]int{"\xff": 1, "\xfe": 2}, "the value is read back with another number of entries"},
		{&nothing, "the value is read back as nil"},
		{[]round{1, 2.5}, "the value[1] is read back as another value"},
		{struct{ N *big.Float }{big.NewFloat(0.5)}, ""},
		{struct{ N *big.Float }{new(big.Float).SetPrec(99).Quo(big.NewFloat(1), big.NewFloat(3))}, "the value.N is read back as another value"},
	} {
		err := written(func() { appendJSONOf(c.value) })
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v: %v", c.value, err)
		}
	}
	value := map[string]any{"a": 1}
	equal(t, string(wire.AppendLossyJSON(nil, 16, &value)), "\x82\x01\x07{\"a\":1}", "lossy JSON")
}

// appendJSONOf calls AppendJSON for the type of what is in v.
func appendJSONOf(v any) {
	switch v := v.(type) {
	case parcel:
		wire.AppendJSON(nil, 16, &v)
	case []any:
		wire.AppendJSON(nil, 16, &v)
	case map[string]any:
		wire.AppendJSON(nil, 16, &v)
	case map[string]int:
		wire.AppendJSON(nil, 16, &v)
	case **int:
		wire.AppendJSON(nil, 16, &v)
	case []round:
		wire.AppendJSON(nil, 16, &v)
	case struct{ N *big.Float }:
		wire.AppendJSON(nil, 16, &v)
	default:
		panic("no case")
	}
}
