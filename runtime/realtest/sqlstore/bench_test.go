package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// The time of a call on a database on this machine, including the driver.
func BenchmarkStore(b *testing.B) {
	for _, d := range databases {
		b.Run(d.name, func(b *testing.B) {
			store := d.fresh(b)
			ctx := context.Background()
			term := newTerm()
			rec := newRecord(term)
			rec.Data = string(random(200))
			id := newID()
			must(b, store.Create(ctx, id, rec, day))
			b.Run("Load", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := store.Load(ctx, id); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("Update", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					old := rec.Rev
					rec.Rev = runtime.Rev(random(8))
					if err := store.Update(ctx, id, old, rec, day); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("Touch", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := store.Touch(ctx, id, 2*time.Hour); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("Create", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := store.Create(ctx, newID(), newRecord(newTerm()), day); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("Delete", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := store.Delete(ctx, id); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
