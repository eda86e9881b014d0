package engine

import (
	"strings"
	"testing"
	"time"

	sessionruntime "github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func FuzzRecord(f *testing.F) {
	h := record.Header{Key: strings.Repeat("k", record.KeyLength), Epoch: 1, Created: 1, Written: 1}
	f.Add(string(h.Append(nil)))
	f.Add(string(wire.AppendString(h.Append(nil), 16, "x")))
	f.Add("\x0a\x20")
	f.Fuzz(func(t *testing.T, data string) {
		m := &Manager{schema: &Schema{Fields: []Field{{Number: 16}, {Number: 200}, {Number: 5000}}}, order: []int{0, 1, 2}, numbers: []int32{16, 200, 5000}}
		var b base
		fields := make([]FieldState, 3)
		if _, err := m.readRecord(&b, sessionruntime.Record{Data: data}, time.Now(), fields); err != nil {
			return
		}
		ordered, unknown := b.data, b.unknown
		if len(ordered) != len(data) {
			t.Fatalf("%d of %d bytes are left", len(ordered), len(data))
		}
		covered := 0
		for _, f := range fields {
			covered += len(ordered[f.start:f.end])
		}
		for _, e := range unknown {
			covered += len(ordered[e.Start:e.End])
		}
		if covered > len(data) {
			t.Fatalf("%d of %d bytes are covered", covered, len(data))
		}
	})
}

func TestFlashMarksMixedWithOtherOwnFields(t *testing.T) {
	h := record.Header{Label: string(make([]byte, record.LabelLength)), Key: string(make([]byte, record.KeyLength)), Epoch: 1}
	data := h.Append(nil)
	one, two := record.AppendFlashMark(nil, 150946, sessionruntime.Rev{1}), record.AppendFlashMark(nil, 200000, sessionruntime.Rev{2})
	data = append(data, one...)
	data = wire.AppendUint(data, record.OwnEpoch, 5)
	data = append(data, two...)
	var got base
	head, err := new(Manager).readRecord(&got, sessionruntime.Record{Data: string(data)}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(one) + string(two); head.Flashes != want {
		t.Errorf("flashes: %q, want %q", head.Flashes, want)
	}
}
