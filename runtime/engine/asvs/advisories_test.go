package asvs

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Each test here is an attack on somebody else's library that has a number, made on this one: what the
// attacker has, what is done with it, and what does not come of it.

// The attacker has the victim's cookie, and has sent a request that takes long. The victim signs out. When the
// long request ends, whatever it has done with the session, there is none, and the cookie is worth nothing.
func TestCVE_2025_46336_and_CVE_2025_32441_ALongRequestDoesNotBringASessionBack(t *testing.T) {
	for name, write := range late {
		s := testsite.New(t)
		victim := s.Browser()
		victim.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		attacker := victim.Clone()
		attacker.Manager = s.NewManager() // another worker process
		stolen := attacker.Clone()
		response := attacker.Visit(func(v *shop.Visitor) {
			v.UserID()
			victim.Visit((*shop.Visitor).Destroy)
			write(v)
		})
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies for the attacker")
		for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Minute} {
			s.Clock.Advance(later)
			nobody(t, stolen, name+": the stolen cookie after the victim signed out")
		}
	}
}

// A request is loading data. The user signs out, which removes the session from the store. The first request ends, and
// the store is told nothing that would put it there again.
func TestGH_express_session_632_and_connect_redis_328_ARequestThatOutlivesTheLogoutSavesNothing(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"reads": func(v *shop.Visitor) { v.UserID() }, "extends": func(v *shop.Visitor) { v.UserID() }, "writes": func(v *shop.Visitor) { v.SetVisits(1) },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		id := testsite.IDOf(b)
		if name == "extends" {
			s.Clock.Advance(20 * time.Minute) // the store is asked for another half hour
		}
		loading := b.Clone()
		loading.Visit(func(v *shop.Visitor) {
			change(v)
			b.Visit((*shop.Visitor).Destroy)
		})
		if rec, err := s.Store.Store.Load(t.Context(), id); err == nil {
			t.Errorf("a request that %s has put %d bytes back into the store", name, len(rec.Data))
		}
		nobody(t, loading, "the cookie of a request that "+name)
	}
}

// The attacker chooses an ID and gives it to the victim, who signs in with it. The victim's session has another ID and a
// secret that only the victim's browser has seen.
func TestCVE_2024_38513_AnIDOfTheClientIsNeverAdopted(t *testing.T) {
	s := testsite.New(t)
	chosen := strings.Repeat("attackers-choice", 4)
	for _, begin := range []func(v *shop.Visitor){
		func(v *shop.Visitor) { v.SetUserID(7) },
		func(v *shop.Visitor) { v.SetVisits(1) },
		func(v *shop.Visitor) { v.SetTeam("red"); v.Renew() },
	} {
		victim, attacker := s.Browser(), s.Browser()
		victim.Cookies[testsite.SessionCookie], attacker.Cookies[testsite.SessionCookie] = chosen, chosen
		victim.Visit(begin)
		if token := victim.Cookies[testsite.SessionCookie]; token == chosen || token[:21] == chosen[:21] {
			t.Error("the victim's session has the attacker's ID")
		}
		nobody(t, attacker, "the ID that the attacker has chosen")
	}
	decoded, err := base64.RawURLEncoding.DecodeString(chosen)
	check(t, err)
	if _, err := s.Store.Store.Load(t.Context(), runtime.ID(decoded)); err == nil {
		t.Error("the store has a session with the attacker's ID")
	}
}

// The attacker begins a session, and plants its cookie in the victim's browser. The victim signs in. What the
// attacker has kept is worth nothing then, and the attacker is not signed in.
func TestCVE_2022_25896_and_CVE_2023_29019_ASessionFromBeforeTheSignInIsNotTheVictims(t *testing.T) {
	for name, signIn := range map[string]func(v *shop.Visitor){
		"signs in":                     func(v *shop.Visitor) { v.SetUserID(7) },
		"signs in twice":               func(v *shop.Visitor) { v.SetUserID(7); v.SetUserID(7) },
		"signs in as the one who was":  func(v *shop.Visitor) { v.ClearUserID(); v.SetUserID(7) },
		"ends it before and signs in":  func(v *shop.Visitor) { v.Destroy(); v.SetUserID(7) },
		"signs in and is given a role": func(v *shop.Visitor) { v.SetRole("admin"); v.SetUserID(7) },
	} {
		s := testsite.New(t)
		attacker := s.Browser()
		attacker.Visit(func(v *shop.Visitor) { v.SetUsername("planted"); v.AppendCart(shop.Item{SKU: "bait"}) })
		victim := attacker.Clone()
		victim.Visit(signIn)
		testsite.Equal(t, testsite.See(victim, (*shop.Visitor).UserID), 7, "the victim, who "+name)
		nobody(t, attacker, "the planted cookie after the victim "+name)
		attacker.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		testsite.Equal(t, testsite.See(victim, (*shop.Visitor).HasVisits), false, "what the attacker writes is the victim's, who "+name)
	}
}

// The attacker has no key. A cookie that does not decrypt, or has no signature, is not read in any simpler way.
func TestCVE_2026_39324_WhatDoesNotDecryptIsNotReadAsPlain(t *testing.T) {
	s := testsite.New(t)
	honest := s.Browser()
	honest.Visit(func(v *shop.Visitor) { v.SetTicket(42); v.SetCampaign("spring") })
	plain := []byte(string(rune(1)) + "autumn")
	for _, text := range []string{
		"1000000", "autumn", "\x01autumn", `"autumn"`, `{"ticket":1000000}`,
		base64.RawURLEncoding.EncodeToString([]byte("1000000")), base64.URLEncoding.EncodeToString(plain),
		base64.StdEncoding.EncodeToString([]byte("0|" + string(plain) + "|")), "AQ" + base64.RawURLEncoding.EncodeToString(make([]byte, 60)),
		strings.Repeat("A", 90), "BA" + honest.Cookies["ticket"][2:], honest.Cookies["campaign"] + "A",
	} {
		forger := s.Browser()
		forger.Cookies["ticket"], forger.Cookies["campaign"], forger.Cookies["source"] = text, text, text
		forger.Visit(func(v *shop.Visitor) {
			if v.HasTicket() || v.Ticket() != 0 || v.HasCampaign() || v.Campaign() != "" {
				t.Errorf("%q is read as %d and %q", text, v.Ticket(), v.Campaign())
			}
		})
	}
	testsite.Equal(t, testsite.See(honest, (*shop.Visitor).Ticket), 42, "the honest ticket")
}

// The attacker knows the secrets that other products were shipped with, and that nobody had changed. No site here runs
// on one of them, or on one that is made up in the same way.
func TestCVE_2020_17526_and_CVE_2023_27524_SecretsOfProductsAreRefused(t *testing.T) {
	for _, shipped := range []string{
		"temporary_key", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", "\x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\h", "thisISaSECRET_1234",
		"YOUR_OWN_RANDOM_GENERATED_SECRET_KEY", "TEST_NON_DEV_SECRET", "super-secret-key", "something-very-secret",
		"secret-thirty-2-character-string", "keyboard cat", "keyboard cat keyboard cat keyboard cat",
	} {
		if _, err := keyring.NewKeys([]byte(shipped)); err == nil {
			t.Errorf("%q is accepted", shipped)
		} else if strings.Contains(err.Error(), shipped) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	if _, err := shop.NewVisitorManager(testsite.New(t).Store); err == nil {
		t.Error("a site without keys has some of its own")
	}
}

// Two applications have one secret, and cookies with the same names. The attacker has an account at the one, and takes
// its cookies to the other.
func TestCVE_2021_41263_ASharedSecretDoesNotShareCookies(t *testing.T) {
	s := testsite.New(t)
	forum := s.Browser()
	forum.Manager = s.NewManager(runtime.WithApplication("forum"))
	forum.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(42) })
	for _, name := range []string{"bank", "", "forum ", "Forum"} {
		bank := forum.Clone()
		bank.Manager = s.NewManager(runtime.WithApplication(name))
		testsite.Equal(t, testsite.See(bank, (*shop.Visitor).HasCampaign), false, fmt.Sprintf("the forum's signed cookie at %q", name))
		testsite.Equal(t, testsite.See(bank, (*shop.Visitor).HasTicket), false, fmt.Sprintf("the forum's encrypted cookie at %q", name))
	}
	testsite.Equal(t, testsite.See(forum, (*shop.Visitor).Ticket), 42, "the ticket at the forum")
}

// Between two requests of one process nothing is left of the first: not to the next one that comes without a cookie,
// nor to one whose cookie opens nothing, before and after it touches the session.
func TestCVE_2026_24894_NothingIsLeftForTheNextRequest(t *testing.T) {
	s := testsite.New(t)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range testsite.Scale(100, 10_000) {
				user := int64(worker*1_000_000 + i + 1)
				canary := fmt.Sprint("canary of ", user)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) {
					v.SetUserID(user)
					v.SetUsername(canary)
					v.SetPassword(canary)
					v.PutPrefs(canary, 1)
					v.AppendCart(shop.Item{SKU: canary})
					v.SetTicket(user)
				})
				stranger := s.Browser()
				if i%2 == 0 {
					stranger.Cookies[testsite.SessionCookie] = strings.Repeat("A", 64)
				}
				stranger.Visit(func(v *shop.Visitor) {
					if text := fmt.Sprintf("%v %v %v %v %v", v, v.Password(), v.Prefs(), v.Cart(), v.Ticket()); strings.Contains(text, "canary") || v.HasUserID() || v.HasTicket() {
						t.Errorf("a stranger sees %s", text)
					}
					v.SetVisits(1)
					if v.HasUsername() || v.HasPassword() || v.HasPrefs() {
						t.Error("after writing, a stranger sees something")
					}
				})
				b.Visit(func(v *shop.Visitor) {
					if v.UserID() != user || v.Username() != canary || v.HasVisits() {
						t.Errorf("user %d sees %v", user, v)
					}
				})
			}
		})
	}
	group.Wait()
}

// The attacker reads the logs. What stands for a session there is its ID, and that opens nothing.
func TestCVE_2023_20866_WhatIsLoggedOpensNothing(t *testing.T) {
	var logged []runtime.Event
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit((*shop.Visitor).Renew)
	s.Mu.Lock()
	logged = append(logged, s.Events...)
	s.Mu.Unlock()
	testsite.Equal(t, len(logged), 2, "events")
	for _, e := range logged {
		text := fmt.Sprintf("%+v %v", e, e.LogValue())
		for at := range text {
			if at+64 <= len(text) {
				attacker := s.Browser()
				attacker.Cookies[testsite.SessionCookie] = text[at : at+64]
				nobody(t, attacker, "a part of the log")
			}
		}
		attacker := s.Browser()
		attacker.Cookies[testsite.SessionCookie] = e.ID.String() + strings.Repeat("A", 64-len(e.ID.String()))
		nobody(t, attacker, "the ID from the log")
	}
	body, _ := io.ReadAll(b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, v) }).Body)
	if !strings.Contains(string(body), logged[0].ID.String()) {
		t.Errorf("the ID in the log is not the one that is shown: %s", body)
	}
}
