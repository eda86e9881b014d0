package request

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/visitor"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// ours is a site on memstore, or one with sealed sessions.
type ours struct {
	memory *memstore.Store // nil if sessions are sealed
	store  runtime.Store
}

func newOurs() (app, error) {
	o := &ours{}
	return o, o.renew()
}

// renew takes another store. Ours remembers for two minutes what was deleted, so that
// deleting would let it grow; in each shard of the new one there is room for what will
// be made before the next.
func (o *ours) renew() error {
	if o.memory != nil {
		_ = o.memory.Close()
	}
	o.memory = memstore.New(memstore.WithSweepInterval(0))
	o.store = o.memory
	const shards, each = 256, 9 // of 16, as far as a shard has grown by then
	for i := range shards * each {
		id := runtime.ID{0: byte(i), 1: byte(i / shards), 15: 1}
		err := o.memory.Create(context.Background(), id, runtime.Record{Data: "room"}, runtime.TTL{Idle: 1e15, Life: 1e15})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *ours) serve(kind Kind, seen *Seen) (server, error) {
	// Whatever is worth an event is an error here: none is expected but the creation.
	events := runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Kind != runtime.EventCreated || kind != New {
			seen.Err = fmt.Errorf("event %v: %w", e, errUnexpected)
		}
	})
	visitors, err := visitor.NewVisitorManager(o.store, events)
	if err != nil {
		return nil, err
	}
	return newServer(visitors.Middleware(http.HandlerFunc(oursHandlers(kind, seen))))
}

func oursHandlers(kind Kind, seen *Seen) http.HandlerFunc {
	switch kind {
	case ReadOne:
		return func(w http.ResponseWriter, r *http.Request) {
			seen.UserID = visitor.VisitorFrom(r.Context()).UserID()
			w.WriteHeader(http.StatusOK)
		}
	case ReadAll:
		return func(w http.ResponseWriter, r *http.Request) {
			v := visitor.VisitorFrom(r.Context())
			seen.Content = content.Content{
				UserID: v.UserID(), Username: v.Username(), LoggedIn: v.LoggedIn(), LastSeen: v.LastSeen(),
				Roles: v.Roles(), Cart: v.Cart(), Theme: v.Theme(),
			}
			w.WriteHeader(http.StatusOK)
		}
	case WriteOne:
		return func(w http.ResponseWriter, r *http.Request) {
			visitor.VisitorFrom(r.Context()).SetTheme(seen.theme())
			w.WriteHeader(http.StatusOK)
		}
	case New:
		sample := content.Sample()
		return func(w http.ResponseWriter, r *http.Request) {
			v := visitor.VisitorFrom(r.Context())
			v.SetUserID(sample.UserID)
			v.SetUsername(sample.Username)
			v.SetLoggedIn(sample.LoggedIn)
			v.SetLastSeen(sample.LastSeen)
			v.SetRoles(sample.Roles)
			v.SetCart(sample.Cart)
			v.SetTheme(sample.Theme)
			w.WriteHeader(http.StatusOK)
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
}

func (o *ours) forget([]string) (bool, error) {
	if o.memory == nil {
		return false, nil
	}
	return true, o.renew()
}

func (o *ours) size(cookie string) (int, error) {
	if o.memory == nil {
		return 0, nil
	}
	token, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(token) != 48 {
		return 0, fmt.Errorf("%q is not a token: %w", cookie, err)
	}
	record, err := o.memory.Load(context.Background(), runtime.ID(token[:16]))
	return len(record.Data), err
}

var secret = []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")

func newSealed(revocable bool) func() (app, error) {
	return func() (app, error) {
		keys, err := runtime.NewKeys(secret)
		if err != nil {
			return nil, err
		}
		option := sealed.AcceptReplay()
		if revocable {
			option = sealed.WithRevocations(memstore.New())
		}
		store, err := sealed.New(keys, option)
		if err != nil {
			return nil, err
		}
		return &ours{store: store}, nil
	}
}

// Record is what ours keeps of a session with the sample content.
func Record() (string, error) {
	o := &ours{}
	if err := o.renew(); err != nil {
		return "", err
	}
	cookie, err := (&App{&Library{Name: "sessiongen"}, o}).begin()
	if err != nil {
		return "", err
	}
	token, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return "", err
	}
	record, err := o.memory.Load(context.Background(), runtime.ID(token[:16]))
	return record.Data, err
}
