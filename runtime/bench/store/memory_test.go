package store

import (
	"testing"
	"time"
)

// Small here; `go run ./report` has a million.
func TestMemory(t *testing.T) {
	for _, name := range Memories {
		m, err := Measure(name, 10_000, 700*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if m.Each < float64(m.Record) || m.Worst == 0 || m.Record < 180 {
			t.Errorf("%+v", m)
		}
	}
	if _, err := Measure("none", 1, time.Second); err == nil {
		t.Error("a store that there is not is measured")
	}
}
