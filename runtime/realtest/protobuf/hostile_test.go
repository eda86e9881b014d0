package protobuf_test

import (
	"math"
	"math/rand/v2"
	"net/http"
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

const hostileSize = 4096

// A record of 4 KB in which lengths and depths are lies makes no field allocate
// more than 64 KB (CVE-2026-25899: elements were allocated as announced).
func TestCVE_2026_25899_LyingRecordAllocatesLittle(t *testing.T) {
	for i, field := range schemaFields() {
		described := everykind.Schema().Fields[i]
		allowed := 64 << 10
		if strings.Contains(field.Type.String(), "big.Int") {
			allowed += 64 << 10 // its UnmarshalText quotes what it refuses
		}
		for name, data := range lies(protowire.Number(described.Number)) {
			if got := allocated(t, described.Number, data, allowed); got > allowed {
				t.Errorf("%s, %s: %d bytes allocated for %d", field.Name, name, got, len(data))
			}
		}
	}
}

// lies are records that announce more than they hold.
func lies(number protowire.Number) map[string][]byte {
	announce := func(length uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), length)
	}
	pad := func(data []byte, with byte) []byte {
		return append(data, strings.Repeat(string([]byte{with}), hostileSize-len(data))...)
	}
	deep := []byte{}
	for len(deep) < hostileSize-16 {
		deep = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), deep)
	}
	return map[string][]byte{
		"a length of 2^62":      pad(announce(1<<62), 0x0a),
		"a length of 2 GB":      pad(announce(1<<31-1), 0),
		"a length one too long": pad(announce(hostileSize), 1),
		"lengths in lengths":    pad(announce(hostileSize-5), 0x7f),
		"a varint without end":  pad(protowire.AppendTag(nil, number, protowire.VarintType), 0xff),
		"groups":                pad(protowire.AppendTag(nil, number, protowire.StartGroupType), 0x0b),
		"wrappers in wrappers":  append(announce(uint64(len(deep))), deep...),
	}
}

// allocated is what decoding one field allocates. Other goroutines allocate, too,
// so that it is measured again if it is more than allowed.
func allocated(t testing.TB, number int32, data []byte, allowed int) int {
	t.Helper()
	text := string(data)
	least := math.MaxInt
	for attempt := 0; attempt < 3 && least > allowed; attempt++ {
		values := new(everykind.Values)
		codec := everykind.CodecOf(values)
		index := indexOf(t, number)
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		codec.Consume(index, wire.NewReader(text))
		goruntime.ReadMemStats(&after)
		least = min(least, int(after.TotalAlloc-before.TotalAlloc))
	}
	return least
}

func indexOf(t testing.TB, number int32) int {
	t.Helper()
	for i, field := range everykind.Schema().Fields {
		if field.Number == number {
			return i
		}
	}
	t.Fatalf("no field has the number %d", number)
	return 0
}

// Whatever a record holds, decoding allocates at most 16 times its size, and the
// elements that it holds.
func TestDenseRecordAllocatesItsElements(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	message := descriptor(t)
	worst := 0.0
	for _, field := range schemaFields() {
		if field.Name == "Anything" || field.Name == "AnythingByName" {
			continue // encoding/json's own business
		}
		key, _, _ := keyOf(field)
		fd := message.Fields().ByName(protoreflect.Name(key))
		for name, data := range dense(random, fd) {
			elements := held(fd, field.Type, data)
			allowed := 16*len(data) + elements + freeBytes
			got := allocated(t, int32(fd.Number()), data, allowed)
			if worst = max(worst, float64(got-elements)/float64(len(data))); got > allowed {
				t.Errorf("%s, %s: %d bytes allocated for %d that hold %d bytes of elements", key, name, got, len(data), elements)
			}
		}
	}
	t.Logf("at worst %.1f bytes for a byte, beside the elements", worst)
}

// ownMethods is what methods of a type, such as UnmarshalBinary of url.URL,
// allocate for themselves.
const ownMethods = 192

// freeBytes are for errors and readers, and the merging of lists that are short.
const freeBytes = 6 << 10

// dense are records of many elements that are as small as they can be, in the
// orders that are hardest to foresee.
func dense(random *rand.Rand, fd protoreflect.FieldDescriptor) map[string][]byte {
	number := fd.Number()
	empty := protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), nil)
	repeat := func(parts ...[]byte) []byte {
		var data []byte
		for len(data) < hostileSize {
			for _, part := range parts {
				data = append(data, part...)
			}
		}
		return data
	}
	ones := func(n int) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), []byte(strings.Repeat("\x01", n)))
	}
	records := map[string][]byte{
		"empty entries":      repeat(empty),
		"small varints":      repeat(protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), 1)),
		"one packed list":    ones(hostileSize),
		"packed, one by one": repeat(ones(1)),
		"packed, doubling":   append(ones(1), append(ones(hostileSize/4), ones(hostileSize/2+2)...)...),
	}
	if fd.Message() == nil || fd.IsMap() {
		return records
	}
	fields := fd.Message().Fields()
	every := scale(5, 1)
	for i := random.IntN(max(1, min(every, fields.Len()))); i < fields.Len(); i += every {
		inner := fields.Get(i)
		one := protowire.AppendBytes(protowire.AppendTag(nil, inner.Number(), protowire.BytesType), nil)
		other := fields.Get(random.IntN(fields.Len()))
		between := protowire.AppendBytes(protowire.AppendTag(nil, other.Number(), protowire.BytesType), nil)
		within := func(content []byte) []byte {
			return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
		}
		name := string(inner.Name())
		records["many "+name] = within(repeat(one))
		records["many "+name+" among others"] = within(repeat(one, between))
		records["one "+name+" in each of many"] = repeat(within(one))
		records["one "+name+", then many"] = append(within(one), within(repeat(one))...)
	}
	return records
}

// held is how much memory the elements in a message take: those of lists and
// maps, and what is behind pointers, each as often as it is there.
func held(fd protoreflect.FieldDescriptor, t reflect.Type, data []byte) int {
	size := 0
	for len(data) > 0 {
		number, wire, n := protowire.ConsumeField(data)
		if n < 0 {
			break
		}
		_, _, tag := protowire.ConsumeTag(data)
		value := data[tag:n]
		data = data[n:]
		if number != fd.Number() {
			continue
		}
		content, _ := protowire.ConsumeBytes(value)
		size += heldByEntry(fd, t, wire, content)
	}
	if size > 0 && formOf(t) == plain && t.Kind() == reflect.Map {
		size += 64 + 8*(int(t.Key().Size())+int(t.Elem().Size())+1) // the smallest that Go has
	}
	return size
}

func heldByEntry(fd protoreflect.FieldDescriptor, t reflect.Type, wire protowire.Type, content []byte) int {
	switch {
	case formOf(t) == text, formOf(t) == binary:
		return ownMethods + 16*len(content)
	case formOf(t) != plain, t.Kind() == reflect.String:
		return 0
	case t.Kind() == reflect.Pointer && isRepeated(t.Elem()):
		return roundUp(t.Elem()) + held(fd.Message().Fields().ByNumber(1), t.Elem(), content)
	case t.Kind() == reflect.Pointer:
		return roundUp(t.Elem()) + heldByEntry(fd, t.Elem(), wire, content)
	case t.Kind() == reflect.Map:
		key, value := fd.Message().Fields().ByNumber(1), fd.Message().Fields().ByNumber(2)
		// Go's maps have up to twice 8/7 places for each entry.
		slot := (int(t.Key().Size()) + int(t.Elem().Size()) + 1) * 16 / 7
		return slot + held(key, t.Key(), content) + heldElement(value, t.Elem(), content)
	case isRepeated(t) && wire == protowire.BytesType && wireOf(fd) != protowire.BytesType:
		return len(content) * int(t.Elem().Size()) // packed
	case isRepeated(t) && isRepeated(t.Elem()), isRepeated(t) && t.Elem().Kind() == reflect.Pointer:
		inner := fd.Message().Fields().ByNumber(1)
		return roundUp(t.Elem()) + held(inner, t.Elem(), content)
	case isRepeated(t):
		return roundUp(t.Elem()) + heldByEntry(fd, t.Elem(), wire, content)
	case t.Kind() == reflect.Struct:
		size := 0
		for i := range t.NumField() {
			if key, asJSON, kept := keyOf(t.Field(i)); kept && !asJSON {
				if inner := fd.Message().Fields().ByName(protoreflect.Name(key)); inner != nil {
					size += held(inner, t.Field(i).Type, content)
				}
			}
		}
		return size
	}
	return 0
}

// heldElement is held for the value of a map's entry, which has a message of its
// own if it is a list or map.
func heldElement(fd protoreflect.FieldDescriptor, t reflect.Type, entry []byte) int {
	if !isRepeated(t) {
		return held(fd, t, entry)
	}
	content, _ := protowire.ConsumeBytes(split(entry)[2])
	return held(fd.Message().Fields().ByNumber(1), t, content)
}

// roundUp is the size of a value that is allocated, in sizes that Go has.
func roundUp(t reflect.Type) int { return int(t.Size())*9/8 + 16 }

// Decoding takes time in proportion to the record, however lists are mixed.
func TestDecodingIsNotQuadratic(t *testing.T) {
	message := descriptor(t)
	for _, path := range [][2]protoreflect.Name{{"nested", "items"}, {"nested", "times"}, {"nested", "ints"}, {"nested", "matrix"}, {"tree", "children"}, {"around", "item"}} {
		outer := message.Fields().ByName(path[0])
		inner := outer.Message().Fields().ByName(path[1])
		one := protowire.AppendBytes(protowire.AppendTag(nil, inner.Number(), protowire.BytesType), nil)
		other := protowire.AppendBytes(protowire.AppendTag(nil, 200_001, protowire.BytesType), nil)
		within := func(content []byte) []byte {
			return protowire.AppendBytes(protowire.AppendTag(nil, outer.Number(), protowire.BytesType), content)
		}
		decode := func(data []byte) error {
			r := wire.NewReader(string(data))
			everykind.CodecOf(new(everykind.Values)).Consume(indexOf(t, int32(outer.Number())), r)
			return r.Err()
		}
		var few, many time.Duration
		duration := func(n int) time.Duration {
			mixed := within([]byte(strings.Repeat(string(one)+string(other), n)))
			split := []byte(strings.Repeat(string(within(one)), n))
			least := time.Hour
			for range 5 {
				start := time.Now()
				if err := decode(mixed); err != nil {
					t.Errorf("%s.%s among others: %v", path[0], path[1], err)
				}
				decode(split) // may be refused, but not slowly
				least = min(least, time.Since(start))
			}
			return least
		}
		// Twenty times as much, with room for other programs; quadratic would be 400, every time.
		slow := func() bool {
			few, many = duration(2_000), duration(40_000)
			return many > 120*few && many > 50*time.Millisecond
		}
		tries := 1
		for tries < 3 && slow() {
			tries++
		}
		if tries == 3 && slow() {
			t.Errorf("%s.%s: %v for 2,000 entries, %v for 40,000", path[0], path[1], few, many)
		}
	}
}

// Structs in each other are read to the limit and no deeper.
func TestDepthIsBounded(t *testing.T) {
	if wire.MaxDepth > 100 {
		t.Errorf("structs may be nested %d deep", wire.MaxDepth)
	}
	message := descriptor(t)
	tree := message.Fields().ByName("tree_ptr")
	left := tree.Message().Fields().ByName("left")
	value := tree.Message().Fields().ByName("value")
	for _, depth := range []int{1, 10, wire.MaxDepth, wire.MaxDepth + 1, 10_000} {
		data := protowire.AppendVarint(protowire.AppendTag(nil, value.Number(), protowire.VarintType), 2)
		for i := range depth {
			fd := left
			if i == depth-1 {
				fd = tree
			}
			data = protowire.AppendBytes(protowire.AppendTag(nil, fd.Number(), protowire.BytesType), data)
		}
		values := new(everykind.Values)
		r := wire.NewReader(string(data))
		everykind.CodecOf(values).Consume(indexOf(t, int32(tree.Number())), r)
		reached := 0
		for node := values.TreePtr; node != nil; node = node.Left {
			reached++
		}
		if (r.Err() == nil) != (depth <= wire.MaxDepth) || reached > wire.MaxDepth+1 {
			t.Errorf("%d levels: %d were read, error %v", depth, reached, r.Err())
		}
	}
}

// What is read is bounded, so what is longer must not be acknowledged: it would be gone
// at the next request.
func TestListTooLongToBeReadIsNotWritten(t *testing.T) {
	const longest = 1 << 20
	for length, kept := range map[int]bool{longest: true, longest + 1: false} {
		s := newSite(t)
		s.put(nil)
		recorder := s.serve(func(v *everykind.Kinds) { v.SetEmpties(make([]everykind.Empty, length)) })
		if written := recorder.Code == http.StatusOK; written != kept {
			t.Errorf("a list of %d: status %d", length, recorder.Code)
			continue
		}
		s.store.record.Idle, s.store.record.Life = time.Hour, time.Hour
		want := 0
		if kept {
			want = length
		}
		s.visit(t, func(v *everykind.Kinds) {
			if got := len(v.Empties()); got != want {
				t.Errorf("a list of %d is read as one of %d", length, got)
			}
		})
	}
}

// A whole record is bounded as its fields are, whatever is in it besides.
func TestRecordOfUnknownFieldsAllocatesLittle(t *testing.T) {
	for name, entry := range map[string]string{
		"of a later runtime": "\x68\x01",
		"of a later program": "\x80\x80\x04\x01",
	} {
		for _, mixed := range []bool{false, true} {
			data := strings.Repeat(entry, hostileSize/len(entry))
			if mixed {
				data += "\x68\x01" // belongs before the others
			}
			load := func(data string) uint64 {
				s := newSite(t)
				s.put([]byte(data))
				var before, after goruntime.MemStats
				goruntime.ReadMemStats(&before)
				s.visit(t, func(v *everykind.Kinds) { v.Bool() })
				goruntime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			load("")
			if got, without := load(data), load(""); got > without+16*hostileSize {
				t.Errorf("%s, mixed: %v: %d bytes allocated, %d without", name, mixed, got, without)
			}
		}
	}
}
