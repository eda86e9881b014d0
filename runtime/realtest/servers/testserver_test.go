package servers_test

import (
	"bufio"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // what is parallel here mostly waits
	flag.Parse()
	os.Exit(testserver.Run(m))
}

func open(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestDatabasesKeepWhatWasCommittedBeforeTheyWereKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, driver string
		start        func(*testing.T) *testserver.Server
	}{
		{"PostgreSQL", "pgx", func(t *testing.T) *testserver.Server { return testserver.Postgres(t, "log_statement=all") }},
		{"MariaDB", "mysql", func(t *testing.T) *testserver.Server { return testserver.MariaDB(t) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := c.start(t)
			for i, end := range []func(){server.Kill, server.Kill, server.Stop} {
				db := open(t, c.driver, server.URL())
				if _, err := db.Exec(fmt.Sprintf("CREATE TABLE t%d (n INT)", i)); err != nil {
					t.Fatal(err)
				}
				db.Close()
				end()
				if conn, err := net.Dial("tcp", server.Address()); err == nil {
					conn.Close()
					t.Fatal("the port is still in use after the end")
				}
				server.Start()
			}
			db := open(t, c.driver, server.URL())
			for i := range 3 {
				if _, err := db.Exec(fmt.Sprintf("SELECT * FROM t%d", i)); err != nil {
					t.Error(err)
				}
			}
			if server.Log() == "" {
				t.Error("the log is empty")
			}
		})
	}
}

func TestSharedServersAreTheSame(t *testing.T) {
	if a, b := testserver.SharedPostgres(t), testserver.SharedPostgres(t); a != b {
		t.Errorf("shared PostgreSQL is at %s and at %s", a, b)
	}
	if err := open(t, "pgx", testserver.SharedPostgres(t)).Ping(); err != nil {
		t.Error(err)
	}
	if err := open(t, "mysql", testserver.SharedMariaDB(t)).Ping(); err != nil {
		t.Error(err)
	}
	if answer := ask(t, dial(t, strings.TrimPrefix(testserver.SharedRedis(t), "redis://")), "PING"); answer != "+PONG" {
		t.Errorf("shared Redis answers %q", answer)
	}
}

func TestRedisCluster(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 1)
	if n := len(cluster.Addresses()); n != 6 {
		t.Fatalf("it has %d nodes, want 6", n)
	}
	// CRC16("a") is in slot 15495, which is the last primary's.
	last := cluster.PrimaryOf(15495)
	if answer := ask(t, dial(t, last.Address()), "SET a 1"); answer != "+OK" {
		t.Errorf("its primary answers %q", answer)
	}
	if answer := ask(t, dial(t, cluster.Nodes()[0].Address()), "SET a 1"); answer != "-MOVED 15495 "+last.Address() {
		t.Errorf("another primary answers %q", answer)
	}
}

func TestPausedServerKeepsConnectionsAndIsSilent(t *testing.T) {
	server := testserver.Redis(t)
	conn := dial(t, server.Address())
	server.Pause()
	fmt.Fprint(conn, "PING\r\n")
	silent(t, conn)
	server.Resume()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "+PONG\r\n" {
		t.Errorf("after the pause it answers %q, %v", line, err)
	}
}

func TestProxy(t *testing.T) {
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	conn := dial(t, proxy.Address())
	if answer := ask(t, conn, "SET n 1"); answer != "+OK" {
		t.Fatalf("passing, the answer is %q", answer)
	}

	proxy.Stall()
	fmt.Fprint(conn, "INCR n\r\n")
	silent(t, conn)
	silent(t, dial(t, proxy.Address()))
	proxy.Pass()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != ":2\r\n" {
		t.Errorf("what was held back is answered with %q, %v", line, err)
	}

	proxy.CutReplies()
	fmt.Fprint(conn, "INCR n\r\n")
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("instead of a reply: %v, want a reset", err)
	}
	if n := proxy.Cuts(); n != 1 {
		t.Errorf("%d answers were cut, want 1", n)
	}
	proxy.Pass()
	conn = dial(t, proxy.Address())
	if answer := ask(t, conn, "GET n"); answer != "$1" {
		t.Errorf("the request whose reply was cut: %q", answer)
	}

	proxy.Refuse()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection of before: %v, want a reset", err)
	}
	if _, err := net.Dial("tcp", proxy.Address()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, want it refused", err)
	}
	proxy.Pass()
	if answer := ask(t, dial(t, proxy.Address()), "PING"); answer != "+PONG" {
		t.Errorf("passing again, the answer is %q", answer)
	}

	const late = 30 * time.Millisecond
	proxy.Delay(late)
	conn, start := dial(t, proxy.Address()), time.Now()
	if answer := ask(t, conn, "PING"); answer != "+PONG" || time.Since(start) < late {
		t.Errorf("delayed, the answer is %q after %v", answer, time.Since(start))
	}
	proxy.Pass()

	conn = dial(t, proxy.Address())
	ask(t, conn, "PING")
	server.Kill()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlives the server")
	}
}

func TestMissingServersAreSaid(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("PATH", t.TempDir())
	skipped := ""
	t.Run("Redis", func(t *testing.T) {
		defer func() { skipped = fmt.Sprint(t.Skipped()) }()
		testserver.Redis(t)
	})
	if skipped != "true" {
		t.Error("without redis-server a test is not skipped")
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func ask(t *testing.T, conn net.Conn, command string) string {
	t.Helper()
	conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "%s\r\n", command)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.TrimRight(line, "\r\n")
}

// silent checks that no data arrives for a while.
func silent(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v, want silence", n, err)
	}
}
