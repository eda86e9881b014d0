package sqlstore_test

import (
	"net"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// relay forwards data between a client and a server, and counts the round trips.
type relay struct {
	mu      sync.Mutex
	trips   int
	waiting bool // for an answer to what the client has sent
}

// count returns the number of round trips since its last call.
func (r *relay) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.trips
	r.trips = 0
	return n
}

func (r *relay) asked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = true
}

func (r *relay) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting {
		r.trips++
		r.waiting = false
	}
}

func relayTo(t testing.TB, target string) (r *relay, address string) {
	t.Helper()
	r = &relay{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var copies sync.WaitGroup
	t.Cleanup(func() { listener.Close(); copies.Wait() })
	copy := func(from, to net.Conn, each func()) {
		defer from.Close()
		defer to.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				each()
				if _, err := to.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
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
			copies.Go(func() { copy(client, server, r.asked) })
			copies.Go(func() { copy(server, client, r.answered) })
		}
	})
	return r, listener.Addr().String()
}

// trips returns a site and a function that counts its round trips to the database. For SQLite,
// which has none, it counts statements.
func (d database) trips(t *testing.T) (visitors *shop.VisitorManager, count func() int, aged func()) {
	t.Helper()
	url := d.url(t)
	tables := prefix()
	var e events
	if d.name == "SQLite" {
		db, w := d.watch(t, url)
		var mu sync.Mutex
		statements := 0
		w.stand(func(op, _ string, _ int) error {
			mu.Lock()
			defer mu.Unlock()
			if op != "connect" && op != "prepare" {
				statements++
			}
			return nil
		}, nil)
		visitors = shopOn(t, d.storeOn(t, db, tables), &e)
		return visitors, func() int {
			mu.Lock()
			defer mu.Unlock()
			n := statements
			statements = 0
			return n
		}, func() { age(t, d.connect(t, url), tables) }
	}
	direct := d.connect(t, url)
	r, address := relayTo(t, addressPart.FindString(url))
	db := d.connect(t, addressPart.ReplaceAllLiteralString(url, address))
	db.SetMaxOpenConns(1) // which has soon prepared everything
	visitors = shopOn(t, d.storeOn(t, db, tables), &e)
	return visitors, r.count, func() { age(t, direct, tables) }
}

func TestRoundTripsOfRequests(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		visitors, trips, older := d.trips(t)
		b := &browser{visitors: visitors}
		scenario := []struct {
			name string
			want int
			do   func()
		}{
			{"no cookie", 0, func() { (&browser{visitors: visitors}).visitOK(t, func(v *shop.Visitor) { v.UserID() }) }},
			{"malformed cookie", 0, func() {
				(&browser{visitors: visitors, cookie: "malformed"}).visitOK(t, func(v *shop.Visitor) { v.UserID() })
			}},
			{"new session", 1, func() { b.visitOK(t, func(v *shop.Visitor) { v.SetVisits(1) }) }},
			{"untouched", 1, func() { b.visitOK(t, func(*shop.Visitor) {}) }},
			{"read one", 1, func() { b.visitOK(t, func(v *shop.Visitor) { v.Visits() }) }},
			{"write one", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.AddVisits(1) }) }},
			{"sign in", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) }) }},
			{"renew", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.Renew() }) }},
			{"sign in as another", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(8) }) }},
			{"read within a tenth of idle", 1, func() { b.visitOK(t, func(v *shop.Visitor) { v.UserID() }) }},
			{"read after a tenth of idle", 2, func() { older(); b.visitOK(t, func(v *shop.Visitor) { v.UserID() }) }},
			{"read again", 1, func() { b.visitOK(t, func(v *shop.Visitor) { v.UserID() }) }},
			{"list", 1, func() {
				if infos, err := visitors.ListByUserID(t.Context(), 8); len(infos) != 1 || err != nil {
					t.Errorf("%d, %v", len(infos), err)
				}
			}},
			{"write with a team", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.AddVisits(1) }) }},
			{"sign out", 2, func() { b.visitOK(t, func(v *shop.Visitor) { v.Destroy() }) }},
		}
		for pass := range 2 { // the first prepares
			b.cookie = ""
			for _, step := range scenario {
				if step.name == "write with a team" {
					b.visitOK(t, func(v *shop.Visitor) { v.SetTeam("red") })
				}
				trips()
				step.do()
				if got := trips(); pass == 1 && got != step.want {
					t.Errorf("%s: %d round trips, want %d", step.name, got, step.want)
				}
			}
		}
	})
}

// Calls that take more round trips.
func TestRoundTripsOfFurtherTerms(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		visitors, trips, _ := d.trips(t)
		for pass := range 2 {
			b := &browser{visitors: visitors}
			b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
			trips()
			b.visitOK(t, func(v *shop.Visitor) { v.SetTeam("red") })
			joining := trips()
			b.visitOK(t, func(v *shop.Visitor) { v.SetTeam("blue") })
			moving := trips()
			b.visitOK(t, func(v *shop.Visitor) { v.AddVisits(1) })
			writing := trips()
			if n, err := visitors.RevokeByTeam(t.Context(), "blue"); n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if pass == 1 {
				t.Logf("a second term given: %d, changed: %d, kept: %d, revoked by it: %d", joining, moving, writing, trips())
				equal(t, writing, 2, "round trips of a write that keeps both terms")
			}
		}
	})
}
