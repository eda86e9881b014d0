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

// param is what a statement is given. Statements are written with names, as in
// ":id", so that one text serves databases that count their parameters and
// databases that do not.
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
	pMax
	pListed // each one of a list is another
	params
)

var paramNames = map[string]param{
	"now": pNow, "id": pID, "revision": pRevision, "old": pOld, "term": pTerm, "further": pFurther, "was": pWas,
	"data": pData, "idle": pIdle, "life": pLife, "after": pAfter, "max": pMax,
}

func (p param) kind() kind {
	switch p {
	case pNow, pIdle, pLife, pMax:
		return integer
	}
	return blob
}

// values are the parameters of one call, by param.
type values [params]any

// query is a statement of the store's dialect.
type query struct {
	text     string
	params   []param
	prepared atomic.Pointer[sql.Stmt] // by its first use, where the dialect prepares
}

var names = regexp.MustCompile(`:[a-z]+|\{[a-z]+\}`)

// query translates a template. In it, :name is a parameter and :now the time;
// {sessions} and {terms} are the tables, {ids} is a list of as many values as asked
// for, and {least}, {greatest} and {otherwise} are what the dialect says for it.
func (s *Store) query(template string, ids int) *query {
	q := &query{}
	d := s.dialect
	numbers := map[param]int{} // of the parameters that have one
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

// arguments puts the values in the statement's order. ids are for {ids}; the last
// one is repeated where there are fewer than places.
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

// now is the caller's time where it is not the server's that counts.
func (s *Store) now() any {
	if s.clock == nil {
		return nil
	}
	return s.clock().UnixMicro()
}

// exec runs a statement by itself and returns how many rows it affected.
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

// rows runs a statement that reads, and hands each row to scan.
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

// using gives f the prepared statement of a query, or none where there is none.
// Where several callers prepare it at once, one of them keeps it: nobody waits for
// another's network.
func (s *Store) using(ctx context.Context, q *query, f func(*sql.Stmt) error) error {
	if !s.dialect.prepare || !s.enter() {
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

// enter says whether prepared statements may be used, until exit.
func (s *Store) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.users++
	return true
}

// exit lets the last user after Close put the prepared statements away. Close
// itself does not wait for a call that a silent server holds up.
func (s *Store) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.closed && s.users == 0 {
		s.queries.close()
	}
}

// transaction runs f in one. What f returns as false is rolled back.
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
		tx.Rollback() // of a connection that is lost, the server does it
		return false, err
	}
	return true, tx.Commit()
}

// onConnection runs a transaction by statements, which the context bounds: the
// driver for MySQL lets no context end its Commit and its Rollback.
func (s *Store) onConnection(ctx context.Context, f func(*transaction) (keep bool, err error)) (kept bool, err error) {
	conn, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	keep, err := f(&transaction{store: s, tx: conn})
	if err != nil || !keep {
		control(ctx, conn, "ROLLBACK") // of a connection that is lost, the server does it
		return false, err
	}
	return true, control(ctx, conn, "COMMIT")
}

// begin takes a connection from the pool and begins a transaction on it. Some in the
// pool may be lost by now.
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

// control begins or ends a transaction. A connection on which that fails may be left in
// one, so it does not go back to the pool.
func control(ctx context.Context, conn *sql.Conn, statement string) error {
	_, err := conn.ExecContext(ctx, statement)
	if err != nil {
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

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

// queue waits for the other writers of this process: SQLite has one at a time, and
// who has to poll for it may wait for ever.
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
