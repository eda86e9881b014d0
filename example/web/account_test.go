package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestASVS_7_2_4_SignInRenewsTheSecret(t *testing.T) {
	shop := open(t)
	john := shop.browser(t, "Firefox")
	john.post("/cart/add", "sku", "damson")
	before := john.cookie(sessionCookie)
	john.post("/sign-in", "username", "john_doe")
	after := john.cookie(sessionCookie)

	if before == "" || after == "" || before == after {
		t.Fatalf("the token was %.6s… before and is %.6s… after", before, after)
	}
	// The ID is in the token's first 16 bytes, and stays.
	if before[:21] != after[:21] {
		t.Error("the session has another ID after sign-in")
	}
	john.wants(john.get("/cart"), signedInAsJohn, "Damson")
	john.wants(john.get("/record"), `"john_doe"`, "logged_in", "renewed")

	thief := shop.browser(t, "curl/8")
	thief.setCookie(sessionCookie, before)
	thief.wantsNot(thief.get("/cart"), "john_doe", "€14.00")
}

func TestUnknownUsersAreTurnedAway(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	a := b.do(b.request("POST", "/sign-in", form("username", "mallory")))
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the answer is %s", a.Status)
	}
	if sent := a.Header["Set-Cookie"]; sent != nil {
		t.Errorf("it sets %s", sent)
	}
}

func TestRememberMe(t *testing.T) {
	shop := open(t)
	forgotten := shop.browser(t, "Firefox").post("/sign-in", "username", "john_doe").sent(sessionCookie)
	if strings.Contains(forgotten, "Max-Age") {
		t.Errorf("without “remember me” the cookie outlives the browser: %s", forgotten)
	}
	remembered := shop.browser(t, "Firefox").post("/sign-in", "username", "john_doe", "remember", "yes").sent(sessionCookie)
	if !strings.Contains(remembered, "Max-Age=43") { // twelve hours, less a moment
		t.Errorf("with “remember me” the cookie is %s", remembered)
	}
}

func TestNoticesAreShownOnce(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	const notice = `id="notice"`
	b.post("/sign-in", "username", "john_doe")
	b.wants(b.get("/"), notice, "Welcome, John Doe.")
	b.wantsNot(b.get("/"), notice)
	b.post("/cart/add", "sku", "rosehip")
	b.wants(b.get("/cart"), notice, "Rosehip is in your cart.")
	b.wantsNot(b.get("/cart"), notice)
}

// TestSignOut covers both ways to leave: ClearUserID and Destroy.
func TestSignOut(t *testing.T) {
	for path, check := range map[string]func(*browser, answer){
		"/sign-out": func(b *browser, a answer) {
			if b.cookie(sessionCookie) == "" {
				b.t.Error("the session did not go on")
			}
			b.wants(b.get("/"), "You are signed out.")
		},
		"/end-session": func(b *browser, a answer) {
			if sent := a.sent(sessionCookie); !strings.Contains(sent, "Max-Age=0") || b.cookie(sessionCookie) != "" {
				b.t.Errorf("the cookie was not deleted: %s", sent)
			}
			b.wants(b.get("/goodbye"), "Goodbye.", "still plum")
		},
	} {
		t.Run(path, func(t *testing.T) {
			shop := open(t)
			john := shop.browser(t, "Firefox")
			john.post("/color", "color", "plum")
			john.post("/sign-in", "username", "john_doe")
			john.post("/cart/add", "sku", "harbour")
			old := john.cookie(sessionCookie)

			check(john, john.post(path))
			john.wants(john.get("/"), `data-color="plum"`, "Yours is plum")
			john.wantsNot(john.get("/cart"), "john_doe", "One bottle")

			replayed := shop.browser(t, "curl/8")
			replayed.setCookie(sessionCookie, old)
			replayed.wantsNot(replayed.get("/cart"), "john_doe", "One bottle")
		})
	}
}

func TestAnotherUserSeesNothingOfTheFirst(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	b.post("/sign-in", "username", "john_doe")
	b.post("/cart/add", "sku", "harbour")
	b.post("/wishes/put", "sku", "fernery", "note", "for Jane's birthday")
	b.post("/sign-in", "username", "jane_roe")
	b.wants(b.get("/cart"), "jane_roe", "There is nothing in it yet.")
	b.wantsNot(b.get("/wishes"), "birthday")
}

func TestASVS_7_5_3_TheBackRoomRenewsTheSecret(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	if a := b.post("/back-room/open", "word", "ultramarine"); a.Header.Get("Location") != "/sign-in" {
		t.Errorf("a stranger is sent to %s", a.Header.Get("Location"))
	}
	b.post("/sign-in", "username", "john_doe")
	b.post("/back-room/open", "word", "cerulean")
	if a := b.get("/back-room"); a.StatusCode != http.StatusForbidden {
		t.Errorf("the wrong word is answered by %s", a.Status)
	}
	before := b.cookie(sessionCookie)
	b.post("/back-room/open", "word", " Ultramarine ")
	inside := b.cookie(sessionCookie)
	if before == inside {
		t.Error("the secret is the same after the step-up")
	}
	b.wants(b.get("/back-room"), "Barrels")
	b.post("/back-room/leave")
	if b.cookie(sessionCookie) == inside {
		t.Error("the secret is the same after leaving")
	}
	b.wantsNot(b.get("/back-room"), "Barrels")
}

func TestASVS_7_5_1_and_7_5_3_TheBackRoomWantsAFreshSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		defer store.Close()
		handler := newHandler(t, store, newKeys(t))
		post := func(path, body string, cookies []*http.Cookie) *http.Response {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, c := range cookies {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w.Result()
		}
		cookies := post("/sign-in", "username=john_doe", nil).Cookies()
		for offset, to := range map[time.Duration]string{-time.Second: "/back-room", 0: "/back-room", time.Second: "/sign-in"} {
			cookies = post("/sign-in", "username=john_doe", cookies).Cookies()
			time.Sleep(15*time.Minute + offset)
			response := post("/back-room/open", "word=ultramarine", cookies)
			if got := response.Header.Get("Location"); got != to {
				t.Errorf("after a quarter of an hour%+v, the word leads to %s", offset, got)
			}
			if renewed := response.Cookies(); renewed != nil {
				cookies = renewed
			}
		}
	})
}
