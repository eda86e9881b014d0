package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
	"testing"
)

// watched is a connector through which a test can observe the calls of a real driver, and answer
// in its place.
type watched struct {
	real     driver.Driver
	connect  func(context.Context) (driver.Conn, error)
	prepares bool // what has arguments: the driver executes only prepared statements with them

	mu     sync.Mutex
	before func(op, text string, arguments int) error // an error replaces the call
	after  func(op, text string, err error) error     // returns the error of the call
}

func (d database) watch(t testing.TB, url string) (*sql.DB, *watched) {
	t.Helper()
	plain, err := sql.Open(d.driver, url)
	must(t, err)
	defer plain.Close()
	w := &watched{real: plain.Driver(), prepares: d.driver == "mysql" && !strings.Contains(url, "interpolateParams=true"), connect: func(context.Context) (driver.Conn, error) { return plain.Driver().Open(url) }}
	if driver, ok := plain.Driver().(driver.DriverContext); ok {
		connector, err := driver.OpenConnector(url)
		must(t, err)
		w.connect = connector.Connect
	}
	db := sql.OpenDB(w)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	t.Cleanup(func() { db.Close() })
	return db, w
}

func (w *watched) stand(before func(op, text string, arguments int) error, after func(op, text string, err error) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before, w.after = before, after
}

func (w *watched) around(op, text string, arguments int, call func() error) error {
	w.mu.Lock()
	before, after := w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if err := before(op, text, arguments); err != nil {
			return err
		}
	}
	err := call()
	if after != nil {
		err = after(op, text, err)
	}
	return err
}

func (w *watched) Connect(ctx context.Context) (conn driver.Conn, err error) {
	err = w.around("connect", "", 0, func() error {
		inner, err := w.connect(ctx)
		if err == nil {
			conn = &watchedConn{inner: inner, w: w}
		}
		return err
	})
	return conn, err
}

// The connection forwards the methods of all three drivers, and the others if the driver has them.
type watchedConn struct {
	inner driver.Conn
	w     *watched
}

func (c *watchedConn) Close() error              { return c.inner.Close() }
func (c *watchedConn) Begin() (driver.Tx, error) { panic("database/sql calls BeginTx") }
func (c *watchedConn) Prepare(string) (driver.Stmt, error) {
	panic("database/sql calls PrepareContext")
}

func (c *watchedConn) PrepareContext(ctx context.Context, text string) (stmt driver.Stmt, err error) {
	err = c.w.around("prepare", text, 0, func() error {
		inner, err := c.inner.(driver.ConnPrepareContext).PrepareContext(ctx, text)
		stmt = &watchedStmt{Stmt: inner, w: c.w, text: text}
		return err
	})
	if err != nil {
		return nil, err
	}
	return stmt, nil
}

func (c *watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (tx driver.Tx, err error) {
	err = c.w.around("begin", "", 0, func() error {
		inner, err := c.inner.(driver.ConnBeginTx).BeginTx(ctx, o)
		tx = &watchedTx{inner: inner, w: c.w}
		return err
	})
	if err != nil {
		return nil, err
	}
	return tx, nil
}

func (c *watchedConn) ExecContext(ctx context.Context, text string, arguments []driver.NamedValue) (result driver.Result, err error) {
	if c.w.prepares && len(arguments) > 0 {
		return nil, driver.ErrSkip
	}
	err = c.w.around("exec", text, len(arguments), func() (err error) {
		result, err = c.inner.(driver.ExecerContext).ExecContext(ctx, text, arguments)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (c *watchedConn) QueryContext(ctx context.Context, text string, arguments []driver.NamedValue) (rows driver.Rows, err error) {
	if c.w.prepares && len(arguments) > 0 {
		return nil, driver.ErrSkip
	}
	err = c.w.around("query", text, len(arguments), func() (err error) {
		rows, err = c.inner.(driver.QueryerContext).QueryContext(ctx, text, arguments)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func (c *watchedConn) ResetSession(ctx context.Context) error {
	if inner, ok := c.inner.(driver.SessionResetter); ok {
		return inner.ResetSession(ctx)
	}
	return nil
}

func (c *watchedConn) IsValid() bool {
	if inner, ok := c.inner.(driver.Validator); ok {
		return inner.IsValid()
	}
	return true
}

func (c *watchedConn) CheckNamedValue(v *driver.NamedValue) error {
	if inner, ok := c.inner.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type watchedStmt struct {
	driver.Stmt
	w    *watched
	text string
}

func (s *watchedStmt) ExecContext(ctx context.Context, arguments []driver.NamedValue) (result driver.Result, err error) {
	err = s.w.around("exec", s.text, len(arguments), func() (err error) {
		result, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, arguments)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (s *watchedStmt) QueryContext(ctx context.Context, arguments []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.w.around("query", s.text, len(arguments), func() (err error) {
		rows, err = s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, arguments)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func (s *watchedStmt) CheckNamedValue(v *driver.NamedValue) error {
	if inner, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type watchedTx struct {
	inner driver.Tx
	w     *watched
}

// Commit that is answered in the driver's place is a transaction undone.
func (t *watchedTx) Commit() error {
	committed := false
	err := t.w.around("commit", "", 0, func() error {
		committed = true
		return t.inner.Commit()
	})
	if !committed {
		t.inner.Rollback()
	}
	return err
}

func (t *watchedTx) Rollback() error {
	return t.w.around("rollback", "", 0, t.inner.Rollback)
}

// Driver returns the real driver, by which the store recognizes the database.
func (w *watched) Driver() driver.Driver { return w.real }
