package asvs

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// backup is a store that keeps a copy of all that any store is ever given to keep.
type backup struct {
	*testsite.Watched
	mu      sync.Mutex
	records map[runtime.ID][]runtime.Record
}

func (b *backup) copy(id runtime.ID, rec runtime.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records[id] = append(b.records[id], rec)
}

func (b *backup) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	b.copy(id, rec)
	return b.Watched.Create(ctx, id, rec, ttl)
}

func (b *backup) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	b.copy(id, rec)
	return b.Watched.Update(ctx, id, old, rec, ttl)
}

// The attacker has read the store: every byte that was ever given to it, of every session, under every ID. Nothing
// in there, put together in whatever way, is a cookie that lets anybody in.
func TestCVE_2019_16782_NothingInAStoreLetsAnybodyIn(t *testing.T) {
	s := testsite.New(t)
	store := &backup{Watched: s.Store, records: map[runtime.ID][]runtime.Record{}}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
	check(t, err)
	s.Visitors = visitors
	victim := s.Browser()
	var tokens []string
	for i := range 6 {
		victim.Visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			v.SetUsername("john_doe")
			v.SetRole(fmt.Sprint("role ", i))
		})
		tokens = append(tokens, victim.Cookies[testsite.SessionCookie])
	}
	attempts := 0
	try := func(id runtime.ID, secret []byte) {
		attempts++
		attacker := s.Browser()
		attacker.Cookies[testsite.SessionCookie] = base64.RawURLEncoding.EncodeToString(append(id[:], secret...))
		nobody(t, attacker, "what the store has")
	}
	for id, records := range store.records {
		for _, rec := range records {
			bytes := rec.Data + string(rec.Rev[:]) + string(id[:])
			for _, term := range rec.Terms {
				bytes += string(term[:])
			}
			for at := range len(bytes) - 32 {
				try(id, []byte(bytes[at:at+32]))
			}
			for at := range len(bytes) - 64 { // as text
				attacker := s.Browser()
				attacker.Cookies[testsite.SessionCookie] = bytes[at : at+64]
				if attacker.Cookies[testsite.SessionCookie] == victim.Cookies[testsite.SessionCookie] {
					t.Error("the store has the token")
				}
			}
			for _, token := range tokens {
				secret, err := base64.RawURLEncoding.DecodeString(token)
				check(t, err)
				for _, form := range []string{string(secret[16:]), token, token[22:]} {
					testsite.Equal(t, testsite.Contains(bytes, form), false, "a secret is in what the store was given")
				}
			}
		}
	}
	testsite.Equal(t, testsite.See(victim, (*shop.Visitor).UserID), 7, "the victim")
	if attempts < 500 {
		t.Errorf("only %d attempts", attempts)
	}
	t.Logf("%d attempts with what is in the store", attempts)
}
