package limit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

func serve(store *Store, cookie string, handle func(s *Session, w http.ResponseWriter)) *http.Response {
	return serveIndexed(store, false, cookie, handle)
}

func serveIndexed(store *Store, indexed bool, cookie string, handle func(s *Session, w http.ResponseWriter)) *http.Response {
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	if cookie != "" {
		r.Header.Set("Cookie", "other=1; session="+cookie)
	}
	recorder := httptest.NewRecorder()
	Middleware(store, indexed, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(From(r.Context()), w)
	})).ServeHTTP(recorder, r)
	return recorder.Result()
}

func begin(t *testing.T, store *Store) string {
	t.Helper()
	response := serve(store, "", func(s *Session, _ http.ResponseWriter) { *s.Change() = content.Sample() })
	cookies := response.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0].Value
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	serve(store, cookie, func(s *Session, _ http.ResponseWriter) { s.Change().Theme = content.Themes[1] })
	want := content.Sample()
	want.Theme = content.Themes[1]
	response := serve(store, cookie, func(s *Session, _ http.ResponseWriter) {
		if s.UserID() != want.UserID || !s.Content().Equal(&want) {
			t.Errorf("read %+v", s.Content())
		}
	})
	if response.Header.Get("Vary") != "Cookie" || response.Header["Set-Cookie"] != nil || store.Len() != 1 {
		t.Errorf("%v, %d sessions", response.Header, store.Len())
	}
}

func TestAnotherSecretOpensNothing(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	last := "A"
	if strings.HasSuffix(cookie, last) {
		last = "B"
	}
	for _, forged := range []string{cookie[:63] + last, cookie[:62], "", strings.Repeat("!", 64)} {
		serve(store, forged, func(s *Session, _ http.ResponseWriter) {
			if s.UserID() != 0 || !s.Content().Equal(new(content.Content)) {
				t.Errorf("%q opens the session", forged)
			}
		})
	}
}

func TestSessionsEnd(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	changeAll(store, func(e *entry) { e.idle = time.Now() })
	serve(store, cookie, func(s *Session, _ http.ResponseWriter) {
		if s.UserID() != 0 {
			t.Error("the session is open after its deadline")
		}
	})
}

func changeAll(store *Store, change func(e *entry)) {
	for i := range store.shards {
		for id, e := range store.shards[i].entries {
			change(&e)
			store.shards[i].entries[id] = e
		}
	}
}

func TestAnotherUsersTermOpensNothing(t *testing.T) {
	store := NewStore()
	response := serveIndexed(store, true, "", func(s *Session, _ http.ResponseWriter) { *s.Change() = content.Sample() })
	cookie := response.Cookies()[0].Value
	reads := func(want int64) {
		t.Helper()
		serveIndexed(store, true, cookie, func(s *Session, _ http.ResponseWriter) {
			if s.UserID() != want {
				t.Errorf("user %d, want %d", s.UserID(), want)
			}
		})
	}
	reads(content.Sample().UserID)
	serveIndexed(store, true, cookie, func(s *Session, _ http.ResponseWriter) { s.Change().UserID = 2 })
	reads(2)
	changeAll(store, func(e *entry) { e.term = termOf(3) })
	reads(0)
}

func TestACookieThatIsSentTwiceOpensNothing(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	serve(store, cookie+"; session="+cookie, func(s *Session, _ http.ResponseWriter) {
		if s.UserID() != 0 {
			t.Error("one of the two is used")
		}
	})
}

func TestTheSlowerWriterIsTold(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	response := serve(store, cookie, func(s *Session, _ http.ResponseWriter) {
		serve(store, cookie, func(s *Session, _ http.ResponseWriter) { s.Change().Theme = "first" })
		s.Change().Theme = "second"
	})
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestItIsCommittedBeforeTheFirstByte(t *testing.T) {
	store := NewStore()
	response := serve(store, "", func(s *Session, w http.ResponseWriter) {
		s.Change().Theme = "dark"
		w.WriteHeader(http.StatusAccepted)
		if store.Len() != 1 || w.Header()["Set-Cookie"] == nil {
			t.Error("the response has begun, and nothing is stored")
		}
	})
	if response.StatusCode != http.StatusAccepted {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestMalformedMessages(t *testing.T) {
	c := content.Sample()
	data := string(Marshal(&c))
	for end := range len(data) {
		var read content.Content
		if err := Unmarshal(data[:end], &read); err == nil && read.Equal(&c) {
			t.Errorf("the first %d bytes of %d are all", end, len(data))
		}
	}
	if value := (&Session{Context: context.Background()}).Value("other"); value != nil {
		t.Error(value)
	}
}

func TestItIsLoadedWhetherItIsAskedForOrNot(t *testing.T) {
	store := NewStore()
	cookie := begin(t, store)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "session="+cookie)
	Middleware(store, false, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s := w.(*Session); !s.found || s.asked {
			t.Errorf("loaded: %v, asked for: %v", s.found, s.asked)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}
