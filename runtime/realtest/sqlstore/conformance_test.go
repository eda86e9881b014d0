package sqlstore_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func TestConformance(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) { d.conform(t, d.connect(t, d.url(t))) })
}

// Real time passes here, for all databases at once.
func TestConformanceByTheirOwnClocks(t *testing.T) {
	t.Parallel()
	each(t, databases, func(t *testing.T, d database) {
		store := d.fresh(t)
		storetest.Run(t, storetest.Options{
			OwnClock: true,
			Open:     func(*testing.T, *storetest.Clock) runtime.Store { return store },
		})
	})
}

func TestConformanceAtEveryIsolationLevel(t *testing.T) {
	everyLevel(t, func(t *testing.T, d database, db *sql.DB) {
		if !long && d.name+levelOf(t, d, db) != "PostgreSQLSERIALIZABLE" {
			t.Skip("SESSIONGEN_TEST_LONG=1 runs it at this level too")
		}
		d.conform(t, db)
	})
}

// The row counts of MySQL and the encoding of bytes for PostgreSQL depend on the driver's
// settings.
func TestConformanceWithEverySettingOfTheDriver(t *testing.T) {
	for _, c := range []struct {
		database
		settings []string
	}{
		{mariadb, []string{"clientFoundRows", "true", "interpolateParams", "true"}},
		{mariadb, []string{"clientFoundRows", "true"}},
		{mariadb, []string{"interpolateParams", "true"}},
		{postgres, []string{"default_query_exec_mode", "simple_protocol"}},
		{postgres, []string{"default_query_exec_mode", "exec"}},
		{postgres, []string{"default_query_exec_mode", "describe_exec"}},
		{postgres, []string{"default_query_exec_mode", "cache_describe"}},
	} {
		t.Run(c.name+"/"+strings.Join(c.settings, "="), func(t *testing.T) {
			if !long && len(c.settings) != 4 {
				t.Skip("SESSIONGEN_TEST_LONG=1 runs it with this setting too")
			}
			url := c.url(t)
			for setting := range slices.Chunk(c.settings, 2) {
				url = c.with(url, setting[0], setting[1])
			}
			c.conform(t, c.connect(t, url))
		})
	}
}
