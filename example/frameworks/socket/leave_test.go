package main

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// pipes is a network in memory, so that a bubble knows when everybody in it waits.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	browser, server := net.Pipe()
	p <- server
	return browser, nil
}

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// bubble is a browser that has opened a socket, where time stands still until all wait. The
// test fails if a goroutine is left in the end.
type bubble struct {
	*testing.T
	handler  http.Handler
	session  *http.Cookie
	socket   *socket
	returned chan struct{} // closed when it returns
}

func inABubble(t *testing.T, path string, program func(*visitor.VisitorManager) http.Handler, test func(b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		defer store.Close()
		visitors, err := visitor.NewVisitorManager(store)
		if err != nil {
			t.Fatal(err)
		}
		b := &bubble{T: t, handler: program(visitors), returned: make(chan struct{})}
		network := make(pipes)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.handler.ServeHTTP(w, r)
			close(b.returned)
		})}
		go server.Serve(network)
		defer close(network)

		b.session = b.post("/login")
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(&url.URL{Scheme: "https", Host: "shop.example", Path: "/"}, []*http.Cookie{b.session})
		dialer := websocket.Dialer{NetDialTLSContext: network.dial, Jar: jar}
		conn, _, err := dialer.Dial("wss://shop.example"+path, http.Header{"Origin": {"https://shop.example"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		b.socket = &socket{t, conn}
		synctest.Wait()
		test(b)
		select {
		case <-b.returned:
		case <-time.After(time.Hour):
			t.Error("the handler goes on")
		}
	})
}

// post is what another window does, and the session cookie that it gets.
func (b *bubble) post(path string) (session *http.Cookie) {
	request := httptest.NewRequest(http.MethodPost, "https://shop.example"+path, nil)
	if b.session != nil {
		request.AddCookie(b.session)
	}
	answer := httptest.NewRecorder()
	b.handler.ServeHTTP(answer, request)
	for _, cookie := range answer.Result().Cookies() {
		session = cookie
	}
	return session
}

func TestNothingIsLeftOfABrowserThatGoesAway(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) { b.socket.conn.NetConn().Close() })
	})
}

func TestNothingIsLeftOfASocketThatThePageCloses(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			b.socket.send(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""))
			b.socket.closes(websocket.CloseGoingAway, time.Second)
		})
	})
}

func TestTheSocketIsClosedInTheMomentOfTheLogout(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			began := time.Now()
			b.post("/logout")
			b.socket.closes(websocket.ClosePolicyViolation, time.Second)
			if took := time.Since(began); took != 0 {
				b.Errorf("it took %v", took)
			}
		})
	})
}

func TestABrowserThatDoesNotAnswerTheEndIsCutOff(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			b.socket.conn.SetCloseHandler(func(int, string) error { return nil })
			b.post("/logout")
			b.socket.closes(websocket.ClosePolicyViolation, time.Second)
		})
	})
}

func TestABrowserThatDoesNotReadIsCutOff(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			b.socket.send(websocket.TextMessage, []byte("hello"))
			select {
			case <-b.returned:
			case <-time.After(patience + time.Second):
				b.Error("the handler waits for it to read")
				b.socket.conn.Close()
			}
		})
	})
}

// A browser that has vanished without a word is noticed by then.
func TestTheSocketEndsWithTheIdleTimeout(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			b.socket.closes(websocket.ClosePolicyViolation, 30*time.Minute+10*time.Second)
		})
	})
}

func TestMessagesThatOnlyAskKeepTheSessionFromExpiring(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		inABubble(t, path, recipe, func(b *bubble) {
			for range 10 {
				time.Sleep(20 * time.Minute)
				b.socket.says("", "visit 1")
			}
			b.socket.closes(websocket.ClosePolicyViolation, 30*time.Minute+10*time.Second)
		})
	})
}

// It is net/http's rule, and why the recipe has to read.
func TestTheContextOfARequestDoesNotEndWhenTheBrowserOfASocketHasGone(t *testing.T) {
	withEach(t, func(t *testing.T, path string) {
		var passed context.Context
		var during error
		deaf := func(visitors *visitor.VisitorManager) http.Handler {
			return routes(visitors, func(ctx context.Context, _ *visitor.Visitor, _ string) (string, error) {
				passed = ctx
				select {
				case <-ctx.Done():
				case <-time.After(time.Minute):
				}
				during = ctx.Err()
				return "", runtime.ErrEnded
			})
		}
		inABubble(t, path, deaf, func(b *bubble) {
			b.socket.send(websocket.TextMessage, nil)
			b.socket.conn.NetConn().Close()
			<-b.returned
			synctest.Wait()
			if during != nil || passed.Err() == nil {
				b.Errorf("the context's error is %v while the handler runs, and %v when it has returned", during, passed.Err())
			}
		})
	})
}
