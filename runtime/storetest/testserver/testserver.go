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

// kind is a kind of server.
type kind struct {
	name     string
	programs []string // the programs that it needs
	folders  []string // patterns of folders to search for programs that are not on PATH
	remedy   string   // how to install the programs, or do without
	variable string   // the environment variable that names a server to use as the shared one
}

// find returns the paths of the programs, or an error that names the missing program and the
// remedy.
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

// need is find for a test that cannot run without the programs.
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

// missing skips a test that cannot run on this machine. In CI, it fails the test.
func missing(t testing.TB, message string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

var errOutsideRun = errors.New("testserver: only Run stops shared servers: write func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }")

// shared holds the servers that all tests of a program use.
var shared struct {
	mu      sync.Mutex
	running bool
	servers map[string]*Server
}

// Run runs the tests of a program and then stops the shared servers. It returns the code that
// TestMain passes to os.Exit.
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

// share returns the URL of the server that the kind's variable names, or of one that is started
// for all tests of the program.
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
