package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

const (
	firefoxOnLinux = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safariOnPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
	edgeOnWindows  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)

var deviceID = regexp.MustCompile(`name="id" value="([^"]+)"`)

func TestASVS_7_5_2_Devices(t *testing.T) {
	shop := open(t)
	laptop, phone, desk := shop.browser(t, firefoxOnLinux), shop.browser(t, safariOnPhone), shop.browser(t, edgeOnWindows)
	jane := shop.browser(t, "curl/8")
	for _, b := range []*browser{laptop, phone, desk} {
		b.post("/sign-in", "username", "john_doe")
	}
	jane.post("/sign-in", "username", "jane_roe")

	list := laptop.get("/account")
	laptop.wants(list, "Firefox on Linux", "Safari on iPhone", "Edge on Windows", safariOnPhone)
	laptop.wantsNot(list, "curl")
	if n := strings.Count(list.text, "This device"); n != 1 {
		t.Errorf("%d devices are this one", n)
	}

	// Jane learns the ID of one of John's sessions, and it helps her nothing.
	id := deviceID.FindStringSubmatch(list.text)[1]
	for _, stolen := range []string{id, "not an ID"} {
		a := jane.do(jane.request("POST", "/devices/sign-out", form("id", stolen)))
		if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("signing out a foreign device is answered by %s", a.Status)
		}
	}
	for _, b := range []*browser{laptop, phone, desk} {
		b.wants(b.get("/"), signedInAsJohn)
	}

	// One at a time: the form's ID is that of the phone or the desk.
	laptop.post("/devices/sign-out", "id", id)
	out := 0
	for _, b := range []*browser{phone, desk} {
		if !strings.Contains(b.get("/").text, signedInAsJohn) {
			out++
		}
	}
	if out != 1 {
		t.Errorf("signing out one device signed out %d", out)
	}

	// All the others.
	phone.post("/sign-in", "username", "john_doe")
	laptop.post("/devices/sign-out-others")
	laptop.wants(laptop.get("/account"), "All your other devices are signed out.", "Firefox on Linux")
	for _, b := range []*browser{phone, desk} {
		b.wantsNot(b.get("/"), signedInAsJohn)
	}
	jane.wants(jane.get("/"), "jane_roe")
}

// Sealed sessions are in the browsers: nobody can list them, and still they end.
func TestASVS_7_5_2_SealedDevices(t *testing.T) {
	keys := newKeys(t)
	store, err := sealed.New(keys, sealed.WithRevocations(memstore.New()))
	if err != nil {
		t.Fatal(err)
	}
	shop := serve(t, store, keys)
	laptop, phone := shop.browser(t, firefoxOnLinux), shop.browser(t, safariOnPhone)
	laptop.post("/sign-in", "username", "john_doe")
	phone.post("/sign-in", "username", "john_doe")
	list := laptop.get("/account")
	laptop.wants(list, "Firefox on Linux", "This device", "knows of no other device", "Sign out the others")
	laptop.wantsNot(list, "Safari on iPhone")
	laptop.post("/devices/sign-out-others")
	laptop.wants(laptop.get("/"), signedInAsJohn)
	phone.wantsNot(phone.get("/"), signedInAsJohn)
}
