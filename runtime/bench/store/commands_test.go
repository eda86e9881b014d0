package store

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }

func TestCommandsPerRequest(t *testing.T) {
	ours := []Count{{0, 0}, {1, 1}, {1, 1}, {1, 1}, {2, 2}, {2, 2}}
	want := map[string][]Count{
		"sessiongen, Redis": ours, "sessiongen, PostgreSQL": ours,
		"scs, Redis, idle timeout":      {{1, 1}, {4, 1}, {5, 2}, {5, 2}, {5, 2}, {6, 3}}, // it writes with MULTI, SET, PEXPIREAT and EXEC
		"scs, PostgreSQL, idle timeout": {{1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2}, {3, 3}},
	}
	for _, c := range CountAll(t) {
		t.Logf("%s: %v: %v, Set-Cookie %v", c.Name, Requests, c.Counts, c.SetCookies)
		sends := []bool{false, true, false, false, false, true}
		if strings.HasPrefix(c.Name, "scs") {
			sends = []bool{false, true, true, true, true, true}
		}
		if !slices.Equal(c.Counts, want[c.Name]) || !slices.Equal(c.SetCookies, sends) {
			t.Errorf("%s: %v, Set-Cookie %v, want %v, %v", c.Name, c.Counts, c.SetCookies, want[c.Name], sends)
		}
	}
}

// Whoever counts must see a command that comes in pieces, and several in one.
func TestCounters(t *testing.T) {
	redis := "*2\r\n$3\r\nGET\r\n$4\r\n*1\r\n\r\n*1\r\n$4\r\nPING\r\n"
	postgres := "\x00\x00\x00\x08\x00\x03\x00\x00" + "P\x00\x00\x00\x05x" + "S\x00\x00\x00\x04" + "Q\x00\x00\x00\x05x"
	for _, c := range []struct {
		text string
		new  func() counter
	}{{redis, func() counter { return &redisCommands{} }}, {postgres, func() counter { return &postgresCommands{} }}} {
		for size := 1; size <= len(c.text); size++ {
			counts, n := c.new(), 0
			for piece := range slices.Chunk([]byte(c.text), size) {
				n += counts.count(piece)
			}
			if n != 2 {
				t.Errorf("in pieces of %d bytes: %d commands", size, n)
			}
		}
	}
}
