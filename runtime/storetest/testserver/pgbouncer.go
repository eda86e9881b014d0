package testserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

var pgbouncer = &kind{
	name:     "PgBouncer",
	programs: []string{"pgbouncer"},
	folders:  []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"},
	remedy:   "install PgBouncer (`apt-get install pgbouncer`)",
}

// PgBouncer starts a PgBouncer in front of a PostgreSQL server, with the pool mode "transaction"
// and up to ten connections to the server. It ends with the test. The settings are those of
// pgbouncer.ini, such as "max_prepared_statements = 100".
func PgBouncer(t testing.TB, of *Server, settings ...string) *Server {
	t.Helper()
	program := pgbouncer.need(t)["pgbouncer"]
	s := newServer(t, pgbouncer)
	s.options = settings
	s.account = unprivileged("postgres")
	s.orderly = syscall.SIGINT
	s.url = of.url
	s.ready = askPostgres
	host, port, err := net.SplitHostPort(of.Address())
	if err != nil {
		t.Fatal(err)
	}
	config, users := filepath.Join(s.folder, "pgbouncer.ini"), filepath.Join(s.folder, "users.txt")
	s.command = func() *exec.Cmd {
		text := fmt.Sprintf("[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
			"auth_type = trust\nauth_file = %s\npool_mode = transaction\ndefault_pool_size = 10\n", host, port, s.port, users)
		for _, setting := range s.options {
			text += setting + "\n"
		}
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return exec.Command(program, config)
	}
	err = errors.Join(os.Chmod(s.folder, 0o755), os.WriteFile(users, []byte("\"postgres\" \"\"\n"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return s.own()
}
