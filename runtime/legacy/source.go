package legacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// SCSStore has the methods of a store of github.com/alexedwards/scs that [FromSCS] needs. Every
// such store has them. If a store has FindCtx and DeleteCtx too, they are used instead, with
// the context of the request. A store must be safe for concurrent use.
type SCSStore interface {
	Find(token string) (b []byte, found bool, err error)
	Delete(token string) error
}

type scsFinder interface {
	FindCtx(ctx context.Context, token string) (b []byte, found bool, err error)
}

type scsDeleter interface {
	DeleteCtx(ctx context.Context, token string) error
}

// FromSCS returns the source of sessions that github.com/alexedwards/scs kept in store with its
// own codec. name is the name of its session cookie, which is "session" by default. A session
// that cannot be decoded, or that has more than a mebibyte, is [ErrUnreadable]. Errors
// of the store are returned as they are. Without a store the source has no Read, which
// WithLegacy refuses.
func FromSCS(name string, store SCSStore) Source {
	return fromSCS(name, store, func(token string) string { return token })
}

// FromHashedSCS is [FromSCS] for a program that has set HashTokenInStore.
func FromHashedSCS(name string, store SCSStore) Source {
	return fromSCS(name, store, func(token string) string {
		hash := sha256.Sum256([]byte(token))
		return base64.RawURLEncoding.EncodeToString(hash[:])
	})
}

func fromSCS(name string, store SCSStore, key func(token string) string) Source {
	if store == nil {
		return Source{Cookie: name}
	}
	return Source{
		Cookie: name,
		Read: func(r *http.Request) (map[any]any, error) {
			token, ok := scsToken(name, r)
			if !ok {
				return nil, fmt.Errorf("%w: the cookie is no token of scs", ErrUnreadable)
			}
			data, found, err := findSCS(r.Context(), store, key(token))
			if err != nil || !found {
				return nil, err
			}
			return decodeSCS(data)
		},
		End: func(_ http.ResponseWriter, r *http.Request) error {
			token, ok := scsToken(name, r)
			if !ok {
				return nil
			}
			if store, ok := store.(scsDeleter); ok {
				return store.DeleteCtx(r.Context(), key(token))
			}
			return store.Delete(key(token))
		},
	}
}

func findSCS(ctx context.Context, store SCSStore, key string) ([]byte, bool, error) {
	if store, ok := store.(scsFinder); ok {
		return store.FindCtx(ctx, key)
	}
	return store.Find(key)
}

// scsToken returns the token in a request's cookie. A value that is not a token never reaches
// the store.
func scsToken(name string, r *http.Request) (token string, ok bool) {
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) != base64.RawURLEncoding.EncodedLen(32) {
		return "", false
	}
	_, err = base64.RawURLEncoding.DecodeString(c.Value)
	return c.Value, err == nil
}

// mostLegacy is the largest size of an old session, in bytes. It bounds what a request spends on
// decoding one.
const mostLegacy = 1 << 20

// decodeSCS reads what scs's codec wrote.
func decodeSCS(data []byte) (map[any]any, error) {
	if len(data) > mostLegacy {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrUnreadable, len(data), mostLegacy)
	}
	var session struct {
		Deadline time.Time
		Values   map[string]any
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&session); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if !time.Now().Before(session.Deadline) {
		return nil, nil
	}
	values := make(map[any]any, len(session.Values))
	for key, value := range session.Values {
		values[key] = value
	}
	return values, nil
}

// FromGorilla returns the source of sessions that github.com/gorilla/sessions or
// github.com/gin-contrib/sessions kept in the cookie itself, with a CookieStore. name is the
// session's name. codecs are those of the store:
//
//	securecookie.CodecsFromPairs(keyPairs...)
//
// They accept a cookie for 30 days, unless MaxAge sets another time. A cookie that they refuse,
// or that is from the future, is [ErrUnreadable]. Without codecs the source has no Read,
// which WithLegacy refuses.
//
// For a gorilla store that keeps sessions elsewhere, such as in files, fill a
// [Source]:
//
//	legacy.Source{
//		Cookie: "session",
//		Read: func(r *http.Request) (map[any]any, error) {
//			s, err := oldStore.Get(r, "session")
//			if err != nil || s.IsNew {
//				return nil, err
//			}
//			return s.Values, nil
//		},
//		End: func(w http.ResponseWriter, r *http.Request) error {
//			s, err := oldStore.Get(r, "session")
//			if err != nil {
//				return err
//			}
//			s.Options.MaxAge = -1
//			return s.Save(r, w)
//		},
//	}
func FromGorilla(name string, codecs ...securecookie.Codec) Source {
	if len(codecs) == 0 {
		return Source{Cookie: name}
	}
	gob.Register([]any{}) // the type of flashes, which gorilla/sessions registers too
	return Source{
		Cookie: name,
		Read: func(r *http.Request) (map[any]any, error) {
			c, err := r.Cookie(name)
			if err != nil || len(c.Value) > cookie.MaxSize {
				return nil, nil
			}
			// securecookie itself accepts values from the future, and other spellings.
			if made, ok := keyring.SigningTime(c.Value); !ok || !keyring.InTime(made, time.Now()) {
				return nil, ErrUnreadable
			}
			var values map[any]any
			if err := securecookie.DecodeMulti(name, c.Value, &values, codecs...); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
			}
			return values, nil
		},
	}
}
