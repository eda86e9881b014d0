package sealed_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// noise returns text that compression does not make shorter.
func noise(n int) string {
	source := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(source.Uint32())
	}
	return string(b)
}

// If a session is too large for a cookie, the commit fails before anything is sent or written:
// the response is the error page, and the earlier session stays.
func TestTooLarge(t *testing.T) {
	for name, options := range map[string][]sealed.Option{"plain": nil, "deflated": {sealed.WithDeflate(100)}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.visitors = s.manager(s.sealer(append(options, sealed.WithRevocations(s.watched()))...))
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			for _, size := range []int{3000, 4096, 16_000, 1_000_000} {
				s.took()
				var problem error
				response := b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
					v.SetUsername(noise(size))
					v.SetPassword("very secret")
					v.SetRole("admin")
					v.RevokeOthers()
					v.SetTicket(42)
					_, problem = w.Write([]byte("body"))
				})
				equal(t, response.StatusCode, http.StatusInternalServerError, "status")
				equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
				equal(t, s.took(), "Load Load", "store calls")
				if !errors.Is(problem, runtime.ErrCookie) || !strings.Contains(problem.Error(), "4096") ||
					!strings.Contains(problem.Error(), fmt.Sprintf("username (%d), password (15)", 3+len(binary.AppendUvarint(nil, uint64(size)))+size)) || strings.Contains(problem.Error(), "very secret") {
					t.Errorf("the error: %.300v", problem)
				}
			}
			equal(t, s.count(runtime.EventCommitFailed), 4, "commit failed events")
			equal(t, see(b, func(v *kiosk.Visitor) string { return fmt.Sprintf("%d %v %s", v.UserID(), v.HasUsername(), v.Role()) }), "7 false guest", "the session")
			// Ending it works all the same.
			b.visit(func(v *kiosk.Visitor) { v.SetUsername(noise(5000)); v.Destroy() })
			equal(t, see(s.with(b.had[0]), (*kiosk.Visitor).HasUserID), false, "signed in after the end")
			response := s.browser().visit(func(v *kiosk.Visitor) { v.SetUsername(noise(5000)) })
			equal(t, response.StatusCode, http.StatusInternalServerError, "status of a new session that is too large")
		})
	}
}

// The largest that fits is sent, and one byte more is not: keep checks each cookie.
func TestTheLargestThatFits(t *testing.T) {
	s := newSite(t)
	fits, largest := 0, 0
	for size := 2900; size < 3100; size++ {
		b := s.browser()
		if response := b.visit(func(v *kiosk.Visitor) { v.SetUsername(noise(size)) }); response.StatusCode == 200 {
			fits = size
			largest = max(largest, len(sessionCookie)+len(b.cookies[sessionCookie]))
			equal(t, see(b, (*kiosk.Visitor).Username), noise(size), "username")
		}
	}
	t.Logf("text of %d bytes makes a cookie of %d with its name", fits, largest)
	if largest != 4096 && largest != 4095 {
		t.Errorf("the largest cookie has %d bytes", largest)
	}
}

// deflated packs a frame as a store does, with a given size in its header.
func deflated(size int, contents []byte) []byte {
	b := bytes.NewBuffer(binary.AppendUvarint([]byte{1}, uint64(size)))
	w, _ := flate.NewWriter(b, flate.BestCompression)
	w.Write(contents)
	w.Close()
	return b.Bytes()
}

// content returns the fields that the benchmarks measure with.
func content(v *kiosk.Visitor) {
	v.SetUserID(1234567)
	v.SetUsername("john_doe_123")
	v.SetLoggedIn(true)
	v.SetLastSeen(time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC))
	v.SetRoles([]string{"admin", "editor", "viewer"})
	for i := range 5 {
		v.AppendCart(kiosk.Item{SKU: fmt.Sprintf("SKU-%05d", i), Qty: i + 1, Price: int64(1999 + i)})
	}
	v.SetTheme("dark")
}

func TestSizeTable(t *testing.T) {
	s := newSite(t)
	for _, row := range []struct {
		name   string
		most   int
		option sealed.Option
		fill   func(b *browser)
	}{
		{"a number", 110, nil, func(b *browser) { b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) }) }},
		{"signed in", 120, nil, func(b *browser) { b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) }) }},
		{"the content of the benchmarks", 390, nil, func(b *browser) { b.visit(content) }},
		{"the same, renewed, after RevokeBy", 410, nil, func(b *browser) {
			b.visit(content)
			_, err := b.manager.RevokeByUserID(t.Context(), 1234567)
			must(t, err)
			b.visit(content)
			b.visit((*kiosk.Visitor).Renew)
		}},
		{"the same, deflated", 330, sealed.WithDeflate(1), func(b *browser) { b.visit(content) }},
	} {
		b := s.browser()
		if row.option != nil {
			b.manager = s.manager(s.sealer(sealed.WithRevocations(s.records), row.option))
		}
		row.fill(b)
		size := len(b.cookies[sessionCookie])
		t.Logf("%-35s %4d bytes", row.name, size)
		if size > row.most {
			t.Errorf("%s: %d bytes, want at most %d", row.name, size, row.most)
		}
	}
}
