package sqlstore_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
)

// ground returns a pair of tables, for programs with a pool each. The server's clock decides, or
// the clock of the process for SQLite, so a session is made older in its row.
func (d database) ground(t *testing.T) (g contest.Ground, db *sql.DB, tables string) {
	url := d.url(t)
	older := url
	if d.name == "SQLite" {
		older = d.with(url, "_pragma", "busy_timeout(60000)")
	}
	db, tables = d.connect(t, older), prefix()
	d.storeOn(t, d.connect(t, url), tables)
	return contest.Ground{
		Open: func(t testing.TB) runtime.Store { return d.storeOn(t, d.connect(t, url), tables) },
		Age: func(t testing.TB, id runtime.ID, by time.Duration) {
			t.Helper()
			literal := fmt.Sprintf("X'%x'", id[:])
			if d.name == "PostgreSQL" {
				literal = fmt.Sprintf(`'\x%x'`, id[:])
			}
			micros := by.Microseconds()
			_, err := db.Exec(fmt.Sprintf("UPDATE %ssessions SET expires = expires - %d, deadline = deadline - %d WHERE gone = 0 AND id = %s", tables, micros, micros, literal))
			must(t, err)
		},
	}, db, tables
}

// size returns the amount of work of a test, in the short and in the long run.
func size(short, full int) int {
	if long {
		return full
	}
	return short
}

func TestR1_NoIncrementIsLost(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Increments(t, g, d.increments())
	})
}

func TestR1_WritersOfDifferentFieldsBothWin(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Setters(t, g, size(30, 10_000))
	})
}

func TestR2_NothingBringsBackWhatHasEnded(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, db, tables := d.ground(t)
		contest.Finality(t, g, size(6, 10_000))
		equal(t, alive(t, db, tables), 0, "rows of sessions that live on")
	})
}

func TestR2_RandomInterleavings(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Interleavings(t, g, 600, time.Duration(size(0, 60))*time.Second)
	})
}

func TestR20_ReplicasWhoseClocksAreFiveMinutesOff(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Clocks(t, g)
	})
}

func TestR20_TouchesOutOfOrder(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Touches(t, g)
	})
}

// Values that a collation treats as equal are different.
func TestR20_PrincipalsThatLookAlike(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.LookAlikes(t, g)
	})
}

func TestMix(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		g, _, _ := d.ground(t)
		contest.Mix(t, g, contest.MixLength(long))
	})
}
