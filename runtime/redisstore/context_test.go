package redisstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// callsOf are one call of each kind.
func callsOf(s *Store, id runtime.ID, term runtime.Term) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error { return s.Create(ctx, fresh[runtime.ID](), record(term), day) },
		"Load": func(ctx context.Context) error {
			_, err := s.Load(ctx, id)
			return err
		},
		"Update": func(ctx context.Context) error {
			return s.Update(ctx, id, runtime.Rev{}, record(term), day)
		},
		"Touch":  func(ctx context.Context) error { return s.Touch(ctx, id, time.Hour) },
		"Delete": func(ctx context.Context) error { return s.Delete(ctx, id) },
		"List": func(ctx context.Context) error {
			_, _, err := s.List(ctx, term, runtime.ID{}, 10)
			return err
		},
		"Revoke": func(ctx context.Context) error {
			_, err := s.Revoke(ctx, term, runtime.ID{})
			return err
		},
	}
}

// endsInTime makes every call with contexts that end while the server is silent.
func endsInTime(t *testing.T, s *Store) {
	t.Helper()
	const patience, tolerance = 60 * time.Millisecond, 500 * time.Millisecond
	for name, call := range callsOf(s, fresh[runtime.ID](), fresh[runtime.Term]()) {
		for _, way := range []error{context.DeadlineExceeded, context.Canceled} {
			contest.InTime(t, func() (late string) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if way == context.Canceled {
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(patience, cancel)
				}
				var err error
				took := contest.Took(func() { err = call(ctx) })
				cancel()
				// With ContextTimeoutEnabled, a deadline may come back as the connection's.
				var timeout interface{ Timeout() bool }
				if !errors.Is(err, way) && !(way == context.DeadlineExceeded && errors.As(err, &timeout) && timeout.Timeout()) {
					t.Errorf("%s: got %v, want %v", name, err, way)
				}
				if took > patience+tolerance {
					late = fmt.Sprintf("%s returned after %v, though its context ended after %v (%v)", name, took, patience, way)
				}
				return late
			})
		}
	}
}

func TestR4_CallsEndWithTheirContext(t *testing.T) {
	for name, enabled := range map[string]bool{"as clients are by default": false, "with ContextTimeoutEnabled": true} {
		change := func(o *redis.Options) { o.ContextTimeoutEnabled = enabled }
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testserver.Redis(t)
			t.Run("the way is silent", func(t *testing.T) {
				proxy := testserver.NewProxy(t, server.Address())
				s := open(t, single(t, server.URLAt(proxy.Address()), change))
				proxy.Stall()
				endsInTime(t, s)
				contest.InTime(t, func() string {
					proxy.Stall()
					silent(t, s)
					proxy.Pass()
					return works(t, s)
				})
			})
			t.Run("the server is silent", func(t *testing.T) {
				s := open(t, single(t, server.URL(), change))
				server.Pause()
				defer server.Resume()
				endsInTime(t, s)
				contest.InTime(t, func() string {
					server.Pause()
					silent(t, s)
					server.Resume()
					return works(t, s)
				})
			})
		})
	}
}

// silent makes a call that is not answered.
func silent(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if err := s.Delete(ctx, fresh[runtime.ID]()); err == nil {
		t.Error("a silent server has answered")
	}
}

// works checks that sessions can be created and found again, within a second.
func works(t *testing.T, s *Store) (late string) {
	t.Helper()
	took := contest.Took(func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		id := fresh[runtime.ID]()
		if err := s.Create(ctx, id, record(), day); err != nil {
			t.Fatalf("after the silence: %v", err)
		}
		if _, err := s.Load(ctx, id); err != nil {
			t.Fatalf("after the silence: %v", err)
		}
	})
	t.Logf("works again after %v", took)
	if took > time.Second {
		late = fmt.Sprintf("works again after %v, want a second at most", took)
	}
	return late
}
