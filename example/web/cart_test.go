package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestCart(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	b.post("/cart/add", "sku", "harbour")
	b.post("/cart/add", "sku", "harbour")
	b.post("/cart/add", "sku", "damson")
	b.wants(b.get("/cart"), "2 bottles", "One bottle", "€37.00")

	b.post("/cart/wrap", "sku", "harbour") // in place
	b.wants(b.get("/cart"), "2 bottles, wrapped in paper")
	b.post("/cart/wrap", "sku", "harbour")
	b.wantsNot(b.get("/cart"), "wrapped in paper")

	b.post("/cart/remove", "sku", "harbour")
	b.wantsNot(b.get("/cart"), "2 bottles")
	b.post("/cart/order", "doorstep", "Under the third flowerpot")
	b.wants(b.get("/cart"), "Thank you.", "There is nothing in it yet.")

	if a := b.do(b.request("POST", "/cart/add", form("sku", "petrol"))); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an ink that there is not is answered by %s", a.Status)
	}
}

func TestTwoTabsLoseNoBottle(t *testing.T) {
	shop := open(t)
	b := shop.browser(t, "Firefox")
	b.post("/cart/add", "sku", "harbour")
	const clicks = 12
	shop.store.gather(clicks)
	var tabs sync.WaitGroup
	for range clicks {
		tabs.Go(func() {
			r := b.request("POST", "/cart/add", form("sku", "harbour"))
			response, err := b.client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
		})
	}
	tabs.Wait()
	b.wants(b.get("/cart"), "13 bottles")
}

func TestCartHasAnEnd(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	for range 41 {
		b.post("/cart/add", "sku", "harbour")
	}
	b.wants(b.get("/cart"), "40 bottles", "all the ink one parcel can carry")
}

func TestWishes(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	b.post("/wishes/put", "sku", "verdigris")
	b.post("/wishes/put", "sku", "rosehip", "note", "for the roof & the door "+strings.Repeat("é", 60))
	a := b.get("/wishes")
	b.wants(a, "Verdigris", "for the roof & the door é")
	if n := strings.Count(a.text, "é"); n != 60-len("for the roof & the door ") {
		t.Errorf("the note was cut to have %d of 60 accents", n)
	}
	b.wants(b.get("/"), "Take Verdigris off the wish list", "Put Harbour on the wish list")
	b.post("/wishes/remove", "sku", "verdigris")
	a = b.get("/wishes")
	b.wants(a, "Rosehip")
	b.wantsNot(a, "Verdigris")
}

func TestVisitsAreCountedForWhoHasASession(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	b.get("/")
	b.get("/")
	b.wantsNot(b.get("/"), "looked in", "look in")
	b.post("/sign-in", "username", "john_doe")
	b.wants(b.get("/"), "This is the first time that you look in.")
	for visits := 2; visits < 5; visits++ {
		b.wants(b.get("/"), `<strong id="visits">`+strconv.Itoa(visits)+`</strong>`)
	}
}
