// Package store measures stores: how many commands a request costs on a real server, and
// how much memory a million sessions take, and how long their sweep holds up a reader.
package store

import (
	"bytes"
	"encoding/binary"
	"net"
	"strconv"
	"sync"
	"testing"
)

// relay passes on what a client and a server say to each other, and counts the commands
// that the client sends, and how often it waits for an answer to some.
type relay struct {
	mu      sync.Mutex
	counted Count
	waiting bool
}

// Count is what was sent to a server.
type Count struct{ Commands, RoundTrips int }

// take returns what was sent since it was last asked.
func (r *relay) take() Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.counted
	r.counted = Count{}
	return n
}

func (r *relay) asked(commands int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted.Commands += commands
	r.waiting = true
}

func (r *relay) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting {
		r.counted.RoundTrips++
		r.waiting = false
	}
}

// counter finds the ends of commands in what a client sends, piece by piece.
type counter interface{ count(b []byte) int }

func relayTo(t testing.TB, target string, newCounter func() counter) (r *relay, address string) {
	t.Helper()
	r = &relay{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var copies sync.WaitGroup
	t.Cleanup(func() { listener.Close(); copies.Wait() })
	pass := func(from, to net.Conn, c counter) {
		defer from.Close()
		defer to.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			switch {
			case n == 0:
			case c != nil:
				r.asked(c.count(buffer[:n]))
			default:
				r.answered()
			}
			if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
				return
			}
		}
	}
	copies.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				return
			}
			copies.Go(func() { pass(client, server, newCounter()) })
			copies.Go(func() { pass(server, client, nil) })
		}
	})
	return r, listener.Addr().String()
}

// redisCommands counts arrays of bulk strings, which is what clients of Redis send.
type redisCommands struct{ rest []byte }

func (c *redisCommands) count(b []byte) (n int) {
	c.rest = append(c.rest, b...)
	for {
		length := redisCommand(c.rest)
		if length == 0 {
			return n
		}
		c.rest = c.rest[length:]
		n++
	}
}

// redisCommand is the length of the command that the data begin with, 0 if it is not
// complete.
func redisCommand(data []byte) int {
	words, at := redisNumber(data, 0, '*')
	for range words {
		length, next := redisNumber(data, at, '$')
		if next == 0 || next+length+2 > len(data) {
			return 0
		}
		at = next + length + 2
	}
	return at
}

func redisNumber(data []byte, at int, kind byte) (number, next int) {
	end := bytes.Index(data[at:], []byte("\r\n"))
	if end < 1 || data[at] != kind {
		return 0, 0
	}
	number, err := strconv.Atoi(string(data[at+1 : at+end]))
	if err != nil {
		return 0, 0
	}
	return number, at + end + 2
}

// postgresCommands counts Query and Sync messages: each of them is answered, and waited
// for.
type postgresCommands struct {
	rest    []byte
	greeted bool
}

func (c *postgresCommands) count(b []byte) (n int) {
	c.rest = append(c.rest, b...)
	for {
		kind, at := byte(0), 0
		if c.greeted {
			if len(c.rest) == 0 {
				return n
			}
			kind, at = c.rest[0], 1
		}
		if len(c.rest) < at+4 {
			return n
		}
		length := at + int(binary.BigEndian.Uint32(c.rest[at:]))
		if len(c.rest) < length {
			return n
		}
		c.rest, c.greeted = c.rest[length:], true
		if kind == 'Q' || kind == 'S' {
			n++
		}
	}
}
