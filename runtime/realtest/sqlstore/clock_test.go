package sqlstore_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func newClock() *storetest.Clock { return storetest.NewClock() }

// The server's clock decides, whatever the connection's time zone is, so that replicas with
// different time zones agree.
func TestR20_TimeZonesDoNotMatter(t *testing.T) {
	zones := map[string][3]string{
		"PostgreSQL": {"timezone", "Pacific/Kiritimati", "Pacific/Pago_Pago"},
		"MariaDB":    {"time_zone", "'+13:00'", "'-11:00'"},
	}
	each(t, servers, func(t *testing.T, d database) {
		tables, zone := prefix(), zones[d.name]
		east := d.storeOn(t, d.connect(t, d.with(d.url(t), zone[0], zone[1])), tables)
		west := d.storeOn(t, d.connect(t, d.with(d.url(t), zone[0], zone[2])), tables)
		ttl := runtime.TTL{Idle: 5 * time.Minute, Life: time.Hour}
		for i, stores := range [][2]*sqlstore.Store{{east, west}, {west, east}} {
			id, _ := create(t, stores[0], ttl)
			rec, err := stores[1].Load(t.Context(), id)
			if err != nil || (rec.Idle-ttl.Idle).Abs() > 20*time.Second || (rec.Life-ttl.Life).Abs() > 20*time.Second {
				t.Errorf("%d: seen from the other side: %v, %v left, %v", i, rec.Idle, rec.Life, err)
			}
			must(t, stores[1].Touch(t.Context(), id, ttl.Idle))
		}
	})
}

// The clock of the process does not decide about sessions on a server.
func TestR20_DeadlinesAreByTheServersClock(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		ahead := d.storeOn(t, db, tables, sqlstore.WithClock(func() time.Time { return time.Now().Add(5 * time.Minute) }))
		store := d.storeOn(t, db, tables)
		id, _ := create(t, store, runtime.TTL{Idle: 3 * time.Minute, Life: time.Hour})
		if _, err := store.Load(t.Context(), id); err != nil {
			t.Errorf("by the server's clock: %v", err)
		}
		if _, err := ahead.Load(t.Context(), id); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("by a clock that is five minutes ahead: %v", err)
		}

		// No statement sends the time to the server.
		watched, w := d.watch(t, d.url(t))
		store = d.storeOn(t, watched, tables)
		arguments := map[string]int{}
		w.stand(func(op, text string, n int) error {
			if op == "exec" || op == "query" {
				arguments[strings.Fields(text)[0]] = n
			}
			return nil
		}, nil)
		_, err := store.Load(t.Context(), id)
		must(t, err)
		must(t, store.Touch(t.Context(), id, time.Hour))
		equal(t, arguments["SELECT"], 1, "arguments of what loads by an ID")
		equal(t, arguments["UPDATE"], 2, "arguments of what extends a session by its ID and a duration")
	})
	t.Run("MariaDB an hour ahead", func(t *testing.T) {
		tables := prefix()
		now := mariadb.storeOn(t, mariadb.connect(t, mariadb.url(t)), tables)
		later := mariadb.connect(t, mariadb.with(mariadb.url(t), "timestamp", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)))
		id, _ := create(t, mariadb.storeOn(t, later, tables), runtime.TTL{Idle: 5 * time.Minute, Life: 5 * time.Minute})
		rec, err := now.Load(t.Context(), id)
		if err != nil || rec.Idle < time.Hour {
			t.Errorf("what was created an hour later ends in %v, %v", rec.Idle, err)
		}
	})
}

func TestDeadlinesDoNotOverflow(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		for _, now := range []func() time.Time{time.Now, func() time.Time { return time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC) }} {
			for _, ttl := range []runtime.TTL{{Idle: math.MaxInt64, Life: math.MaxInt64}, {Idle: time.Hour, Life: math.MaxInt64}} {
				store := d.storeOn(t, db, tables, sqlstore.WithClock(now))
				id, rec := create(t, store, ttl)
				must(t, store.Update(t.Context(), id, rec.Rev, newRecord(), ttl))
				must(t, store.Touch(t.Context(), id, math.MaxInt64))
				rec, err := store.Load(t.Context(), id)
				if err != nil || rec.Idle < 100*365*24*time.Hour || rec.Life < 100*365*24*time.Hour {
					t.Errorf("Load of a session with %+v: %v and %v left, %v", ttl, rec.Idle, rec.Life, err)
				}
			}
		}
	})
}

func TestDeleteAgainRenewsTheTombstone(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		clock := newClock()
		store := d.fresh(t, sqlstore.WithClock(clock.Now))
		id, _ := create(t, store, day)
		for range 3 {
			must(t, store.Delete(t.Context(), id))
			clock.Advance(expiry.TombstoneLife - time.Second)
			if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrGone) {
				t.Errorf("two minutes after the last Delete: %v", err)
			}
		}
		must(t, store.Delete(t.Context(), id))
		clock.Advance(-time.Hour)
		must(t, store.Delete(t.Context(), id)) // by a clock that stepped back
		clock.Advance(time.Hour + expiry.TombstoneLife - time.Second)
		if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrGone) {
			t.Errorf("the clock stepped back and Delete was repeated: %v", err)
		}
		clock.Advance(time.Second)
		if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("when the tombstone is due: %v", err)
		}
	})
}

// A session ends at its deadline, to the microsecond. A session of a nanosecond exists.
func TestDeadlinesAreExact(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		clock := newClock()
		store := d.fresh(t, sqlstore.WithClock(clock.Now))
		id, rec := create(t, store, runtime.TTL{Idle: time.Nanosecond, Life: time.Hour})
		if _, err := store.Load(t.Context(), id); err != nil {
			t.Errorf("at once: %v", err)
		}
		must(t, store.Update(t.Context(), id, rec.Rev, newRecord(), runtime.TTL{Idle: time.Second}))
		clock.Advance(time.Second - time.Microsecond)
		left, err := store.Load(t.Context(), id)
		if err != nil || left.Idle != time.Microsecond {
			t.Errorf("a microsecond before: %v left, %v", left.Idle, err)
		}
		clock.Advance(time.Microsecond)
		if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("at the deadline: %v", err)
		}
	})
}
