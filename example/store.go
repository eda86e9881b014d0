package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// stores opens stores, and remembers what is to be closed after the shop.
type stores struct{ open []func() error }

// named opens the store that -store names. A site of your own needs one of these
// lines.
func (s *stores) named(name string, keys *runtime.Keys) (runtime.Store, error) {
	switch file, isFile := strings.CutPrefix(name, "sqlite:"); {
	case name == "memory":
		return memstore.New(), nil
	case name == "sealed":
		revocations, err := s.named(defaultStore(), keys) // what has ended must not be forgotten at a restart
		if err == nil && defaultStore() == "memory" {
			err = errors.New("there is no cache folder for a file that remembers what has ended: set HOME")
		}
		if err != nil {
			return nil, err
		}
		return sealed.New(keys, sealed.WithRevocations(revocations))
	case isFile && file != "":
		return s.sql(sqlstore.SQLite, "sqlite", sqliteSource(file))
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, errStoreName // the error would show the password
	}
	switch u.Scheme {
	case "postgres", "postgresql":
		return s.sql(sqlstore.Postgres, "pgx", name)
	case "mysql":
		return s.sql(sqlstore.MySQL, "mysql", mysqlSource(u))
	case "redis", "rediss":
		return s.redis(u)
	}
	return nil, errStoreName
}

var errStoreName = errors.New("want memory, sealed, sqlite:FILE, postgres://…, mysql://… or redis://…")

// defaultStore is a file in the user's cache folder, or memory where there is no
// such folder.
func defaultStore() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "memory"
	}
	return "sqlite:" + filepath.Join(dir, "sessiongen-example", "sessions.db")
}

// close closes what was opened, the last first.
func (s *stores) close() error {
	var problems []error
	for _, close := range slices.Backward(s.open) {
		problems = append(problems, close())
	}
	return errors.Join(problems...)
}

// patience is how long a database may take to be ready when the shop opens.
const patience = 10 * time.Second

// sql opens a database, and creates the tables if they are not there.
func (s *stores) sql(newStore func(*sql.DB, ...sqlstore.Option) (*sqlstore.Store, error), driver, source string) (runtime.Store, error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, db.Close)
	store, err := newStore(db)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, store.Close)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return store, store.CreateTables(ctx)
}

// sqliteSource is a file's name as SQLite's drivers want it. Its folder is made, for
// the account alone; if that fails, opening the file says so.
func sqliteSource(file string) string {
	_ = os.MkdirAll(filepath.Dir(file), 0o700)
	path := url.URL{Path: filepath.ToSlash(file)}
	return "file:" + path.EscapedPath()
}

// mysqlSource is a URL in the form of go-sql-driver/mysql.
func mysqlSource(u *url.URL) string {
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", u.Host
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	source := config.FormatDSN()
	if u.RawQuery != "" {
		source += "?" + u.RawQuery // parameters of the driver's, such as tls=true
	}
	return source
}

// redis connects to one server, or to the cluster that several hosts, separated by
// commas, are part of.
func (s *stores) redis(u *url.URL) (runtime.Store, error) {
	first, more, several := strings.Cut(u.Host, ",")
	one := *u
	one.Host = first
	options, err := redis.ParseURL(one.String())
	if err != nil {
		return nil, err
	}
	var client redis.UniversalClient = redis.NewClient(options)
	if several {
		client = redis.NewClusterClient(&redis.ClusterOptions{
			Addrs:    append(strings.Split(more, ","), options.Addr),
			Username: options.Username, Password: options.Password, TLSConfig: options.TLSConfig,
		})
	}
	s.open = append(s.open, client.Close)
	return redisstore.New(client)
}
