package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// folder is where the program is built, once for all tests.
var folder string

var built = sync.OnceValues(func() (binary string, err error) {
	binary = filepath.Join(folder, "example.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // what is parallel here mostly waits
	flag.Parse()
	var err error
	if folder, err = os.MkdirTemp("", "sessiongen-example-"); err != nil {
		log.Fatal(err)
	}
	code := testserver.Run(m)
	if started.stop != nil {
		started.stop()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

var printedURL = regexp.MustCompile(`http://\S+`)

// start runs the program with args, waits for the URL that it prints, and returns
// it with a function that interrupts the program and waits for its end.
func start(t *testing.T, args ...string) (url string, interrupt func() error) {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, binary, args...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		url = printedURL.FindString(lines.Text())
	}
	if url == "" {
		t.Fatal("the program printed no URL")
	}
	return url, func() error {
		if err := command.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		io.Copy(io.Discard, out)
		return command.Wait()
	}
}

func TestProgram(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "new", "keys")
	url, interrupt := start(t, "-addr", "localhost:0", "-keys", keys)
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("Blot")) {
		t.Errorf("GET %s: %s, %v", url, response.Status, err)
	}
	info, err := os.Stat(keys)
	if err != nil {
		t.Fatal(err)
	}
	if goruntime.GOOS == "windows" {
		return // which has neither these permissions nor this signal
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the keys' file has the mode %v, want 0600", info.Mode())
	}
	if err := interrupt(); err != nil {
		t.Errorf("interrupted, the program ends with %v", err)
	}
}

func TestTakenPorts(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run(t.Context(), []string{"-addr", taken.Addr().String(), "-keys", filepath.Join(t.TempDir(), "keys")}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "another program listens on "+taken.Addr().String()) {
		t.Errorf("an address that was asked for and is taken: %v", err)
	}

	// Whoever has the default port, there is one to be had.
	if first, err := net.Listen("tcp", defaultAddress); err == nil {
		defer first.Close()
	}
	var out bytes.Buffer
	free, err := listen(defaultAddress, &out)
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	if !strings.Contains(out.String(), "free port") || free.Addr().(*net.TCPAddr).Port == 8080 {
		t.Errorf("with the default port taken, it listens on %s and says %q", free.Addr(), out.String())
	}
}

func TestFlags(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, &out); err != nil || !strings.Contains(out.String(), "-keys file") {
		t.Errorf("-h: %v\n%s", err, &out)
	}
	for _, args := range [][]string{{"-adr", "x"}, {"localhost:9"}, {"-keys", ""}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, lines := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "localhost:0", "-keys", filepath.Join(t.TempDir(), "keys")}, lines)
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
