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
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestR5_TheCookieIsSentHoweverTheResponseBegins(t *testing.T) {
	s := testsite.New(t)
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
		b := s.Browser()
		response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			v.SetUserID(7)
			respond(w)
			v.AddVisits(1) // needs no cookie, so it is still in time
		})
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, name+": visits set after the response began")
	}
}

func TestR5_HijackAndSwitchingProtocolsCommitFirst(t *testing.T) {
	s := testsite.New(t)
	url := s.Server(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
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
		testsite.Equal(t, response.StatusCode, 101, path+": status")
		b := s.Browser()
		b.Keep(response)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, path+": user")
	}
}

func TestResponseControllerReachesTheConnection(t *testing.T) {
	s := testsite.New(t)
	url := s.Server(func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
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
	s := testsite.New(t)
	url := s.Server(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		if calls := s.Store.Took(); calls != "" {
			t.Errorf("103 committed: %s", calls)
		}
		v.SetUserID(7)
	})
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, "cookies")
}

func TestR5_and_R18_APanicCommitsNothingButDestroy(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	crash := func(change func(v *shop.Visitor)) (recovered any) {
		defer func() { recovered = recover() }()
		b.Visit(func(v *shop.Visitor) { change(v); panic("crash") })
		return nil
	}
	testsite.Equal(t, crash(func(v *shop.Visitor) { v.AddVisits(1); v.SetTheme("dark") }), "crash", "what the server sees")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits of the handler that panicked")
	crash(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user after Destroy and a panic")
}

func TestR18_AClientThatIsGoneLosesNothing(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	ctx, cancel := context.WithCancel(t.Context())
	s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shop.VisitorFrom(r.Context()).AddVisits(1)
		cancel()
	})).ServeHTTP(httptest.NewRecorder(), b.Request("GET").WithContext(ctx))
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
}

func TestR18_TimeoutHandlerInsideAndOutside(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		v.SetUserID(7)
		w.Write([]byte("done"))
	})
	for name, nested := range map[string]http.Handler{
		"inside":  s.Visitors.Middleware(http.TimeoutHandler(h, time.Minute, "")),
		"outside": http.TimeoutHandler(s.Visitors.Middleware(h), time.Minute, ""),
	} {
		w := httptest.NewRecorder()
		nested.ServeHTTP(w, b.Request("GET"))
		b.Keep(w.Result())
		testsite.Equal(t, w.Body.String(), "done", name+": body")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user")
	}
}

func TestNestedMiddlewaresCommitSeparately(t *testing.T) {
	s := testsite.New(t)
	w := httptest.NewRecorder()
	b := s.Browser()
	var outer *shop.Visitor
	s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer = shop.VisitorFrom(r.Context())
		outer.SetTheme("dark")
		s.NewManager().Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := shop.VisitorFrom(r.Context())
			if inner == outer {
				t.Error("the inner handler has the outer session")
			}
			inner.SetFavoriteColor(shop.Blue)
			w.Write(nil)
		})).ServeHTTP(w, r)
	})).ServeHTTP(w, b.Request("GET"))
	testsite.Equal(t, len(w.Result().Header["Set-Cookie"]), 2, "cookies")
}

// The hook hears of the last commit after it is over: what it changes then is lost, and
// it is told so. What it ends has ended.
func TestChangesAfterTheLastCommitAreTooLate(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	var kept *shop.Visitor
	b.Manager = s.NewManager(runtime.WithEvents(func(ctx context.Context, e runtime.Event) {
		s.Record(ctx, e)
		if e.Kind == runtime.EventCreated {
			kept.AddVisits(1)
			kept.Destroy()
		}
	}))
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); kept = v })
	testsite.Equal(t, s.Count(runtime.EventTooLate), 1, "too late events")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
}

func TestR5_NoPageAfterAPanicInTheMiddleOfACommit(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	other, runs := b.Clone(), 0
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		other.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
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
	testsite.Equal(t, response.StatusCode, 503, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Team), "", "team")
	testsite.Equal(t, s.Count(runtime.EventCommitFailed), 1, "events")
}

// A goroutine of the handler may use the session while a response with the application's own
// cookie begins.
func TestResponseBeginsBesideAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				// Only the bubble's clock orders this behind the first byte, so the race detector
				// sees each access that the lock does not guard.
				time.Sleep(time.Millisecond)
				v.AddVisits(1)
			}()
			w.Header().Set("Set-Cookie", "a=b")
			w.WriteHeader(http.StatusOK)
			<-done
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
	})
}
