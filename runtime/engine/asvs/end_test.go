package asvs

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// No token that a session ever had is good after it has ended, however it has ended, and however long ago.
func TestASVS_7_4_1_NoTokenOfALongHistoryOpensAnEndedSession(t *testing.T) {
	steps := testsite.Scale(30, 300)
	for name, end := range map[string]func(s *testsite.Site, b *testsite.Browser){
		"Destroy": func(_ *testsite.Site, b *testsite.Browser) { b.Visit((*shop.Visitor).Destroy) },
		"Revoke": func(s *testsite.Site, b *testsite.Browser) {
			check(t, s.Visitors.Revoke(t.Context(), testsite.IDOf(b)))
		},
		"RevokeBy": func(s *testsite.Site, _ *testsite.Browser) {
			_, err := s.Visitors.RevokeByUserID(t.Context(), 7)
			check(t, err)
		},
		"by index": func(s *testsite.Site, _ *testsite.Browser) {
			_, err := s.Visitors.RevokeByTeam(t.Context(), "red")
			check(t, err)
		},
		"RevokeOthers": func(s *testsite.Site, _ *testsite.Browser) {
			s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() })
		},
		"the limit": func(s *testsite.Site, _ *testsite.Browser) {
			other := s.Browser()
			other.Manager = s.NewManager(runtime.WithSessionLimit(1))
			other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		},
		"a panic after Destroy": func(_ *testsite.Site, b *testsite.Browser) {
			defer func() { recover() }()
			b.Visit(func(v *shop.Visitor) { v.Destroy(); panic("handler") })
		},
		"Destroy by an old token": func(s *testsite.Site, b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) { // under way with a secret that is renewed meanwhile
				b.Clone().Visit((*shop.Visitor).Renew)
				v.Destroy()
			})
		},
		"the idle timeout": func(s *testsite.Site, _ *testsite.Browser) { s.Clock.Advance(30 * time.Minute) },
		"the lifetime":     func(s *testsite.Site, _ *testsite.Browser) { s.Clock.Advance(12 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			var tokens []string
			remember := func() {
				if token := b.Cookies[testsite.SessionCookie]; len(tokens) == 0 || tokens[len(tokens)-1] != token {
					tokens = append(tokens, token)
				}
			}
			b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
			remember()
			for i := range steps {
				b.Visit(func(v *shop.Visitor) {
					switch i % 5 {
					case 0:
						v.SetUserID(7)
						v.SetTeam("red")
					case 1:
						v.Renew()
					case 2:
						v.SetRole(fmt.Sprint("role ", i))
					case 3:
						v.AddVisits(1)
					case 4:
						v.Remember(i%2 == 0)
					}
				})
				remember()
				s.Clock.Advance(time.Second)
			}
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user before the end")
			end(s, b)
			accepted := 0
			for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Second, time.Hour} {
				s.Clock.Advance(later)
				for _, token := range tokens {
					replay := s.Browser()
					replay.Cookies[testsite.SessionCookie] = token
					replay.Visit(func(v *shop.Visitor) {
						if v.HasUserID() || v.HasVisits() || !v.Info().New {
							accepted++
						}
					})
				}
			}
			testsite.Equal(t, accepted, 0, "tokens accepted")
			t.Logf("%d tokens of one session", len(tokens))
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Thousands of sessions of one account end while it is signed in to from everywhere, and while requests are under way
// in those that end. None that was there before survives, and none that was not the account's is touched.
func TestASVS_7_4_2_and_7_5_2_NoOlderSessionSurvivesRevokeByWhileLoginsRace(t *testing.T) {
	sessions := testsite.Scale(1_000, 10_000)
	s := testsite.New(t)
	signIn := func(user int64) *testsite.Browser {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(user) })
		return b
	}
	older := make([]*testsite.Browser, sessions)
	for i := range older {
		older[i] = signIn(7)
	}
	stranger := signIn(8)
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	check(t, err)
	testsite.Equal(t, len(infos), sessions, "sessions listed")

	var mu sync.Mutex
	signedIn := older // acknowledged
	over := make(chan struct{})
	signIns := make(chan struct{}, testsite.Scale(16, 512)) // how many there may be during one RevokeBy
	var group sync.WaitGroup
	for worker := range 4 {
		replica := s.NewManager()
		group.Go(func() { // signs in, all the time
			for {
				b := s.Browser()
				b.Manager = replica
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				mu.Lock()
				signedIn = append(signedIn, b)
				mu.Unlock()
				select {
				case signIns <- struct{}{}:
				case <-over:
					return
				}
			}
		})
		group.Go(func() { // uses sessions that end, in every way
			for i := worker; i < len(older); i += 4 {
				older[i].Visit(func(v *shop.Visitor) {
					switch i % 4 {
					case 0:
						v.AddVisits(1)
					case 1:
						v.Renew()
					case 2:
						v.SetRole("admin")
					}
				})
			}
		})
	}
	const rounds = 10
	ended, before := 0, 0
	for range rounds {
		for range cap(signIns) + 4 {
			<-signIns
		}
		mu.Lock()
		before = len(signedIn)
		mu.Unlock()
		n, err := s.Visitors.RevokeByUserID(t.Context(), 7)
		check(t, err)
		ended += n
	}
	close(over)
	group.Wait()
	survivors, alive := 0, 0
	for i, b := range signedIn {
		if testsite.See(b, (*shop.Visitor).HasUserID) {
			if alive++; i < before {
				survivors++
			}
		}
	}
	testsite.Equal(t, survivors, 0, "sessions that survive a RevokeBy that began after they had signed in")
	testsite.Equal(t, testsite.See(stranger, (*shop.Visitor).UserID), 8, "another account")
	t.Logf("%d sessions and %d sign-ins; %d were ended by %d RevokeBy, %d signed in later", sessions, len(signedIn)-sessions, ended, rounds, alive)
	if ended < sessions || ended > len(signedIn) {
		t.Errorf("%d sessions were ended", ended)
	}

	// What is listed is what is alive, and ends as well.
	infos, err = s.Visitors.ListByUserID(t.Context(), 7)
	check(t, err)
	testsite.Equal(t, len(infos), alive, "sessions listed afterwards")
	_, err = s.Visitors.RevokeByUserID(t.Context(), 7)
	check(t, err)
	for _, b := range signedIn[before:] {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, "a session that signed in last, after another RevokeBy")
	}
}

// After a change of password, say: all others end in the same response, those with a request under way too, and this
// one goes on.
func TestASVS_7_4_3_RevokeOthersLeavesThisOneOnly(t *testing.T) {
	s := testsite.New(t)
	others := make([]*testsite.Browser, testsite.Scale(200, 5_000))
	for i := range others {
		others[i] = s.Browser()
		others[i].Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	}
	mine, stranger := s.Browser(), s.Browser()
	mine.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	stranger.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	response := others[0].Visit(func(v *shop.Visitor) {
		mine.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() })
		v.AddVisits(1)
		v.Renew()
	})
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies for a request that was under way")
	for _, b := range others {
		nobody(t, b, "another session of the account")
	}
	testsite.Equal(t, testsite.See(mine, (*shop.Visitor).UserID), 7, "user of this one")
	testsite.Equal(t, testsite.See(stranger, (*shop.Visitor).UserID), 8, "another account")
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	check(t, err)
	testsite.Equal(t, len(infos), 1, "sessions listed")
}

// An administrator ends anybody's session, by its ID, by account, and by group, without being that account.
func TestASVS_7_4_5_AnAdministratorEndsAnySession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	for name, end := range map[string]func() error{
		"the ID":      func() error { return s.Visitors.Revoke(t.Context(), testsite.IDOf(b)) },
		"the account": func() error { _, err := s.Visitors.RevokeByUserID(t.Context(), 7); return err },
		"the group":   func() error { _, err := s.Visitors.RevokeByTeam(t.Context(), "red"); return err },
	} {
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user before")
		check(t, end())
		nobody(t, b, "a session that was ended by "+name)
	}
}

// What lists somebody's sessions shows what tells them apart, and nothing that opens one.
func TestASVS_7_5_2_AListShowsNothingThatOpensASession(t *testing.T) {
	s := testsite.New(t, runtime.WithClient(testsite.ClientOf))
	b := s.Browser()
	b.Header.Set("User-Agent", "Firefox")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetPassword("hunter2") })
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	check(t, err)
	text := fmt.Sprintf("%v %+v %#v", infos, infos, infos)
	testsite.Equal(t, testsite.Contains(text, b.Cookies[testsite.SessionCookie][22:]) || testsite.Contains(text, "hunter2"), false, "a secret is in "+text)
	testsite.Equal(t, testsite.Contains(text, "Firefox"), true, "the client is in the list")
	thief := s.Browser()
	thief.Cookies[testsite.SessionCookie] = infos[0].ID.String()
	nobody(t, thief, "an ID from the list")
	// Not even to end it: a browser that sends the ID alone ends nothing.
	thief.Visit((*shop.Visitor).Destroy)
	r := httptest.NewRequest(http.MethodPost, "/?id="+infos[0].ID.String(), nil)
	s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shop.VisitorFrom(r.Context()).Destroy()
	})).ServeHTTP(testsite.NewRecorder(), r)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}
