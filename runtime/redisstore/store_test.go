package redisstore

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestNewNeedsTheServerUnlessToldOtherwise(t *testing.T) {
	refusing := closing(t, redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1}))
	var unreachable net.Error
	if _, err := New(refusing); !errors.As(err, &unreachable) || !strings.HasPrefix(err.Error(), "redisstore: ") {
		t.Errorf("no server listens: got error %v", err)
	}
	store, err := New(refusing, WithoutCheck())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); !errors.As(err, &unreachable) {
		t.Errorf("Check: got error %v", err)
	}
	silent := testserver.NewProxy(t, testserver.Redis(t).Address())
	silent.Stall()
	store, err = New(closing(t, redis.NewClient(&redis.Options{Addr: silent.Address()})), WithoutCheck())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := store.Check(ctx); err == nil {
		t.Error("Check of a server that is silent: got no error")
	}
}

func TestCloseLeavesTheClientToItsOwner(t *testing.T) {
	client := single(t, testserver.SharedRedis(t))
	store := open(t, client)
	for range 2 {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the client after Close of the store: %v", err)
	}
	if _, err := store.Load(t.Context(), fresh[runtime.ID]()); err != runtime.ErrNotFound {
		t.Errorf("Load after Close: got %v, want %v", err, runtime.ErrNotFound)
	}
}

// Two applications on one server, and keys of other programs.
func TestPrefixesKeepApplicationsApart(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	mine, theirs := open(t, client, WithPrefix("mine:")), open(t, client, WithPrefix("theirs:"))
	id, term := fresh[runtime.ID](), fresh[runtime.Term]()
	if err := mine.Create(t.Context(), id, record(term), day); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("Load by another application: got %v", err)
	}
	if n, err := theirs.Revoke(t.Context(), term, runtime.ID{}); n != 0 || err != nil {
		t.Errorf("Revoke by another application: got %d, %v", n, err)
	}
	equal(t, len(keysOf(t, client, "mine:*")), 2, "keys of mine")
	equal(t, len(keysOf(t, client, "*")), 2, "keys in all")
}

func TestAnotherProgramsKeyIsLeftAlone(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	store := open(t, client)
	for name, put := range map[string]func(key string) error{
		"another text": func(key string) error { return client.Set(t.Context(), key, "hello", 0).Err() },
		"a long text":  func(key string) error { return client.Set(t.Context(), key, strings.Repeat("hello", 20), 0).Err() },
		"a hash":       func(key string) error { return client.HSet(t.Context(), key, "a", "b").Err() },
	} {
		t.Run(name, func(t *testing.T) {
			id := fresh[runtime.ID]()
			key := store.session(id)
			if err := put(key); err != nil {
				t.Fatal(err)
			}
			before := client.Dump(t.Context(), key).Val()
			_, err := store.Load(t.Context(), id)
			for call, err := range map[string]error{
				"Load":   err,
				"Create": store.Create(t.Context(), id, record(), day),
				"Update": store.Update(t.Context(), id, runtime.Rev{}, record(), day),
				"Touch":  store.Touch(t.Context(), id, time.Hour),
				"Delete": store.Delete(t.Context(), id),
			} {
				if err == nil || errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrExists) || errors.Is(err, runtime.ErrConflict) {
					t.Errorf("%s: got %v, want an unclear error", call, err)
				}
			}
			equal(t, client.Dump(t.Context(), key).Val(), before, "what was there")
		})
	}
}

func TestClientsMayHaveADatabaseOfTheirOwn(t *testing.T) {
	server := testserver.Redis(t)
	first := open(t, single(t, server.URL()))
	second := open(t, single(t, server.URL(), func(o *redis.Options) { o.DB = 3 }))
	id, _ := created(t, second, day)
	if _, err := second.Load(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := first.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("in another database: got %v", err)
	}
}
