package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func main() {
	store := memstore.New()
	manager := browser.Must(NewAllManager(store))
	var b browser.Browser
	visit := func(handle func(v *All)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(AllFrom(r.Context())) })
	}
	for _, values := range []all{full, {}, extreme} {
		visit(func(v *All) { set(v, values) })
		visit(func(v *All) { show(v, values) })
	}
	visit(clear)
	visit(func(v *All) { show(v, all{}) })

	visit(func(v *All) { v.SetParcel(Parcel{Text: "kept", secret: "left out"}) })
	visit(func(v *All) { fmt.Println(v.Parcel()) })

	// What is changed in place is saved, also inside a struct.
	visit(func(v *All) { v.SetEnvelope(letter); v.SetByText(map[string]bool{"a": true}) })
	visit(func(v *All) { v.Envelope().Names[1] = "in place"; v.ByText()["b"] = true })
	visit(func(v *All) { fmt.Println(v.Envelope().Names, v.ByText()) })

	// Reading does not set.
	visit(clear)
	visit(func(v *All) { fmt.Println(v.Envelope().Names, v.HasEnvelope(), v.ByText(), v.HasByText()) })

	// An empty slice or map is none; an empty []byte is one.
	visit(func(v *All) {
		v.SetInts([]int{})
		v.PutByText("a", true)
		v.RemoveByText("a")
		v.SetData([]byte{})
		fmt.Println(v.HasInts(), v.HasByText(), v.HasData())
		v.SetData(nil)
		fmt.Println(v.HasData())
	})

	// What another program may write: lists that are not packed or in pieces, map
	// entries without a key or value or twice, fields in pieces and unknown ones.
	var id runtime.ID
	visit(func(v *All) { v.SetInt(1); id = v.Info().ID })
	visit(func(v *All) { id = v.Info().ID })
	ctx := context.Background()
	rec := browser.Must(store.Load(ctx, id))
	old := rec.Rev
	rec.Rev[0]++
	rec.Data += foreign()
	if err := store.Update(ctx, id, old, rec, runtime.TTL{Idle: rec.Idle}); err != nil {
		fmt.Println(err)
	}
	visit(func(v *All) {
		fmt.Println(v.Int(), v.Ints(), v.Flags(), v.ByText(), v.ByInt(), v.Texts(), v.Parcel(), v.Envelope().Labels)
	})
}

// foreign is a record's fields as another program may write them.
func foreign() string {
	var b []byte
	number := wire.FieldNumber
	entry := func(key string, parts ...[]byte) {
		content := slices.Concat(parts...)
		b = append(wire.AppendMessage(b, number(key), len(content)), content...)
	}
	b = wire.AppendInts(b, number("ints"), []int{1, 2})
	b = wire.AppendInt(b, number("ints"), 3)
	b = wire.AppendBool(b, number("flags"), true)
	b = wire.AppendBools(b, number("flags"), []bool{false, true})
	b = wire.AppendInts(b, number("ints"), []int{4})
	entry("by_text", wire.AppendString(nil, 1, "no value"))
	entry("by_text", wire.AppendBool(nil, 2, true))
	entry("by_int")
	entry("by_int", wire.AppendInt(nil, 1, 5), wire.AppendDuration(nil, 2, time.Second))
	entry("by_int", wire.AppendDuration(nil, 2, time.Minute), wire.AppendInt(nil, 1, 5), wire.AppendString(nil, 3, "unknown"))
	b = wire.AppendString(b, number("texts"), "x")
	entry("parcel", wire.AppendString(nil, number("text"), "first"), wire.AppendInt(nil, number("int"), 9))
	entry("parcel", wire.AppendString(nil, number("text"), "second"), wire.AppendString(nil, number("unknown"), ""))
	b = wire.AppendString(b, number("texts"), "y")
	label := wire.AppendString(nil, 2, "unnamed")
	entry("envelope", append(wire.AppendMessage(nil, number("labels"), len(label)), label...))
	return string(b)
}

var (
	noon   = time.Date(2026, time.March, 1, 12, 0, 0, 7, time.UTC)
	parcel = Parcel{true, -3, 4, 0.5, math.Pi, "paper", []byte{1, 2}, noon, -90 * time.Second, ""}
	letter = Envelope{
		Inner:   parcel,
		Scores:  []int64{-1, 0, 1},
		Flags:   []bool{true, false},
		Names:   []string{"a", "", "b"},
		Blobs:   [][]byte{{}, {0}},
		Moments: []time.Time{noon, {}},
		Parcels: []Parcel{{}, parcel},
		Labels:  map[string]string{"from": "", "": "to"},
		Packed:  map[int]Parcel{0: {}, 7: parcel},
	}
)

var full = all{
	Flag: true, Int: -1, Int8: -8, Int16: -16, Int32: -32, Int64: -64, Rune: 'ß',
	Uint: 1, Uint8: 8, Uint16: 16, Uint32: 32, Uint64: 64,
	Float32: 0.25, Float64: math.E, Text: "text", Data: []byte("data"),
	Moment: noon, Span: time.Hour, Parcel: parcel, Envelope: letter,

	Flags: []bool{false, true}, Ints: []int{0, -1, 1 << 40}, Uint16s: []uint16{0, 65535},
	Float32s: []float32{0, -1.5}, Float64s: []float64{0, 1e300}, Texts: []string{"", "x"},
	Blobs: [][]byte{{}, []byte("b")}, Moments: []time.Time{noon, {}}, Spans: []time.Duration{0, -1},
	Parcels: []Parcel{parcel, {}}, Envelopes: []Envelope{{}, letter},

	ByFlag: map[bool]string{false: "no", true: "yes"}, ByInt: map[int8]time.Duration{-1: -1, 0: 0},
	ByUint: map[uint64]float32{0: 0, math.MaxUint64: 1}, ByText: map[string]bool{"": false, "t": true},
	Blobbed: map[string][]byte{"": {}, "b": []byte("b")}, Floated: map[string]float64{"": 0, "f": 2},
	Timed: map[string]time.Time{"": {}, "noon": noon}, Parcelt: map[string]Parcel{"": {}, "p": parcel},
	Sealed: map[int]Envelope{0: {}, -1: letter}, Counted: map[string]uint32{"": 0, "c": 3},
}

// extreme are the largest and smallest values, and empty slices and maps.
var extreme = all{
	Int: math.MinInt, Int8: math.MinInt8, Int16: math.MaxInt16, Int32: math.MinInt32, Int64: math.MaxInt64,
	Uint: math.MaxUint, Uint8: math.MaxUint8, Uint16: math.MaxUint16, Uint32: math.MaxUint32, Uint64: math.MaxUint64,
	Float32: math.SmallestNonzeroFloat32, Float64: math.Inf(-1), Text: "\x00\xff", Data: []byte{},
	Moment: time.Unix(1<<40, 999999999).UTC(), Span: math.MinInt64,
	Ints: []int{}, Texts: []string{}, Parcels: []Parcel{}, ByText: map[string]bool{}, Parcelt: map[string]Parcel{},
}

func set(v *All, values all) {
	v.SetFlag(values.Flag)
	v.SetInt(values.Int)
	v.SetInt8(values.Int8)
	v.SetInt16(values.Int16)
	v.SetInt32(values.Int32)
	v.SetInt64(values.Int64)
	v.SetUint(values.Uint)
	v.SetUint8(values.Uint8)
	v.SetUint16(values.Uint16)
	v.SetUint32(values.Uint32)
	v.SetUint64(values.Uint64)
	v.SetRune(values.Rune)
	v.SetFloat32(values.Float32)
	v.SetFloat64(values.Float64)
	v.SetText(values.Text)
	v.SetData(values.Data)
	v.SetMoment(values.Moment)
	v.SetSpan(values.Span)
	v.SetParcel(values.Parcel)
	v.SetEnvelope(values.Envelope)
	v.SetFlags(values.Flags)
	v.SetInts(values.Ints)
	v.SetUint16s(values.Uint16s)
	v.SetFloat32s(values.Float32s)
	v.SetFloat64s(values.Float64s)
	v.SetTexts(values.Texts)
	v.SetBlobs(values.Blobs)
	v.SetMoments(values.Moments)
	v.SetSpans(values.Spans)
	v.SetParcels(values.Parcels)
	v.SetEnvelopes(values.Envelopes)
	v.SetByFlag(values.ByFlag)
	v.SetByInt(values.ByInt)
	v.SetByUint(values.ByUint)
	v.SetByText(values.ByText)
	v.SetBlobbed(values.Blobbed)
	v.SetFloated(values.Floated)
	v.SetTimed(values.Timed)
	v.SetParcelt(values.Parcelt)
	v.SetSealed(values.Sealed)
	v.SetCounted(values.Counted)
	v.SetEmpty(values.Empty)
}

func clear(v *All) {
	v.ClearFlag()
	v.ClearInt()
	v.ClearInt8()
	v.ClearInt16()
	v.ClearInt32()
	v.ClearInt64()
	v.ClearUint()
	v.ClearUint8()
	v.ClearUint16()
	v.ClearUint32()
	v.ClearUint64()
	v.ClearRune()
	v.ClearFloat32()
	v.ClearFloat64()
	v.ClearText()
	v.ClearData()
	v.ClearMoment()
	v.ClearSpan()
	v.ClearParcel()
	v.ClearEnvelope()
	v.ClearFlags()
	v.ClearInts()
	v.ClearUint16s()
	v.ClearFloat32s()
	v.ClearFloat64s()
	v.ClearTexts()
	v.ClearBlobs()
	v.ClearMoments()
	v.ClearSpans()
	v.ClearParcels()
	v.ClearEnvelopes()
	v.ClearByFlag()
	v.ClearByInt()
	v.ClearByUint()
	v.ClearByText()
	v.ClearBlobbed()
	v.ClearFloated()
	v.ClearTimed()
	v.ClearParcelt()
	v.ClearSealed()
	v.ClearCounted()
	v.ClearEmpty()
}

func show(v *All, want all) {
	line("Flag", v.HasFlag(), v.Flag(), want.Flag)
	line("Int", v.HasInt(), v.Int(), want.Int)
	line("Int8", v.HasInt8(), v.Int8(), want.Int8)
	line("Int16", v.HasInt16(), v.Int16(), want.Int16)
	line("Int32", v.HasInt32(), v.Int32(), want.Int32)
	line("Int64", v.HasInt64(), v.Int64(), want.Int64)
	line("Uint", v.HasUint(), v.Uint(), want.Uint)
	line("Uint8", v.HasUint8(), v.Uint8(), want.Uint8)
	line("Uint16", v.HasUint16(), v.Uint16(), want.Uint16)
	line("Uint32", v.HasUint32(), v.Uint32(), want.Uint32)
	line("Uint64", v.HasUint64(), v.Uint64(), want.Uint64)
	line("Rune", v.HasRune(), v.Rune(), want.Rune)
	line("Float32", v.HasFloat32(), v.Float32(), want.Float32)
	line("Float64", v.HasFloat64(), v.Float64(), want.Float64)
	line("Text", v.HasText(), v.Text(), want.Text)
	line("Data", v.HasData(), v.Data(), want.Data)
	line("Moment", v.HasMoment(), v.Moment(), want.Moment)
	line("Span", v.HasSpan(), v.Span(), want.Span)
	line("Parcel", v.HasParcel(), v.Parcel(), want.Parcel)
	line("Envelope", v.HasEnvelope(), v.Envelope(), want.Envelope)
	line("Flags", v.HasFlags(), v.Flags(), want.Flags)
	line("Ints", v.HasInts(), v.Ints(), want.Ints)
	line("Uint16s", v.HasUint16s(), v.Uint16s(), want.Uint16s)
	line("Float32s", v.HasFloat32s(), v.Float32s(), want.Float32s)
	line("Float64s", v.HasFloat64s(), v.Float64s(), want.Float64s)
	line("Texts", v.HasTexts(), v.Texts(), want.Texts)
	line("Blobs", v.HasBlobs(), v.Blobs(), want.Blobs)
	line("Moments", v.HasMoments(), v.Moments(), want.Moments)
	line("Spans", v.HasSpans(), v.Spans(), want.Spans)
	line("Parcels", v.HasParcels(), v.Parcels(), want.Parcels)
	line("Envelopes", v.HasEnvelopes(), v.Envelopes(), want.Envelopes)
	line("ByFlag", v.HasByFlag(), v.ByFlag(), want.ByFlag)
	line("ByInt", v.HasByInt(), v.ByInt(), want.ByInt)
	line("ByUint", v.HasByUint(), v.ByUint(), want.ByUint)
	line("ByText", v.HasByText(), v.ByText(), want.ByText)
	line("Blobbed", v.HasBlobbed(), v.Blobbed(), want.Blobbed)
	line("Floated", v.HasFloated(), v.Floated(), want.Floated)
	line("Timed", v.HasTimed(), v.Timed(), want.Timed)
	line("Parcelt", v.HasParcelt(), v.Parcelt(), want.Parcelt)
	line("Sealed", v.HasSealed(), v.Sealed(), want.Sealed)
	line("Counted", v.HasCounted(), v.Counted(), want.Counted)
	line("Empty", v.HasEmpty(), v.Empty(), want.Empty)
	fmt.Println()
}

// line prints whether a field is set, and what it should have been if it is not.
func line(name string, has bool, value, want any) {
	if same(value, want) {
		fmt.Printf("%s: set %v, as written\n", name, has)
		return
	}
	fmt.Printf("%s: set %v\n  got  %v\n  want %v\n", name, has, value, want)
}

// same compares as values are kept: an empty slice is none.
func same(value, want any) bool {
	v, w := reflect.ValueOf(value), reflect.ValueOf(want)
	if (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
		return w.Len() == 0
	}
	return reflect.DeepEqual(value, want)
}
