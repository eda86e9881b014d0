package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// managerOf is enough of a manager to find fields with these numbers, which are
// in ascending order.
func managerOf(numbers ...int32) *Manager {
	m := &Manager{schema: &Schema{}}
	for i, number := range numbers {
		m.schema.Fields = append(m.schema.Fields, Field{Number: number})
		m.order, m.numbers = append(m.order, i), append(m.numbers, number)
	}
	return m
}

// Another writer may have mixed the entries of fields: each field still gets all
// of its own, in their order, and nothing else.
func TestLocateInAnyOrder(t *testing.T) {
	entry := func(number int32, value string) string { return string(wire.AppendString(nil, number, value)) }
	record := []string{entry(16, "a"), entry(16, "b"), entry(17, "?"), entry(200, "c"), entry(300, "?"), entry(301, "?"), entry(5000, "d")}
	m := managerOf(16, 200, 5000)
	orders := 0
	permute(record, 0, func(mixed []string) {
		orders++
		data := strings.Join(mixed, "")
		fields := make([]FieldState, 3)
		var b base
		if err := m.walk(&b, nil, data, fields); err != nil {
			t.Fatal(err)
		}
		ordered, unknown := b.data, b.unknown
		both := entry(16, "a") + entry(16, "b")
		if slices.Index(mixed, record[0]) > slices.Index(mixed, record[1]) {
			both = entry(16, "b") + entry(16, "a")
		}
		for i, want := range []string{both, record[3], record[6]} {
			if got := ordered[fields[i].start:fields[i].end]; got != want {
				t.Fatalf("%q: field %d is %q, want %q", data, i, got, want)
			}
		}
		var kept []string
		for _, e := range unknown {
			kept = append(kept, ordered[e.Start:e.End])
		}
		if want := []string{record[2], record[4] + record[5]}; !slices.Equal(kept, want) {
			t.Fatalf("%q: unknown are %q, want %q", data, kept, want)
		}
	})
	if orders != 5040 {
		t.Errorf("%d orders", orders)
	}
}

func permute(list []string, from int, yield func([]string)) {
	if from == len(list) {
		yield(list)
		return
	}
	for i := from; i < len(list); i++ {
		mixed := slices.Clone(list)
		mixed[from], mixed[i] = mixed[i], mixed[from]
		permute(mixed, from+1, yield)
	}
}
