package sealed_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// Each test here makes a published attack on another library on sealed sessions. Its comment says what the attacker has,
// what the attacker does, and what the attack does not achieve.

// The attacker has copied the cookie of a session that is kept nowhere else. The victim signs out, or changes the password. The
// copy is no longer valid, nor is any other cookie that the session ever had.
func TestCVE_2024_31999_and_CVE_2025_53826_ACopiedCookieEndsWithItsSession(t *testing.T) {
	for name, end := range map[string]func(s *site, victim *browser){
		"the victim signs out":            func(_ *site, victim *browser) { victim.visit((*kiosk.Visitor).Destroy) },
		"the victim leaves the account":   func(_ *site, victim *browser) { victim.visit((*kiosk.Visitor).ClearUserID) },
		"the victim changes the password": func(_ *site, victim *browser) { victim.visit((*kiosk.Visitor).RevokeOthers) },
		"the victim signs in again":       func(_ *site, victim *browser) { victim.visit(func(v *kiosk.Visitor) { v.SetUserID(7) }) },
		"an administrator ends it": func(s *site, victim *browser) {
			must(t, s.visitors.Revoke(t.Context(), see(victim, idOf)))
		},
		"an administrator ends them all": func(s *site, _ *browser) {
			_, err := s.visitors.RevokeByUserID(t.Context(), 7)
			must(t, err)
		},
	} {
		s := newSite(t)
		victim := s.browser()
		for i := range 5 {
			victim.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetVisits(i) })
			victim.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		}
		copied := append([]string(nil), victim.had...)
		end(s, victim)
		for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Second, 20 * time.Minute} {
			s.clock.advance(later)
			for i, cookie := range copied {
				opensNoSession(t, s, cookie, fmt.Sprintf("copy %d of %d, after %s", i, len(copied), name))
			}
		}
	}
}

// Forgetting an option does not lead to sessions that cannot be ended: without a store, replay has to be accepted
// explicitly.
func TestCVE_2024_31999_ReplayIsNeverAcceptedSilently(t *testing.T) {
	if store, err := sealed.New(ring(t, secret)); err == nil || !strings.Contains(err.Error(), "AcceptReplay") {
		t.Errorf("without either option there is a store: %v, %v", store, err)
	}
}

// The attacker has the victim's cookie, and has sent a long request. The victim signs out. The cookie in the response to
// the long request opens no session.
func TestCVE_2025_46336_and_CVE_2025_32441_ALongRequestDoesNotBringASessionBack(t *testing.T) {
	for name, write := range map[string]func(v *kiosk.Visitor){
		"reads": func(v *kiosk.Visitor) { v.UserID() }, "writes": func(v *kiosk.Visitor) { v.AddVisits(1) },
		"renews": (*kiosk.Visitor).Renew, "is remembered": func(v *kiosk.Visitor) { v.Remember(true) }, "takes a role": func(v *kiosk.Visitor) { v.SetRole("admin") },
	} {
		s := newSite(t)
		victim := s.browser()
		victim.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		s.clock.advance(10 * time.Minute) // a cookie is due in any case
		attacker := victim.clone()
		attacker.visit(func(v *kiosk.Visitor) {
			v.UserID()
			victim.visit((*kiosk.Visitor).Destroy)
			write(v)
		})
		equal(t, len(attacker.had), 0, name+": cookies for the attacker")
		opensNoSession(t, s, attacker.cookies[sessionCookie], "the attacker's cookie, whose request "+name)
	}
}

// The attacker plants a cookie of a session of the attacker's own, and the victim signs in with it.
func TestCVE_2022_25896_and_CVE_2023_29019_APlantedCookieIsNotTheVictims(t *testing.T) {
	s := newSite(t)
	attacker := s.browser()
	attacker.visit(func(v *kiosk.Visitor) { v.SetUsername("planted") })
	victim := attacker.clone()
	victim.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	equal(t, see(victim, (*kiosk.Visitor).UserID), 7, "the victim")
	for _, cookie := range attacker.had {
		opensNoSession(t, s, cookie, "the planted cookie")
	}
}

// The attacker has no key, and sends sessions that are not encrypted, in every form that a lenient program might read.
func TestCVE_2026_39324_WhatDoesNotDecryptIsNotReadAsPlain(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	good, err := base64.RawURLEncoding.DecodeString(b.cookies[sessionCookie])
	must(t, err)
	now := s.clock.Now()
	plain := frame(1, time.Hour, userSeven)
	header := good[:5] // the right version and key
	times := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(now.UnixMilli())), uint64(time.Hour.Milliseconds()))
	for what, bytes := range map[string][]byte{
		"plain":                         plain,
		"plain with times":              append(append([]byte(nil), times...), plain...),
		"plain behind a header":         append(append([]byte(nil), header...), append(append([]byte(nil), times...), plain...)...),
		"with an empty nonce":           append(append(append([]byte(nil), header...), make([]byte, 12)...), append(append(append([]byte(nil), times...), plain...), make([]byte, 16)...)...),
		"with another's nonce and tag":  append(append(append([]byte(nil), good[:17]...), append(append([]byte(nil), times...), plain...)...), good[len(good)-16:]...),
		"of version 0":                  append([]byte{0}, good[1:]...),
		"of version 2":                  append([]byte{2}, good[1:]...),
		"of no key":                     append([]byte{1, 0, 0, 0, 0}, good[5:]...),
		"JSON":                          []byte(`{"user_id":7,"alg":"none"}`),
		"a record":                      []byte(userSeven),
		"without a tag":                 good[:len(good)-16],
		"with the tag in front":         append(append([]byte(nil), good[len(good)-16:]...), good[:len(good)-16]...),
		"with a tag of zeros":           append(append([]byte(nil), good[:len(good)-16]...), make([]byte, 16)...),
		"with a nonce of zeros":         append(append(append([]byte(nil), header...), make([]byte, 12)...), good[17:]...),
		"two behind each other":         append(append([]byte(nil), good...), good...),
		"nothing but a header":          header,
		"a header and nothing in it":    append(append([]byte(nil), header...), make([]byte, 28)...),
		"one with its last byte undone": append(append([]byte(nil), good[:len(good)-1]...), good[len(good)-1]^0x80),
	} {
		for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.URLEncoding, base64.RawStdEncoding} {
			opensNoSession(t, s, encoding.EncodeToString(bytes), "a session "+what)
		}
		if text := strings.Map(printable, string(bytes)); text != "" {
			opensNoSession(t, s, text, "a session "+what+", not encoded")
		}
	}
	equal(t, see(b, (*kiosk.Visitor).Visits), 1, "the honest session")
}

// Two applications have one secret, one store for revocations, and one name for the cookie. The attacker has an
// account at the forum, and takes its session to the bank; and ends the sessions of the forum's account 7.
func TestCVE_2021_41263_ASharedSecretDoesNotShareSessions(t *testing.T) {
	s := newSite(t)
	open := func(application string) *kiosk.VisitorManager {
		return s.manager(s.sealer(sealed.WithRevocations(s.records)), runtime.WithApplication(application))
	}
	forum, bank := open("forum"), open("bank")
	attacker := s.browser()
	attacker.manager = forum
	attacker.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetTicket(42) })
	for name, other := range map[string]*kiosk.VisitorManager{"bank": bank, "": open(""), "Forum": open("Forum"), "forum ": open("forum ")} {
		there := attacker.clone()
		there.manager = other
		equal(t, see(there, func(v *kiosk.Visitor) bool { return v.HasUserID() || v.HasTicket() }), false, fmt.Sprintf("the forum's cookies at %q", name))
	}
	customer := s.browser()
	customer.manager = bank
	customer.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	_, err := forum.RevokeByUserID(t.Context(), 7)
	must(t, err)
	equal(t, see(customer, (*kiosk.Visitor).UserID), 7, "the bank's customer 7 after the forum has ended its own")
	equal(t, see(attacker, (*kiosk.Visitor).HasUserID), false, "the forum's user 7")
}

// kept is a store that remembers all IDs and records that it was given.
type kept struct {
	runtime.Store
	mu      sync.Mutex
	records map[runtime.ID][]runtime.Record
}

func (k *kept) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	k.mu.Lock()
	k.records[id] = append(k.records[id], rec)
	k.mu.Unlock()
	return k.Store.Create(ctx, id, rec, ttl)
}

func (k *kept) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	k.mu.Lock()
	k.records[id] = append(k.records[id], rec)
	k.mu.Unlock()
	return k.Store.Update(ctx, id, old, rec, ttl)
}

// The attacker has read the store for revocations. It contains no session, no name, and no ID of a session.
func TestCVE_2019_16782_TheStoreForRevocationsGivesNoAccess(t *testing.T) {
	s := newSite(t)
	store := &kept{Store: s.records, records: map[runtime.ID][]runtime.Record{}}
	s.visitors = s.manager(s.sealer(sealed.WithRevocations(store)))
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
	b.visit((*kiosk.Visitor).Renew)
	b.visit((*kiosk.Visitor).RevokeOthers)
	id := see(b, idOf)
	if len(store.records) == 0 {
		t.Fatal("nothing was written")
	}
	for of, records := range store.records {
		equal(t, of == id, false, "the record's ID is the session's")
		for _, rec := range records {
			text := rec.Data + string(rec.Rev[:])
			for _, hidden := range []string{"john_doe", string(id[:]), userSeven} {
				equal(t, strings.Contains(text, hidden), false, "something of the session is in the store")
			}
			for _, value := range []string{text, base64.RawURLEncoding.EncodeToString([]byte(text)), of.String(), of.String() + strings.Repeat("A", 42)} {
				opensNoSession(t, s, strings.Map(printable, value), "what the store has")
			}
		}
	}
}

// printable leaves out what a cookie's value cannot have.
func printable(r rune) rune {
	if r <= ' ' || r > '~' || r == ';' || r == ',' || r == '"' || r == '\\' {
		return -1
	}
	return r
}

// The attacker knows the secret and seals arbitrary bytes. They open as values of the schema's types or not at all: the
// bytes name no type, no code runs, and no session lives for ever.
func TestCVE_2017_1000053_and_CVE_2019_5420_TheSecretGivesValuesOfTheSchemaOnly(t *testing.T) {
	s := newSite(t)
	now := s.clock.Now()
	b := s.browser()
	b.visit(content)
	opened, err := s.sealer(sealed.WithRevocations(s.records)).Open(keyring.Use{Purpose: "session visitor", Cookie: sessionCookie}, b.cookies[sessionCookie])
	must(t, err)
	honest := append([]byte{0}, opened.Data...)
	random := rand.New(rand.NewPCG(1, 2))
	attempts, accepted := rounds(3_000, 300_000), 0
	for i := range attempts {
		packed := append([]byte(nil), honest...)
		switch i % 4 {
		case 0: // some bits
			for range 1 + random.IntN(8) {
				packed[random.IntN(len(packed))] ^= 1 << random.IntN(8)
			}
		case 1: // a part that is somewhere else
			from, to := random.IntN(len(packed)), random.IntN(len(packed))
			copy(packed[to:], packed[from:])
		case 2: // cut, and filled
			packed = append(packed[:random.IntN(len(packed))], []byte(strings.Repeat("\x0a\xff", random.IntN(20)))...)
		case 3: // what other formats begin with
			packed = append(packed[:18+random.IntN(4)], []byte([]string{"\x04\bo:", "\x83h\x02d", "\x80\x04\x95", "\xac\xed\x00\x05", "O:8:\"", "!!python/object"}[random.IntN(6)])...)
		}
		attacker := s.with(plant(t, now, now.Add(time.Hour), packed))
		response := attacker.visit(func(v *kiosk.Visitor) {
			if !v.Info().New {
				accepted++
			}
			if expires := v.Info().Expires; expires.After(now.Add(12 * time.Hour)) {
				t.Errorf("a session that expires at %v", expires)
			}
			for name, value := range map[string]any{
				"int64": v.UserID(), "string": v.Role(), "int": v.Visits(), "[]kiosk.Item": v.Cart(), "map[string]int": v.Prefs(),
				"bool": v.LoggedIn(), "time.Time": v.LastSeen(), "[]string": v.Roles(), "string ": v.Notice(), "string  ": v.Password(),
			} {
				if got := reflect.TypeOf(value).String(); got != strings.TrimSpace(name) {
					t.Errorf("a %s where a %s belongs", got, name)
				}
			}
			_, _ = v.MarshalJSON()
		})
		if response.StatusCode != 200 {
			t.Fatalf("status %d", response.StatusCode)
		}
	}
	if accepted == 0 || accepted == attempts {
		t.Errorf("%d of %d were accepted: the test has become weaker", accepted, attempts)
	}
	t.Logf("%d of %d sessions that were sealed with the secret opened", accepted, attempts)
}

// A client that keeps every cookie for ever, whatever Max-Age said, is refused by the server's clock.
func TestNIST_800_63B_4_AClientThatIgnoresMaxAgeIsRefused(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.Remember(true) })
	for range 48 {
		s.clock.advance(15*time.Minute - time.Second)
		b.visit(func(v *kiosk.Visitor) { v.UserID() })
	}
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user while the session lasts")
	s.clock.advance(48 * time.Second)
	if len(b.had) < 40 {
		t.Fatalf("only %d cookies", len(b.had))
	}
	for _, cookie := range b.had {
		opensNoSession(t, s, cookie, "a cookie after twelve hours")
	}
}
