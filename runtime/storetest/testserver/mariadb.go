package testserver

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"testing"
)

var mariadb = &kind{
	name:     "MariaDB",
	programs: []string{"mariadb-install-db", "mariadbd"},
	folders:  []string{"/usr/sbin", "/usr/local/sbin"},
	remedy:   "install MariaDB (`apt-get install mariadb-server`), or name a server's DSN in SESSIONGEN_TEST_MARIADB",
	variable: "SESSIONGEN_TEST_MARIADB",
}

// SharedMariaDB returns the DSN, in the format of go-sql-driver/mysql, of a MariaDB server that
// all tests of the program share. The server is the one that SESSIONGEN_TEST_MARIADB names, or
// one that SharedMariaDB starts, which requires [Run].
func SharedMariaDB(t testing.TB) string {
	t.Helper()
	return mariadb.share(t, func(t testing.TB) *Server { return newMariaDB(t) })
}

// MariaDB starts a MariaDB server that ends with the test. The options are those of mariadbd
// without the dashes, such as "general-log=1".
func MariaDB(t testing.TB, options ...string) *Server {
	t.Helper()
	return newMariaDB(t, options...).own()
}

func newMariaDB(t testing.TB, options ...string) *Server {
	t.Helper()
	programs := mariadb.need(t)
	s := newServer(t, mariadb)
	s.options = options
	s.url = func(address string) string { return "root@tcp(" + address + ")/test" }
	s.ready = askMariaDB
	var asUser []string
	if os.Geteuid() == 0 {
		asUser = []string{"--user=root"} // mariadbd runs as root only if told so
	}
	s.command = func() *exec.Cmd {
		args := append([]string{
			"--no-defaults", "--datadir=" + s.data(), "--port=" + strconv.Itoa(s.port), "--bind-address=127.0.0.1",
			"--socket=" + s.folder + "/socket", "--pid-file=" + s.folder + "/pid", "--skip-name-resolve", "--max-connections=300",
			"--tmpdir=" + s.folder, // a server that starts removes the temporary tables of others
			// Tests kill processes, never the machine: data that the system has is safe.
			"--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
		}, asUser...)
		for _, option := range s.options {
			args = append(args, "--"+option)
		}
		return exec.Command(programs["mariadbd"], args...)
	}
	if me, err := user.Current(); err == nil && asUser == nil {
		asUser = []string{"--user=" + me.Username}
	}
	initialise := exec.Command(programs["mariadb-install-db"], append([]string{
		"--no-defaults", "--datadir=" + s.data(), "--auth-root-authentication-method=normal", "--skip-name-resolve",
		"--innodb-log-file-size=32M", "--tmpdir=" + s.folder,
	}, asUser...)...)
	initialise.Dir = s.folder
	output(t, nil, initialise)
	return s
}

// askMariaDB reads the greeting that the server sends when it accepts queries.
func askMariaDB(conn net.Conn) error {
	var greeting [5]byte
	if _, err := io.ReadFull(conn, greeting[:]); err != nil {
		return err
	}
	if version := greeting[4]; version != 10 {
		return fmt.Errorf("it uses protocol version %d", version)
	}
	return nil
}
