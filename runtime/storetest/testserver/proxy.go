package testserver

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is a relay between clients and a server that can make their connections fail as networks
// do. It is safe for use by several goroutines.
type Proxy struct {
	target  string
	address string

	mu       sync.Mutex
	changed  *sync.Cond
	mode     mode
	delay    time.Duration
	cuts     int
	closed   bool
	listener net.Listener // nil while connections are refused
	conns    map[*net.TCPConn]bool
	running  sync.WaitGroup
}

// mode is the treatment of data in transit.
type mode int

const (
	passing mode = iota
	stalling
	cutting
)

// NewProxy starts a relay to a server's address, which ends with the test. At first it relays
// everything.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{target: target, conns: map[*net.TCPConn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	if err := p.listen(loopback(0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// Address returns the relay's host and port.
func (p *Proxy) Address() string { return p.address }

// Pass relays everything, also data that was held back.
func (p *Proxy) Pass() {
	p.set(passing, 0)
	p.mu.Lock()
	refusing := p.listener == nil && !p.closed
	p.mu.Unlock()
	if !refusing {
		return
	}
	// Another program may have taken the port meanwhile, but will release it.
	for range 500 {
		if p.listen(p.address) == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Refuse resets all connections and refuses new ones.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	p.reset()
}

// Stall accepts data from clients and answers nothing. It accepts new connections, too.
func (p *Proxy) Stall() { p.set(stalling, 0) }

// Delay relays everything, each part of an answer after a delay.
func (p *Proxy) Delay(d time.Duration) { p.set(passing, d) }

// CutReplies relays requests to the server, and resets the connection instead of relaying the
// answer. It cuts existing connections at their next answer, and new connections at their first
// answer.
func (p *Proxy) CutReplies() { p.set(cutting, 0) }

// Cuts returns the number of answers that [Proxy.CutReplies] has kept from clients.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Reset resets all connections. It accepts new ones.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset()
}

func (p *Proxy) set(m mode, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.delay = m, delay
	p.changed.Broadcast()
}

func (p *Proxy) listen(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.address = listener, listener.Addr().String()
	p.running.Go(func() { p.accept(listener) })
	return nil
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.relay(accepted.(*net.TCPConn)) })
	}
}

func (p *Proxy) relay(client *net.TCPConn) {
	dialled, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		abort(client)
		return
	}
	server := dialled.(*net.TCPConn)
	if !p.keep(client, server) {
		return
	}
	p.running.Go(func() {
		p.copy(server, client, false)
		p.drop(client, server)
	})
	p.copy(client, server, true)
	p.drop(client, server)
}

// copy relays data from one side until that side ends.
func (p *Proxy) copy(to, from *net.TCPConn, answers bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && (!p.passes(answers, from) || !write(to, buffer[:n])) {
			return
		}
		if err != nil {
			return
		}
	}
}

func write(to *net.TCPConn, b []byte) bool {
	_, err := to.Write(b)
	return err == nil
}

// passes waits until data may be relayed, and reports whether it may.
func (p *Proxy) passes(answer bool, from *net.TCPConn) bool {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	if answer && delay > 0 {
		time.Sleep(delay)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.mode == stalling && p.conns[from] && !p.closed {
		p.changed.Wait()
	}
	if p.mode == cutting && answer {
		p.cuts++
		return false
	}
	return p.conns[from]
}

func (p *Proxy) keep(conns ...*net.TCPConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		if p.closed || p.listener == nil {
			abort(conn)
		} else {
			p.conns[conn] = true
		}
	}
	return !p.closed && p.listener != nil
}

func (p *Proxy) drop(conns ...*net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		if p.mode == cutting {
			conn.SetLinger(0)
		}
		conn.Close()
		delete(p.conns, conn)
	}
	p.changed.Broadcast()
}

// reset requires that the lock is held.
func (p *Proxy) reset() {
	for conn := range p.conns {
		abort(conn)
		delete(p.conns, conn)
	}
	p.changed.Broadcast()
}

// abort closes a connection by a reset.
func abort(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed, p.delay = true, 0
	if p.listener != nil {
		p.listener.Close()
	}
	p.reset()
	p.mu.Unlock()
	p.running.Wait()
}
