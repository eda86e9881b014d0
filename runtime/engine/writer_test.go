package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestR5_TheCookieIsSentHoweverTheResponseBegins(t *testing.T) {
	s := newSite(t)
	for name, respond := range map[string]func(w http.ResponseWriter){
		"nothing":     func(http.ResponseWriter) {},
		"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) },
		"Write":       func(w http.ResponseWriter) { w.Write([]byte("x")) },
		"WriteString": func(w http.ResponseWriter) { io.WriteString(w, "x") },
		"ReadFrom":    func(w http.ResponseWriter) { w.(io.ReaderFrom).ReadFrom(strings.NewReader("x")) },
		"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"FlushError": func(w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		},
	} {
		b := s.browser()
		response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			v.SetUserID(7)
			respond(w)
			v.AddVisits(1) // needs no cookie, so it is still in time
		})
		equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies")
		equal(t, see(b, (*shop.Visitor).UserID), 7, name+": user")
		equal(t, see(b, (*shop.Visitor).Visits), 1, name+": visits set after the response began")
	}
}

// server runs a handler behind the middleware on a real connection.
func (s *site) server(h handler) (url string) {
	server := httptest.NewServer(s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(shop.VisitorFrom(r.Context()), w, r)
	})))
	s.t.Cleanup(server.Close)
	return server.URL
}

func TestR5_HijackAndSwitchingProtocolsCommitFirst(t *testing.T) {
	s := newSite(t)
	url := s.server(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.SetUserID(7)
		if r.URL.Path == "/101" {
			w.WriteHeader(http.StatusSwitchingProtocols)
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if r.URL.Path != "/101" {
			fmt.Fprintf(buffered, "HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: %s\r\n\r\n", w.Header().Get("Set-Cookie"))
		}
		fmt.Fprint(buffered, "hello")
		buffered.Flush()
	})
	for _, path := range []string{"/", "/101"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: shop.example\r\n\r\n", path)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(path, err)
		}
		equal(t, response.StatusCode, 101, path+": status")
		b := s.browser()
		b.keep(response)
		equal(t, see(b, (*shop.Visitor).UserID), 7, path+": user")
	}
}

func TestResponseControllerReachesTheConnection(t *testing.T) {
	s := newSite(t)
	url := s.server(func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		for name, err := range map[string]error{
			"read deadline":  control.SetReadDeadline(time.Now().Add(time.Minute)),
			"write deadline": control.SetWriteDeadline(time.Now().Add(time.Minute)),
			"full duplex":    control.EnableFullDuplex(),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestR5_EarlyHintsPassBeforeTheCommit(t *testing.T) {
	s := newSite(t)
	url := s.server(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		if calls := s.store.took(); calls != "" {
			t.Errorf("103 committed: %s", calls)
		}
		v.SetUserID(7)
	})
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	equal(t, len(response.Header["Set-Cookie"]), 1, "cookies")
}

func TestR5_and_R18_APanicCommitsNothingButDestroy(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	crash := func(change func(v *shop.Visitor)) (recovered any) {
		defer func() { recovered = recover() }()
		b.visit(func(v *shop.Visitor) { change(v); panic("crash") })
		return nil
	}
	equal(t, crash(func(v *shop.Visitor) { v.AddVisits(1); v.SetTheme("dark") }), "crash", "what the server sees")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits of the handler that panicked")
	crash(func(v *shop.Visitor) { v.Destroy() })
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user after Destroy and a panic")
}

func TestR18_AClientThatIsGoneLosesNothing(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	ctx, cancel := context.WithCancel(t.Context())
	s.visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shop.VisitorFrom(r.Context()).AddVisits(1)
		cancel()
	})).ServeHTTP(httptest.NewRecorder(), b.request("GET").WithContext(ctx))
	equal(t, see(b, (*shop.Visitor).Visits), 1, "visits")
}

func TestR18_TimeoutHandlerInsideAndOutside(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		v.SetUserID(7)
		w.Write([]byte("done"))
	})
	for name, nested := range map[string]http.Handler{
		"inside":  s.visitors.Middleware(http.TimeoutHandler(h, time.Minute, "")),
		"outside": http.TimeoutHandler(s.visitors.Middleware(h), time.Minute, ""),
	} {
		w := httptest.NewRecorder()
		nested.ServeHTTP(w, b.request("GET"))
		b.keep(w.Result())
		equal(t, w.Body.String(), "done", name+": body")
		equal(t, see(b, (*shop.Visitor).UserID), 7, name+": user")
	}
}

func TestNestedMiddlewaresCommitSeparately(t *testing.T) {
	s := newSite(t)
	w := httptest.NewRecorder()
	b := s.browser()
	var outer *shop.Visitor
	s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer = shop.VisitorFrom(r.Context())
		outer.SetTheme("dark")
		s.newManager().Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := shop.VisitorFrom(r.Context())
			if inner == outer {
				t.Error("the inner handler has the outer session")
			}
			inner.SetFavoriteColor(shop.Blue)
			w.Write(nil)
		})).ServeHTTP(w, r)
	})).ServeHTTP(w, b.request("GET"))
	equal(t, len(w.Result().Header["Set-Cookie"]), 2, "cookies")
}

// The hook hears of the last commit after it is over: what it changes then is lost, and
// it is told so.
func TestChangesAfterTheLastCommitAreTooLate(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	var kept *shop.Visitor
	b.manager = s.newManager(runtime.WithEvents(func(ctx context.Context, e runtime.Event) {
		s.record(ctx, e)
		if e.Kind == runtime.EventCreated {
			kept.AddVisits(1)
			kept.Destroy()
		}
	}))
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); kept = v })
	equal(t, s.count(runtime.EventTooLate), 2, "too late events")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestR5_NoPageAfterAPanicInTheMiddleOfACommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	other, runs := b.clone(), 0
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		other.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		v.SetTeam("red")
		v.UpdateUsername(func(name string) string {
			if runs++; runs > 1 {
				panic("crash")
			}
			return "john_doe"
		})
		v.AddVisits(100)
		func() {
			defer func() { _ = recover() }()
			fmt.Fprint(w, "saved")
		}()
		fmt.Fprint(w, "sorry")
	})
	equal(t, response.StatusCode, 503, "status")
	equal(t, see(b, (*shop.Visitor).Visits), 2, "visits")
	equal(t, see(b, (*shop.Visitor).Team), "", "team")
	equal(t, s.count(runtime.EventCommitFailed), 1, "events")
}
