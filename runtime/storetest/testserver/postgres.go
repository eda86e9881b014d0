package testserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

var postgres = &kind{
	name:     "PostgreSQL",
	programs: []string{"initdb", "postgres"},
	folders:  []string{"/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin"},
	remedy:   "install PostgreSQL (`apt-get install postgresql`), or name a server's URL in SESSIONGEN_TEST_POSTGRES",
	variable: "SESSIONGEN_TEST_POSTGRES",
}

// SharedPostgres returns the URL of a PostgreSQL server that all tests of the program share. The
// server is the one that SESSIONGEN_TEST_POSTGRES names, or one that SharedPostgres starts,
// which requires [Run].
func SharedPostgres(t testing.TB) string {
	t.Helper()
	return postgres.share(t, func(t testing.TB) *Server { return newPostgres(t) })
}

// Postgres starts a PostgreSQL server that ends with the test. The settings are those of
// postgresql.conf, such as "log_statement=all".
func Postgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	return newPostgres(t, settings...).own()
}

// PostgresStandby starts a hot standby of a PostgreSQL server: a copy made by pg_basebackup that
// follows the server and answers queries. It ends with the test.
func PostgresStandby(t testing.TB, primary *Server) *Server {
	t.Helper()
	backup := (&kind{programs: []string{"pg_basebackup"}, folders: postgres.folders, remedy: postgres.remedy}).need(t)["pg_basebackup"]
	s := emptyPostgres(t)
	host, port, err := net.SplitHostPort(primary.Address())
	if err != nil {
		t.Fatal(err)
	}
	copying := exec.Command(backup, "-D", s.data(), "-h", host, "-p", port, "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync")
	copying.Dir = s.folder
	output(t, s.account, copying)
	return s.own()
}

func newPostgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := emptyPostgres(t, settings...)
	initialise := exec.Command(postgres.need(t)["initdb"], "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initialise.Dir = s.folder
	output(t, s.account, initialise)
	return s
}

// emptyPostgres returns a server whose data directory is still empty.
func emptyPostgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	programs := postgres.need(t)
	s := newServer(t, postgres)
	s.options = settings
	s.account = unprivileged("postgres")
	s.orderly = syscall.SIGINT // does not wait for clients to disconnect
	s.url = func(address string) string {
		return "postgres://postgres@" + address + "/postgres?sslmode=disable"
	}
	s.ready = askPostgres
	s.command = func() *exec.Cmd {
		args := []string{
			"-D", s.data(), "-p", strconv.Itoa(s.port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300",
			// Tests kill processes, never the machine: no data has to reach the disk.
			"-c", "fsync=off",
			"-c", "deadlock_timeout=100ms",
		}
		for _, setting := range s.options {
			args = append(args, "-c", setting)
		}
		return exec.Command(programs["postgres"], args...)
	}
	if err := errors.Join(os.Chmod(s.folder, 0o755), os.Mkdir(s.data(), 0o700), s.account.own(s.data())); err != nil {
		t.Fatal(err)
	}
	return s
}

// askPostgres sends a startup message, which a server refuses while it starts or recovers.
func askPostgres(conn net.Conn) error {
	const protocol = 3 << 16
	parameters := "user\x00postgres\x00database\x00postgres\x00\x00"
	greeting := binary.BigEndian.AppendUint32(nil, uint32(8+len(parameters)))
	greeting = binary.BigEndian.AppendUint32(greeting, protocol)
	if _, err := conn.Write(append(greeting, parameters...)); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if answer[0] != 'R' {
		return fmt.Errorf("it answers %q to a startup message", answer)
	}
	return nil
}
