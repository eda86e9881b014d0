// Package testserver starts real PostgreSQL, MariaDB and Redis servers for
// tests, each on a free port of the loopback interface and with data of its own,
// from the programs that the machine has:
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }
//
//	func TestStore(t *testing.T) {
//		db, err := sql.Open("pgx", testserver.SharedPostgres(t))
//		…
//	}
//
// Where a program is missing the test is skipped with a sentence that says how to
// get it; with CI=true in the environment it fails instead, so that nothing is
// skipped there unnoticed.
//
// Servers and a [Proxy] in front of them can be made to fail in the ways in which
// they do: [Server.Kill], [Server.Pause], [Proxy.Refuse], [Proxy.Stall],
// [Proxy.CutReplies].
package testserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// kind is what the servers of one make have in common.
type kind struct {
	name     string
	programs []string // all of them are needed
	folders  []string // patterns of where they are when they are not on PATH
	remedy   string
	variable string // names a server to use instead of a shared one
}

// find returns the paths of the kind's programs, or the sentence that says what
// is missing.
func (k *kind) find() (map[string]string, error) {
	found := map[string]string{}
	for _, program := range k.programs {
		path, err := exec.LookPath(program)
		for _, pattern := range k.folders {
			if err == nil {
				break
			}
			candidates, _ := filepath.Glob(filepath.Join(pattern, program))
			slices.Sort(candidates)
			if len(candidates) > 0 {
				path, err = candidates[len(candidates)-1], nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s is not on PATH: %s", program, k.remedy)
		}
		found[program] = path
	}
	return found, nil
}

// need is find for a test that cannot go on without.
func (k *kind) need(t testing.TB) map[string]string {
	t.Helper()
	if !canRunServers {
		missing(t, k.name+" servers are started for tests on Unix only")
	}
	programs, err := k.find()
	if err != nil {
		missing(t, err.Error())
	}
	return programs
}

// missing ends a test that cannot run here.
func missing(t testing.TB, message string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

var errOutsideRun = errors.New("testserver: shared servers are stopped by Run: write func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }")

// shared are the servers that all tests of a program use.
var shared struct {
	mu      sync.Mutex
	running bool
	servers map[string]*Server
}

// Run runs the tests of a program and then stops the servers that they shared. It
// returns what TestMain is to give to os.Exit.
func Run(m *testing.M) int {
	shared.mu.Lock()
	shared.running, shared.servers = true, map[string]*Server{}
	shared.mu.Unlock()
	defer func() {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		for _, server := range shared.servers {
			server.remove()
		}
		shared.running = false
	}()
	return m.Run()
}

// share returns the URL of the server that the kind's variable names, or of one
// that is started for all tests of the program.
func (k *kind) share(t testing.TB, create func(testing.TB) *Server) string {
	t.Helper()
	if named := os.Getenv(k.variable); named != "" {
		return named
	}
	k.need(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.running {
		t.Fatal(errOutsideRun)
	}
	server := shared.servers[k.name]
	if server == nil {
		server = create(t)
		shared.servers[k.name] = server
		server.start(t)
	}
	return server.URL()
}
