package testserver

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is the time that a server may take to answer, or to end, on a busy machine.
const patience = 90 * time.Second

// Server is a server that was started for a test. If a method cannot do its work, it fails this
// test. A Server is not safe for use by several goroutines.
type Server struct {
	kind    *kind
	t       testing.TB
	folder  string
	port    int
	options []string // in the form of its constructor
	command func() *exec.Cmd
	ready   func(net.Conn) error // returns nil if the server accepts queries
	orderly syscall.Signal       // the signal for a regular shutdown
	url     func(address string) string
	account *account // the user that the server runs as; nil: the user of the test

	mu      sync.Mutex
	process *os.Process // nil while the server is not running
	ended   chan struct{}
}

// newServer returns a server with a folder and a port, not started yet.
func newServer(t testing.TB, k *kind) *Server {
	t.Helper()
	folder, err := os.MkdirTemp("", "sessiongen-"+k.name+"-")
	if err != nil {
		t.Fatal(err)
	}
	return &Server{kind: k, t: t, folder: folder, port: freePort(t), orderly: syscall.SIGTERM}
}

// own starts a server that ends with the test.
func (s *Server) own() *Server {
	s.t.Helper()
	s.t.Cleanup(s.remove)
	s.start(s.t)
	return s
}

// freePort finds a free port, of which the port 10000 above is also free: nodes of a Redis
// Cluster use both. It avoids the ports that the system gives to outgoing connections.
func freePort(t testing.TB) int {
	t.Helper()
	for range 200 {
		port := 11000 + rand.N(10000)
		if listens(port) && listens(port+10000) {
			return port
		}
	}
	t.Fatal("testserver: there is no free port")
	return 0
}

func listens(port int) bool {
	listener, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Address returns the server's host and port.
func (s *Server) Address() string { return loopback(s.port) }

// URL returns the data source name for the server's driver: a postgres:// or redis:// URL, or a
// DSN in the format of go-sql-driver/mysql.
func (s *Server) URL() string { return s.url(s.Address()) }

// URLAt returns the URL of the server at another address, such as that of a [Proxy].
func (s *Server) URLAt(address string) string { return s.url(address) }

// Log returns the output of the server since its first start.
func (s *Server) Log() string {
	printed, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(printed)
}

func (s *Server) logFile() string { return filepath.Join(s.folder, "log") }

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Start starts the server again, with the same port and data, and waits until it accepts
// queries.
func (s *Server) Start() {
	s.t.Helper()
	s.start(s.t)
}

// StartWith is Start with other options than those that the server was made with, in the same
// form.
func (s *Server) StartWith(options ...string) {
	s.t.Helper()
	s.options = options
	s.start(s.t)
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		problem := s.attempt(deadline)
		if problem == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("testserver: %s does not start: %v\n%s", s.kind.name, problem, tail(s.Log()))
		}
		time.Sleep(50 * time.Millisecond) // the port of a killed server may not be free yet
	}
}

// attempt starts the program and returns when it accepts queries or has ended.
func (s *Server) attempt(deadline time.Time) error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := s.command()
	command.Dir = s.folder
	command.Stdout, command.Stderr = log, log
	s.account.apply(command)
	if err := spawn(command); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		command.Wait()
		close(ended)
	}()
	s.mu.Lock()
	s.process, s.ended = command.Process, ended
	s.mu.Unlock()
	for {
		problem := s.ask()
		if problem == nil {
			return nil
		}
		select {
		case <-ended:
			s.forget()
			return fmt.Errorf("it has ended: %s", command.ProcessState)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.signal(syscall.SIGKILL)
			return problem
		}
	}
}

func (s *Server) ask() error {
	conn, err := net.DialTimeout("tcp", s.Address(), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	return s.ready(conn)
}

// Kill ends the server as kill -9 does. Data that it has not written is lost.
func (s *Server) Kill() {
	s.t.Helper()
	s.end(s.t, syscall.SIGKILL)
}

// Stop shuts the server down.
func (s *Server) Stop() {
	s.t.Helper()
	s.end(s.t, s.orderly)
}

func (s *Server) end(t testing.TB, signal syscall.Signal) {
	t.Helper()
	ended := s.signal(signal)
	if ended == nil {
		return
	}
	select {
	case <-ended:
		s.forget()
	case <-time.After(patience):
		t.Fatalf("testserver: %s does not end\n%s", s.kind.name, tail(s.Log()))
	}
}

// Pause suspends the server: connections stay open, and get no answers.
func (s *Server) Pause() { s.signal(pauseSignal) }

// Resume continues a paused server.
func (s *Server) Resume() { s.signal(resumeSignal) }

// signal sends a signal. It returns a channel that is closed when the process ends, or nil if
// there is no process.
func (s *Server) signal(signal syscall.Signal) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.process.Signal(signal)
	return s.ended
}

func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = nil
}

// remove kills the server and deletes its data.
func (s *Server) remove() {
	if ended := s.signal(syscall.SIGKILL); ended != nil {
		<-ended
		s.forget()
	}
	// Children of a killed server may still write for a moment.
	for range 100 {
		if os.RemoveAll(s.folder) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// tail returns the end of a log.
func tail(log string) string {
	const most = 3000
	if len(log) > most {
		log = "…" + log[len(log)-most:]
	}
	return log
}

// output runs a program to its end.
func output(t testing.TB, a *account, command *exec.Cmd) {
	t.Helper()
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	a.apply(command)
	if err := spawn(command); err != nil {
		t.Fatalf("testserver: %s: %v", command.Path, err)
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("testserver: %s: %v\n%s", command.Path, err, tail(out.String()))
	}
}
