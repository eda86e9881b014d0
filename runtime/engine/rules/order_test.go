package rules

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// journal is a response that notes in which order things happen to it. It stands for the
// connection: what is noted has left the program.
type journal struct {
	header http.Header
	events []string
	begun  bool
}

func (j *journal) note(event string) { j.events = append(j.events, event) }

func (j *journal) Header() http.Header { return j.header }

func (j *journal) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		j.note(fmt.Sprint(status))
		return
	}
	j.begun = true
	cookie := ""
	if slices.ContainsFunc(j.header["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, testsite.SessionCookie+"=") }) {
		cookie = " with the cookie"
	}
	j.note(fmt.Sprint(status, cookie))
}

func (j *journal) begin() {
	if !j.begun {
		j.WriteHeader(http.StatusOK)
	}
}

func (j *journal) Write(b []byte) (int, error) {
	j.begin()
	j.note("body")
	return len(b), nil
}

func (j *journal) Flush() { j.begin(); j.note("flush") }

func (j *journal) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	j.note("hijack" + strings.TrimPrefix(fmt.Sprint(len(j.header["Set-Cookie"])), "0"))
	ours, theirs := net.Pipe()
	theirs.Close()
	return ours, bufio.NewReadWriter(bufio.NewReader(ours), bufio.NewWriter(ours)), nil
}

// beginnings are the ways in which a response may begin; each reports the error that the
// handler sees.
var beginnings = []struct {
	name    string
	begin   func(w http.ResponseWriter) error
	success string // after the store's call
}{
	{"nothing", func(http.ResponseWriter) error { return nil }, ""},
	{"WriteHeader", func(w http.ResponseWriter) error { w.WriteHeader(204); return nil }, "204 with the cookie"},
	{"Write", func(w http.ResponseWriter) error { _, err := w.Write([]byte("x")); return err }, "200 with the cookie, body"},
	{"WriteString", func(w http.ResponseWriter) error { _, err := io.WriteString(w, "x"); return err }, "200 with the cookie, body"},
	{"ReadFrom", func(w http.ResponseWriter) error {
		_, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("x"))
		return err
	}, "200 with the cookie, body"},
	{"Flush", func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }, "200 with the cookie, flush"},
	{"103, then Write", func(w http.ResponseWriter) error {
		w.WriteHeader(103)
		_, err := w.Write([]byte("x"))
		return err
	}, "200 with the cookie, body"},
	{"101", func(w http.ResponseWriter) error { w.WriteHeader(101); return nil }, "101 with the cookie"},
	{"Hijack", func(w http.ResponseWriter) error {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
		return err
	}, "hijack1"},
}

// However a response begins: first the store has the session, then the browser gets the
// cookie, then the page. If the store does not take it, all that leaves is a clean error
// page: 503 where another try may help, 500 where it will not.
func TestR5_PersistThenCookieThenBody(t *testing.T) {
	synctest.Test(t, persistThenCookieThenBody) // where the pauses between repetitions take no time
}

func persistThenCookieThenBody(t *testing.T) {
	for _, c := range beginnings {
		for _, fault := range []string{"", "refused", "reply lost", "cannot be encoded", "panic before", "panic after"} {
			for _, call := range []string{"create", "update"} {
				name := fmt.Sprintf("%s, %s, %q", c.name, call, fault)
				j := &journal{header: http.Header{}}
				s := testsite.New(t)
				b := s.Browser()
				if call == "update" {
					b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
				}
				s.Store.Stand(func(made string) error {
					if made == call && fault == "refused" {
						return testsite.ErrDown
					}
					return nil
				}, func(made string) error {
					if made == call {
						j.note(made)
						if fault == "reply lost" {
							return testsite.ErrDown
						}
					}
					return nil
				})
				var heard error
				func() {
					defer func() { _ = recover() }()
					b.Manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						v := shop.VisitorFrom(r.Context())
						v.SetUserID(7)
						w.Header().Set("Location", "/welcome")
						w.Header().Set("Etag", `"welcome"`)
						if fault == "cannot be encoded" {
							v.SetTheme(strings.Repeat("x", 5000))
						}
						if fault == "panic before" {
							panic("crash")
						}
						heard = c.begin(w)
						if fault == "panic after" {
							panic("crash")
						}
					})).ServeHTTP(j, b.Request("GET"))
				}()
				s.Store.Stand(nil, nil)
				want := call
				if c.success != "" {
					want += ", " + c.success
				}
				status := 0
				switch fault {
				case "refused":
					want, status = "503, body", 503
				case "reply lost":
					want, status = strings.Repeat(call+", ", 5)+"503, body", 503
				case "cannot be encoded":
					want, status = "500, body", 500
				case "panic before":
					want = ""
				case "panic after":
					if c.name == "nothing" {
						want = ""
					}
				}
				if strings.HasPrefix(c.name, "103") && fault != "panic before" {
					want = "103, " + want
				}
				testsite.Equal(t, strings.Join(j.events, ", "), want, name)
				if status != 0 {
					testsite.Equal(t, heard != nil, slices.Contains([]string{"Write", "WriteString", "ReadFrom", "Flush", "103, then Write", "Hijack"}, c.name), name+": the handler hears of it")
					testsite.Equal(t, j.header.Get("Cache-Control"), "no-store", name+": Cache-Control")
					testsite.Equal(t, j.header.Get("Location")+j.header.Get("Etag"), "", name+": what the handler has said of another page")
				}
			}
		}
	}
}
