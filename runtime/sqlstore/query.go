package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
)

// param is a parameter of a statement. Statements are written with named parameters, such
// as ":id", so that one text serves databases that number their parameters and databases
// that do not.
type param uint8

const (
	pNow param = iota
	pID
	pRevision
	pOld
	pTerm
	pFurther
	pWas
	pData
	pIdle
	pLife
	pAfter
	pPrefix
	pMax
	pListed // an element of a list, each a parameter of its own
	params
)

var paramNames = map[string]param{
	"now": pNow, "id": pID, "revision": pRevision, "old": pOld, "term": pTerm, "further": pFurther, "was": pWas,
	"data": pData, "idle": pIdle, "life": pLife, "after": pAfter, "prefix": pPrefix, "max": pMax,
}

func (p param) kind() kind {
	switch p {
	case pNow, pIdle, pLife, pMax:
		return integer
	}
	return blob
}

// values are the arguments of one call, indexed by param.
type values [params]any

// query is a statement in the store's dialect.
type query struct {
	text     string
	params   []param
	fixed    bool                     // one of queries, which lives as long as the store
	prepared atomic.Pointer[sql.Stmt] // set by the first use, if it is fixed and the dialect prepares
}

var names = regexp.MustCompile(`:[a-z]+|\{[a-z]+\}`)

// query translates a template into the dialect. In a template, :name is a parameter and
// :now the time; {sessions} and {terms} are the tables, {ids} is a list of the given
// number of values, and {least}, {greatest}, {lagging} and {otherwise} are words of the dialect.
func (s *Store) query(template string, ids int) *query {
	q := &query{}
	d := s.dialect
	numbers := map[param]int{} // by parameter, for those that have a number
	placeholder := func(p param) string {
		n, again := numbers[p]
		if !again || d.numbered == nil {
			q.params = append(q.params, p)
			n = len(q.params)
			numbers[p] = n
		}
		if d.numbered == nil {
			return "?"
		}
		return d.numbered(n, p.kind())
	}
	q.text = names.ReplaceAllStringFunc(template, func(name string) string {
		switch name {
		case "{sessions}":
			return s.prefix + "sessions"
		case "{terms}":
			return s.prefix + "terms"
		case "{ids}":
			list := make([]string, ids)
			for i := range list {
				delete(numbers, pListed)
				list[i] = placeholder(pListed)
			}
			return strings.Join(list, ", ")
		case "{least}":
			return d.least
		case "{greatest}":
			return d.greatest
		case "{lagging}":
			return d.lagging
		case "{otherwise}":
			return d.otherwise
		case ":now":
			if s.clock == nil {
				return d.now
			}
			return placeholder(pNow)
		}
		return placeholder(paramNames[name[1:]])
	})
	return q
}

// arguments returns the values in the order of the statement. ids fill {ids}; if there
// are too few of them, the last one is repeated.
func (q *query) arguments(v *values, ids [][]byte) []any {
	list := make([]any, len(q.params))
	used := 0
	for i, p := range q.params {
		if p == pListed {
			list[i] = ids[min(used, len(ids)-1)]
			used++
			continue
		}
		list[i] = v[p]
	}
	return list
}

// now returns the time of the process's clock, or nil if the server's clock decides.
func (s *Store) now() any {
	if s.clock == nil {
		return nil
	}
	return s.clock().UnixMicro()
}

// exec runs a statement outside of a transaction and returns the number of rows affected.
func (s *Store) exec(ctx context.Context, q *query, v *values, ids ...[]byte) (affected int64, err error) {
	if s.writer != nil {
		if err := s.queue(ctx); err != nil {
			return 0, err
		}
		defer s.leave()
	}
	v[pNow] = s.now()
	var result sql.Result
	err = s.using(ctx, q, func(stmt *sql.Stmt) (err error) {
		arguments := q.arguments(v, ids)
		if stmt == nil {
			result, err = s.db.ExecContext(ctx, q.text, arguments...)
		} else {
			result, err = stmt.ExecContext(ctx, arguments...)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rows runs a query and passes each row to scan.
func (s *Store) rows(ctx context.Context, q *query, v *values, scan func(*sql.Rows) error) error {
	v[pNow] = s.now()
	return s.using(ctx, q, func(stmt *sql.Stmt) error {
		var rows *sql.Rows
		var err error
		arguments := q.arguments(v, nil)
		if stmt == nil {
			rows, err = s.db.QueryContext(ctx, q.text, arguments...)
		} else {
			rows, err = stmt.QueryContext(ctx, arguments...)
		}
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// using calls f with the prepared statement of a query, or with nil if the dialect prepares
// none or the query is for one call: its statement would stay on the server. If several calls prepare the statement at once, one result is kept: no
// call waits for the network of another.
func (s *Store) using(ctx context.Context, q *query, f func(*sql.Stmt) error) error {
	if !q.fixed || !s.dialect.prepare || !s.enter() {
		return f(nil)
	}
	defer s.exit()
	stmt := q.prepared.Load()
	if stmt == nil {
		fresh, err := s.db.PrepareContext(ctx, q.text)
		if err != nil {
			return err
		}
		if q.prepared.CompareAndSwap(nil, fresh) {
			stmt = fresh
		} else {
			fresh.Close()
			stmt = q.prepared.Load()
		}
	}
	return f(stmt)
}

// enter reports whether the call may use prepared statements until exit.
func (s *Store) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.users++
	return true
}

// exit ends the use of prepared statements. After Close, the last call closes them:
// Close itself does not wait for a call that a silent server delays.
func (s *Store) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.closed && s.users == 0 {
		s.queries.close()
	}
}

// transaction runs f in a transaction, which it rolls back if keep is false or err is not
// nil.
func (s *Store) transaction(ctx context.Context, f func(*transaction) (keep bool, err error)) (kept bool, err error) {
	if s.writer != nil {
		if err := s.queue(ctx); err != nil {
			return false, err
		}
		defer s.leave()
	}
	if s.dialect == mysql {
		return s.onConnection(ctx, f)
	}
	options := &sql.TxOptions{}
	if s.dialect.committed {
		options.Isolation = sql.LevelReadCommitted
	}
	tx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return false, err
	}
	keep, err := f(&transaction{store: s, tx: tx})
	if err != nil || !keep {
		tx.Rollback() // if the connection is lost, the server does so
		return false, err
	}
	return true, tx.Commit()
}

// onConnection runs a transaction by statements, which end with the context. The Commit
// and the Rollback of the driver for MySQL do not.
func (s *Store) onConnection(ctx context.Context, f func(*transaction) (keep bool, err error)) (kept bool, err error) {
	conn, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	keep, err := f(&transaction{store: s, tx: conn})
	if err != nil || !keep {
		control(ctx, conn, "ROLLBACK") // if the connection is lost, the server does so
		return false, err
	}
	return true, control(ctx, conn, "COMMIT")
}

// begin takes a connection from the pool and begins a transaction on it. It tries several
// connections, because some in the pool may be lost.
func (s *Store) begin(ctx context.Context) (conn *sql.Conn, err error) {
	for range 3 {
		if conn, err = s.db.Conn(ctx); err != nil {
			return nil, err
		}
		if err = control(ctx, conn, "START TRANSACTION"); err == nil {
			return conn, nil
		}
		conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return nil, err
}

// control begins or ends a transaction. After a failure the connection may still be in a
// transaction, so it does not return to the pool.
func control(ctx context.Context, conn *sql.Conn, statement string) error {
	_, err := conn.ExecContext(ctx, statement)
	if err != nil {
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// transaction runs statements in an open transaction.
type transaction struct {
	store *Store
	tx    interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}
}

func (t *transaction) exec(ctx context.Context, q *query, v *values, ids ...[]byte) (affected int64, err error) {
	v[pNow] = t.store.now()
	result, err := t.tx.ExecContext(ctx, q.text, q.arguments(v, ids)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// queue waits for the other writers of this process. SQLite allows one writer at a time,
// and a writer that polls for its turn may wait for ever.
func (s *Store) queue(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) leave() { <-s.writer }
