package request

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/limit"
)

// scsApp is a site with scs on its memstore. It has no idle timeout, which is scs's
// default: with one, scs writes the session back on each request.
type scsApp struct {
	store *memstore.MemStore
	codec scs.Codec
}

func newScs(c scs.Codec) func() (app, error) {
	return func() (app, error) {
		return &scsApp{memstore.NewWithCleanupInterval(0), c}, nil
	}
}

func (a *scsApp) serve(kind Kind, seen *Seen) (server, error) {
	sessions := scs.New()
	sessions.Store, sessions.Codec = a.store, a.codec
	sessions.Cookie.Name, sessions.Cookie.Secure, sessions.Cookie.Persist = cookieName, true, false
	sessions.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		seen.Err = err
		w.WriteHeader(http.StatusInternalServerError)
	}
	sample := content.Sample()
	handle := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	switch kind {
	case ReadOne:
		handle = func(w http.ResponseWriter, r *http.Request) {
			seen.UserID, _ = sessions.Get(r.Context(), codec.UserID).(int64)
			w.WriteHeader(http.StatusOK)
		}
	case ReadAll:
		handle = func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			seen.Content, seen.Err = codec.Gather(func(key string) any { return sessions.Get(ctx, key) })
			w.WriteHeader(http.StatusOK)
		}
	case WriteOne:
		handle = func(w http.ResponseWriter, r *http.Request) {
			sessions.Put(r.Context(), codec.Theme, seen.theme())
			w.WriteHeader(http.StatusOK)
		}
	case New:
		handle = func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			codec.Scatter(&sample, func(key string, value any) { sessions.Put(ctx, key, value) })
			w.WriteHeader(http.StatusOK)
		}
	}
	return newServer(sessions.LoadAndSave(http.HandlerFunc(handle)))
}

func (a *scsApp) forget(cookies []string) (bool, error) {
	for _, line := range cookies {
		token, err := value(line)
		if err != nil {
			return false, err
		}
		if err := a.store.Delete(token); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (a *scsApp) size(cookie string) (int, error) {
	b, found, err := a.store.Find(cookie)
	if err == nil && !found {
		err = errors.New("the session is not in the store")
	}
	return len(b), err
}

// jsonCodec is what somebody writes who wants JSON in the store and the types of the
// values kept: encoding/json alone would make a float64 of every number.
type jsonCodec struct{}

type jsonValue struct {
	Deadline time.Time
	content.Content
}

func (jsonCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	c, err := codec.OfValues(values)
	if err != nil {
		return nil, err
	}
	return json.Marshal(jsonValue{deadline, c})
}

func (jsonCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var v jsonValue
	if err := json.Unmarshal(b, &v); err != nil {
		return time.Time{}, nil, err
	}
	return v.Deadline, codec.Values(v.Content), nil
}

// wireCodec is the fastest that scs can have: the hand-written wire format, behind the
// deadline.
type wireCodec struct{}

func (wireCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	c, err := codec.OfValues(values)
	if err != nil {
		return nil, err
	}
	return limit.MarshalWithDeadline(deadline, &c), nil
}

func (wireCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var c content.Content
	deadline, err := limit.UnmarshalWithDeadline(string(b), &c)
	if err != nil {
		return time.Time{}, nil, err
	}
	return deadline, codec.Values(c), nil
}
