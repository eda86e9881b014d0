package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// fieldIn returns the entries of a field in a record.
func fieldIn(data, key string) (field string) {
	for entry := range wire.Entries(data) {
		if r := wire.NewReader(entry); r.Next() && r.Number() == wire.FieldNumber(key) {
			field += entry
		}
	}
	return field
}

// withField returns a record in which a field is written in another way.
func withField(data, key, field string) string {
	return strings.Replace(data, fieldIn(data, key), "", 1) + field
}

// itemOfANewerProgram is an item with a field that the shop does not know.
func itemOfANewerProgram(sku string) string {
	item := wire.AppendString(nil, wire.FieldNumber("sku"), sku)
	item = wire.AppendString(item, wire.FieldNumber("color"), "green")
	return string(append(wire.AppendMessage(nil, wire.FieldNumber("cart"), len(item)), item...))
}

// Elements that a request does not touch keep what a newer program has written into them.
func TestR10_UnknownFieldsOfElementsAreKept(t *testing.T) {
	mug := shop.Item{SKU: "mug"}
	for name, c := range map[string]struct {
		change func(v *shop.Visitor)
		want   string
		kept   bool
	}{
		"append":                  {func(v *shop.Visitor) { v.AppendCart(mug) }, "[{tea 0} {mug 0}]", true},
		"append twice":            {func(v *shop.Visitor) { v.AppendCart(mug); v.AppendCart(mug, mug) }, "[{tea 0} {mug 0} {mug 0} {mug 0}]", true},
		"read, then append":       {func(v *shop.Visitor) { v.Cart(); v.AppendCart(mug) }, "[{tea 0} {mug 0}]", true},
		"append, then ask":        {func(v *shop.Visitor) { v.AppendCart(mug); v.HasCart() }, "[{tea 0} {mug 0}]", true},
		"commit between":          {func(v *shop.Visitor) { v.AppendCart(mug); _ = v.Commit(context.Background()); v.AppendCart(mug) }, "[{tea 0} {mug 0} {mug 0}]", true},
		"change and change back":  {func(v *shop.Visitor) { v.Cart()[0].Count++; v.AppendCart(mug); v.Cart()[0].Count-- }, "[{tea 0} {mug 0}]", true},
		"change in place, append": {func(v *shop.Visitor) { v.Cart()[0].Count++; v.AppendCart(mug) }, "[{tea 1} {mug 0}]", false},
		"append, change in place": {func(v *shop.Visitor) { v.AppendCart(mug); v.Cart()[1].Count++ }, "[{tea 0} {mug 1}]", false},
		"update": {func(v *shop.Visitor) {
			v.AppendCart(mug)
			v.UpdateCart(func(cart []shop.Item) []shop.Item { return cart[:2:2] })
			v.AppendCart(mug)
		}, "[{tea 0} {mug 0} {mug 0}]", false},
	} {
		for _, asks := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, asks %v", name, asks), func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
				tea := itemOfANewerProgram("tea")
				s.Rewrite(b, func(data string) string { return data + tea })
				b.Visit(func(v *shop.Visitor) {
					if c.change(v); asks {
						testsite.Equal(t, fmt.Sprint(v.Cart()), c.want, "in the same request")
					}
				})
				testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart()) }), c.want, "in the next one")
				s.Rewrite(b, func(data string) string {
					testsite.Equal(t, strings.HasPrefix(fieldIn(data, "cart"), tea), c.kept, "the element has its bytes")
					return data
				})
			})
		}
	}
}

// An append that has met a conflict is made to what the faster request has written.
func TestR10_UnknownFieldsOfElementsAreKeptInAReplay(t *testing.T) {
	for _, reads := range []bool{false, true} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		s.Rewrite(b, func(data string) string { return data + itemOfANewerProgram("tea") })
		both := itemOfANewerProgram("tea") + itemOfANewerProgram("pot")
		b.Visit(func(v *shop.Visitor) {
			if reads {
				v.Cart()
			}
			v.AppendCart(shop.Item{SKU: "mug"})
			s.Rewrite(b, func(data string) string { return withField(data, "cart", both) })
		})
		testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart()) }), "[{tea 0} {pot 0} {mug 0}]", "cart")
		s.Rewrite(b, func(data string) string {
			testsite.Equal(t, strings.HasPrefix(fieldIn(data, "cart"), both), true, "the elements have their bytes")
			return data
		})
	}
}

// warehouse is a browser of a site with a field of every kind.
type warehouse struct {
	t       *testing.T
	store   *memstore.Store
	manager *everykind.KindsManager
	cookie  string
	id      runtime.ID
}

func newWarehouse(t *testing.T) *warehouse {
	h := &warehouse{t: t, store: memstore.New()}
	t.Cleanup(func() { h.store.Close() })
	var err error
	if h.manager, err = everykind.NewKindsManager(h.store, runtime.WithMaxSize(8<<20)); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *warehouse) visit(handle func(v *everykind.Kinds)) {
	h.t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "https://shop.example/", nil)
	r.Header.Set("Cookie", h.cookie)
	h.manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(everykind.KindsFrom(r.Context()))
		w.WriteHeader(http.StatusOK)
		h.id = everykind.KindsFrom(r.Context()).Info().ID
	})).ServeHTTP(w, r)
	testsite.Equal(h.t, w.Code, http.StatusOK, "status")
	for _, c := range w.Result().Cookies() {
		h.cookie = c.Name + "=" + c.Value
	}
}

// rewrite changes the record behind the session's back.
func (h *warehouse) rewrite(change func(data string) string) {
	h.t.Helper()
	rec, err := h.store.Load(h.t.Context(), h.id)
	if err == nil {
		old := rec.Rev
		rec.Rev[0]++
		rec.Data = change(rec.Data)
		err = h.store.Update(h.t.Context(), h.id, old, rec, runtime.TTL{Idle: rec.Idle})
	}
	testsite.Equal(h.t, err, nil, "error")
}

// field returns the entries of a field.
func (h *warehouse) field(key string) (field string) {
	h.t.Helper()
	h.rewrite(func(data string) string {
		field = fieldIn(data, key)
		return data
	})
	return field
}

// shelfEntry is an entry of label_map, which a newer program may have written.
func shelfEntry(label, sku string, unknown bool) string {
	item := wire.AppendString(nil, wire.FieldNumber("sku"), sku)
	if unknown {
		item = wire.AppendString(item, wire.FieldNumber("color"), "green")
	}
	entry := wire.AppendString(wire.AppendString(nil, 1, label), 2, item)
	return string(wire.AppendString(nil, wire.FieldNumber("label_map"), entry))
}

// Put replaces one entry of a map, however often the record has it, and Remove removes it. Others
// keep their bytes, and the entries stay in the order of their keys.
func TestR10_UnknownFieldsOfEntriesAreKept(t *testing.T) {
	b, d := shelfEntry("b", "tea", true), shelfEntry("d", "pot", true)
	c, cAgain := shelfEntry("c", "old", true), shelfEntry("c", "older", true)
	for name, change := range map[string]struct {
		do   func(v *everykind.Kinds)
		want string
	}{
		"put before all others": {func(v *everykind.Kinds) { v.PutLabelMap("a", everykind.Item{SKU: "new"}) }, shelfEntry("a", "new", false) + b + c + cAgain + d},
		"put behind all others": {func(v *everykind.Kinds) { v.PutLabelMap("e", everykind.Item{SKU: "new"}) }, b + c + cAgain + d + shelfEntry("e", "new", false)},
		"put in place of two":   {func(v *everykind.Kinds) { v.PutLabelMap("c", everykind.Item{SKU: "new"}) }, b + shelfEntry("c", "new", false) + d},
		"remove both":           {func(v *everykind.Kinds) { v.RemoveLabelMap("c") }, b + d},
		"remove what is put":    {func(v *everykind.Kinds) { v.PutLabelMap("x", everykind.Item{}); v.RemoveLabelMap("x") }, b + c + cAgain + d},
		"put what is removed": {func(v *everykind.Kinds) { v.RemoveLabelMap("c"); v.PutLabelMap("c", everykind.Item{SKU: "new"}) },
			b + shelfEntry("c", "new", false) + d},
		"remove all": {func(v *everykind.Kinds) {
			for label := range v.LabelMap() {
				v.RemoveLabelMap(label)
			}
			testsite.Equal(t, v.HasLabelMap(), false, "it is there")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newWarehouse(t)
			h.visit(func(v *everykind.Kinds) { v.SetInt(1) })
			h.rewrite(func(data string) string { return data + b + c + cAgain + d })
			h.visit(change.do)
			testsite.Equal(t, h.field("label_map"), change.want, "entries")
		})
	}
}

// Keys are in the order in which Set writes them.
func TestPutKeepsTheOrderOfKeys(t *testing.T) {
	h, whole := newWarehouse(t), newWarehouse(t)
	ints := map[int]int{-70000: 1, -3: 2, 0: 3, 2: 4, 300: 5}
	floats := map[float64]string{-2.5: "a", -0.5: "b", 0: "c", 1e9: "d"}
	whole.visit(func(v *everykind.Kinds) { v.SetIntMap(ints); v.SetFloatMap(floats) })
	for key, value := range ints {
		h.visit(func(v *everykind.Kinds) { v.PutIntMap(key, value) })
	}
	for key, value := range floats {
		h.visit(func(v *everykind.Kinds) { v.PutFloatMap(key, value) })
	}
	for _, key := range []string{"int_map", "float_map"} {
		testsite.Equal(t, h.field(key), whole.field(key), key)
	}
}

// A list of numbers stays a single entry.
func TestAppendKeepsNumbersPacked(t *testing.T) {
	h, whole := newWarehouse(t), newWarehouse(t)
	whole.visit(func(v *everykind.Kinds) { v.SetInts([]int{1, 300, -5, 7}); v.SetFloat32s([]float32{1, 2}) })
	h.visit(func(v *everykind.Kinds) { v.AppendInts(1); v.AppendFloat32s(1) })
	h.visit(func(v *everykind.Kinds) { v.AppendInts(300); v.AppendInts(-5) })
	h.visit(func(v *everykind.Kinds) { v.AppendInts(7); v.AppendFloat32s(2) })
	testsite.Equal(t, h.field("ints"), whole.field("ints"), "ints")
	testsite.Equal(t, h.field("float32s"), whole.field("float32s"), "float32s")
}

// What a request adds one by one costs in proportion, whether or not it has read the value.
func TestManyEditsOfARequestAreLinear(t *testing.T) {
	for name, run := range map[string]func(v *everykind.Kinds, n int){
		"append": func(v *everykind.Kinds, n int) {
			for i := range n {
				v.AppendItems(everykind.Item{Count: i})
			}
		},
		"read, then append": func(v *everykind.Kinds, n int) {
			v.Strings()
			for range n {
				v.AppendStrings("x")
			}
		},
		"put": func(v *everykind.Kinds, n int) {
			for i := range n {
				v.PutIntMap(i, i)
			}
		},
		"read, then put": func(v *everykind.Kinds, n int) {
			v.IntMap()
			for i := range n {
				v.PutIntMap(i, i)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			allocated := func(n int) float64 {
				h := newWarehouse(t)
				h.visit(func(v *everykind.Kinds) { run(v, 1) })
				return float64(testsite.AllocatedBytes(func() { h.visit(func(v *everykind.Kinds) { run(v, n) }) }))
			}
			few, many := allocated(2_000), allocated(16_000)
			if many > 16*few {
				t.Errorf("16,000 take %.0f times the memory of 2,000", many/few)
			}
		})
	}
}

// A slice that a getter has returned does not share the room behind it with the session.
func TestAppendDoesNotWriteBehindALentSlice(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) {
		for range 5 {
			v.AppendCart(shop.Item{SKU: "tea"})
		}
		v.Cart()
		v.AppendCart(shop.Item{SKU: "tea"}) // now there is room
		lent := v.Cart()
		mine := append(lent, shop.Item{SKU: "mine"})
		v.AppendCart(shop.Item{SKU: "theirs"})
		testsite.Equal(t, mine[6].SKU, "mine", "what the handler has appended itself")
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return v.Cart()[6].SKU }), "theirs", "what it has appended to the session")
}

// There is nothing to store where there was nothing to remove.
func TestRemoveBeginsNoSession(t *testing.T) {
	s := testsite.New(t)
	response := s.Browser().Visit(func(v *shop.Visitor) {
		v.PutPrefs("x", 1)
		v.RemovePrefs("x")
		v.RemovePrefs("y")
	})
	testsite.Equal(t, len(response.Cookies()), 0, "cookies")
	testsite.Equal(t, s.Store.Took(), "", "store calls")
}
