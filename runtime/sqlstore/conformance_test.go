package sqlstore_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func TestConformance(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db := d.connect(t, d.url(t))
		storetest.Run(t, storetest.Options{
			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
				return d.store(t, db, sqlstore.WithClock(clock.Now))
			},
		})
	})
}

func TestConformanceByItsOwnClock(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		store := d.fresh(t)
		storetest.Run(t, storetest.Options{
			OwnClock: true,
			Open:     func(*testing.T, *storetest.Clock) runtime.Store { return store },
		})
	})
}
