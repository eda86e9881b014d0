package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// heldUp is a database that is connected to only once it is released.
type heldUp struct{ asked, released chan struct{} }

func (h heldUp) Driver() driver.Driver { return nil }

func (h heldUp) Connect(context.Context) (driver.Conn, error) {
	close(h.asked)
	<-h.released
	return nil, errors.New("no database")
}

func TestCloseWaitsForTheBackgroundSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := heldUp{asked: make(chan struct{}), released: make(chan struct{})}
		db := sql.OpenDB(held)
		defer db.Close()
		store, err := Postgres(db, WithSweepInterval(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		<-held.asked
		closed := make(chan struct{})
		go func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close returned before the sweep had ended")
		default:
		}
		close(held.released)
		<-closed
	})
}
