package rules

import (
	"context"
	"errors"
	"fmt"
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

func TestR4_AStoreThatIsDownAtLoadLetsNobodyIn(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(testsite.Down("load"), nil)
	response := b.Visit(func(*shop.Visitor) { t.Error("the handler runs, though nobody knows for whom") })
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 1, "store failed events")
	response = s.Browser().Visit(func(v *shop.Visitor) { v.HasUserID() })
	testsite.Equal(t, response.StatusCode, 200, "status of a visitor without a cookie")
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user when the store is back")
}

func TestR4_AStoreThatIsDownAtCommitIsAnErrorPage(t *testing.T) {
	for name, c := range map[string]struct {
		call   string
		change func(v *shop.Visitor)
		after  int64
	}{
		"update": {"update", func(v *shop.Visitor) { v.AddVisits(1) }, 7},
		"login":  {"update", func(v *shop.Visitor) { v.SetUserID(8) }, 7},
		"logout": {"delete", func(v *shop.Visitor) { v.Destroy() }, 7},
		"others": {"revoke", func(v *shop.Visitor) { v.RevokeOthers() }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			s.Store.Stand(testsite.Down(c.call), nil)
			var wrote error
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/welcome")
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Content-Length", "7")
				http.SetCookie(w, &http.Cookie{Name: "other", Value: "x"})
				v.SetTheme("dark")
				c.change(v)
				w.WriteHeader(http.StatusSeeOther)
				_, wrote = w.Write([]byte("welcome"))
			})
			testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
			testsite.Equal(t, response.Header.Get("Location"), "", "Location")
			testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
			if !errors.Is(wrote, testsite.ErrDown) {
				t.Errorf("Write: %v", wrote)
			}
			body := make([]byte, 100)
			n, _ := response.Body.Read(body)
			if strings.Contains(string(body[:n]), "welcome") || strings.Contains(string(body[:n]), "refused") {
				t.Errorf("body: %s", body[:n])
			}
			s.Store.Stand(nil, nil)
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), c.after, "user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits")
		})
	}
}

func TestR4_AStoreThatHangsIsWaitedForNoLongerThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t, runtime.WithTimeout(3*time.Second))
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		hang := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		stuck := &hanging{Store: s.Store, hang: hang}
		visitors, err := shop.NewVisitorManager(stuck, runtime.WithKeys(testsite.Keys), runtime.WithEvents(s.Record), runtime.WithTimeout(3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		b.Manager = visitors
		for _, call := range []string{"load", "update"} {
			stuck.call = call
			start := time.Now()
			response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			testsite.Equal(t, response.StatusCode, 503, call+": status")
			testsite.Equal(t, time.Since(start), 3*time.Second, call+": time until the error page")
		}
		stuck.call = ""
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits")
	})
}

type hanging struct {
	runtime.Store
	call string
	hang func(context.Context) error
}

func (h *hanging) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if h.call == "load" {
		return runtime.Record{}, h.hang(ctx)
	}
	return h.Store.Load(ctx, id)
}

func (h *hanging) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if h.call == "update" {
		return h.hang(ctx)
	}
	return h.Store.Update(ctx, id, old, rec, ttl)
}

func (h *hanging) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	return h.Store.(runtime.Indexer).List(ctx, t, after, max)
}

func (h *hanging) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	return h.Store.(runtime.Indexer).Revoke(ctx, t, keep)
}

// Nobody waits for a session on behalf of a client that is gone.
func TestLoadEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		stuck := &hanging{Store: s.Store, call: "load", hang: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		visitors, err := shop.NewVisitorManager(stuck, runtime.WithKeys(testsite.Keys), runtime.WithEvents(s.Record))
		testsite.Equal(t, err, nil, "error")
		b := s.Browser()
		b.Cookies[testsite.SessionCookie] = strings.Repeat("A", 64)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = visitors.Load(httptest.NewRecorder(), b.Request("GET").WithContext(ctx))
		testsite.Equal(t, errors.Is(err, context.DeadlineExceeded), true, "error")
		testsite.Equal(t, time.Since(start), time.Second, "time")
	})
}

func TestFailedDestroyIsBoundedByOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t, runtime.WithTimeout(3*time.Second))
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Stand(testsite.Down("delete"), nil)
		stuck := &hangingDelete{Store: s.Store}
		visitors, err := shop.NewVisitorManager(stuck, runtime.WithKeys(testsite.Keys), runtime.WithEvents(s.Record), runtime.WithTimeout(3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		b.Manager = visitors
		start := time.Now()
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { v.Destroy(); w.Write([]byte("bye")) })
		testsite.Equal(t, time.Since(start), 3*time.Second, "time")
	})
}

type hangingDelete struct{ runtime.Store }

func (h *hangingDelete) Delete(ctx context.Context, id runtime.ID) error {
	<-ctx.Done()
	return ctx.Err()
}

func (h *hangingDelete) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	return nil, nil, nil
}

func (h *hangingDelete) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	return 0, nil
}

// An error handler that only logs, or writes no more than a body, has not said that all
// is well.
func TestR4_AnErrorHandlerThatNamesNoStatusDoesNotAnswer200(t *testing.T) {
	for name, handle := range map[string]func(w http.ResponseWriter){
		"silent": func(http.ResponseWriter) {},
		"body":   func(w http.ResponseWriter) { fmt.Fprint(w, "sorry") },
		"flush":  func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	} {
		s := testsite.New(t, runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, _ error) { handle(w) }))
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Stand(testsite.Down("update"), nil)
		testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }).StatusCode, 503, name+": status of a commit that failed")
		s.Store.Stand(testsite.Down("load"), nil)
		testsite.Equal(t, b.Visit(func(v *shop.Visitor) {}).StatusCode, 503, name+": status of a Load that failed")
		s.Store.Stand(nil, nil)
		response := b.Visit(func(v *shop.Visitor) { v.SetTheme(strings.Repeat("x", 5000)) })
		testsite.Equal(t, response.StatusCode, 500, name+": status of a cookie that cannot be sent")
	}
}
