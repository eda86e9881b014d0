package testserver

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

var redis = &kind{
	name:     "Redis",
	programs: []string{"redis-server"},
	remedy:   "install Redis (`apt-get install redis-server`), or name a server's URL in SESSIONGEN_TEST_REDIS",
	variable: "SESSIONGEN_TEST_REDIS",
}

// redisProgram is the environment variable that names the program to start, such as
// valkey-server.
const redisProgram = "SESSIONGEN_TEST_REDIS_SERVER"

// SharedRedis returns the redis:// URL of a server that all tests of the program share. The
// server is the one that SESSIONGEN_TEST_REDIS names, or one that SharedRedis starts, which
// requires [Run].
func SharedRedis(t testing.TB) string {
	t.Helper()
	return redis.share(t, func(t testing.TB) *Server { return newRedis(t) })
}

// Redis starts a Redis server that ends with the test. The options are those of redis-server,
// such as "--appendonly", "yes". Without options, the server keeps nothing on disk. If
// SESSIONGEN_TEST_REDIS_SERVER names another program, such as valkey-server, Redis starts that
// one.
func Redis(t testing.TB, options ...string) *Server {
	t.Helper()
	return newRedis(t, options...).own()
}

func newRedis(t testing.TB, options ...string) *Server {
	t.Helper()
	program := os.Getenv(redisProgram)
	if program == "" {
		program = redis.need(t)["redis-server"]
	}
	s := newServer(t, redis)
	s.options = options
	s.url = func(address string) string { return "redis://" + address }
	s.ready = func(conn net.Conn) error {
		answer, err := redisCommand(conn, "PING")
		if err == nil && answer != "+PONG" {
			err = fmt.Errorf("it answers %q to PING", answer)
		}
		return err
	}
	s.command = func() *exec.Cmd {
		args := append([]string{
			"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.data(),
			"--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0",
		}, s.options...)
		return exec.Command(program, args...)
	}
	if err := os.Mkdir(s.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

// redisCommand sends a command and returns the first line of the answer.
func redisCommand(conn net.Conn, words ...string) (string, error) {
	if _, err := fmt.Fprintf(conn, "%s\r\n", strings.Join(words, " ")); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
