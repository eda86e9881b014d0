package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// Tables returns the statements that create the tables and their indexes, each followed
// by a semicolon. It is for applications that migrate their database by other means than
// [Store.CreateTables].
func (s *Store) Tables() string {
	var b strings.Builder
	for _, table := range s.dialect.tables {
		b.WriteString(s.query(table, 0).text + ";\n")
	}
	return b.String()
}

// CreateTables creates the tables that do not exist yet, and switches an SQLite file to
// write-ahead logging. Several replicas may call it at once. An account that may not create
// tables may call it if the tables are there.
func (s *Store) CreateTables(ctx context.Context) error {
	const doing = "creating the tables"
	if err := s.usable(ctx); err != nil {
		return s.wrap(ctx, doing, err)
	}
	err := s.createTables(ctx)
	if err == nil || s.dialect.refusal(err) != forbidden {
		return s.wrap(ctx, doing, err)
	}
	if s.retry(ctx, func() error { return s.haveTables(ctx) }) == nil {
		return nil
	}
	return runtime.Refused(fmt.Errorf("sqlstore: %s: the account may not create tables, and they are missing or it may not read them: "+
		"let an account that may run the statements of Tables, and grant this one SELECT, INSERT, UPDATE and DELETE: %w", doing, err))
}

// haveTables returns an error unless the account can read the columns of both tables.
func (s *Store) haveTables(ctx context.Context) error {
	return s.rows(ctx, s.query(columnsText, 0), &values{}, func(*sql.Rows) error { return nil })
}

func (s *Store) createTables(ctx context.Context) error {
	return s.retry(ctx, func() error {
		switch s.dialect {
		case postgres:
			return s.createInTurn(ctx)
		case sqlite:
			if err := s.queue(ctx); err != nil {
				return err
			}
			defer s.leave()
			if _, err := s.db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
				return err
			}
		}
		for _, table := range s.dialect.tables {
			if _, err := s.db.ExecContext(ctx, s.query(table, 0).text); err != nil {
				return err
			}
		}
		return nil
	})
}

// createInTurn lets one replica at a time create the tables. If two replicas find a table
// missing at once, PostgreSQL returns an error to one of them, also with IF NOT EXISTS.
func (s *Store) createInTurn(ctx context.Context) error {
	_, err := s.transaction(ctx, func(t *transaction) (bool, error) {
		// Any number serves as long as it never changes.
		if _, err := t.tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7310868735424229)"); err != nil {
			return false, err
		}
		for _, table := range s.dialect.tables {
			if _, err := t.tx.ExecContext(ctx, s.query(table, 0).text); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	return err
}

var (
	errPrivateMemory = runtime.Refused(errors.New("sqlstore: an in-memory SQLite database is private to each connection: name a file, or call SetMaxOpenConns(1) on the database"))
	errAutocommit    = runtime.Refused(errors.New("sqlstore: the database is opened with autocommit off, so nothing would be kept: leave the setting out"))
)

// usable returns an error if ctx has ended, or if the database would not keep what is
// written to it. It asks the database until the answer has been good once.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.checked.Load() {
		return nil
	}
	err := s.retry(ctx, func() error { return s.check(ctx) })
	if err == nil {
		s.checked.Store(true)
	}
	return err
}

func (s *Store) check(ctx context.Context) error {
	switch s.dialect {
	case sqlite:
		if s.db.Stats().MaxOpenConnections == 1 {
			return nil
		}
		var file sql.NullString
		if err := s.db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
			return err
		}
		if file.String == "" {
			return errPrivateMemory
		}
	case mysql:
		var autocommit, lagging bool
		err := s.db.QueryRowContext(ctx, "SELECT @@autocommit, "+s.dialect.lagging).Scan(&autocommit, &lagging)
		switch {
		case err != nil:
			return err
		case !autocommit:
			return errAutocommit
		case lagging: // accounts with enough privileges could write to it
			return errLagging
		}
	}
	return nil
}
