package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestFavoriteColor(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	sent := b.post("/color", "color", "teal").sent("favorite_color")
	const want = "favorite_color=teal; Max-Age=3600; Path=/; SameSite=Lax; Secure; HttpOnly"
	if sent != want {
		t.Errorf("Set-Cookie is\n\t%s, want\n\t%s", sent, want)
	}
	b.wants(b.get("/cart"), `data-color="teal"`)
	b.wants(b.get("/"), "Yours is teal", `value="teal" data-color="teal" aria-label="Teal" title="Teal" aria-pressed="true"`)

	b.setCookie("favorite_color", "mauve")
	b.wants(b.get("/"), `data-color=""`, "Which color is yours?")
	if a := b.do(b.request("POST", "/color", form("color", "mauve"))); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a color that there is not is answered by %s", a.Status)
	}

	b.post("/color", "color", "red")
	b.post("/color", "color", "")
	if value := b.cookie("favorite_color"); value != "" {
		t.Errorf("washed off, the cookie is %q", value)
	}
}

func TestTheme(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	const offersDark, offersLight = `name="theme" value="dark"`, `name="theme" value="light"`
	a := b.get("/")
	b.wants(a, offersDark) // the default is light
	b.wantsNot(a, "data-theme")
	sent := b.post("/theme", "theme", "dark").sent("theme")
	if strings.Contains(sent, "HttpOnly") || !strings.Contains(sent, "theme=dark; Max-Age=31536000;") {
		t.Errorf("Set-Cookie is %s", sent)
	}
	b.wants(b.get("/"), `data-theme="dark"`, offersLight)
}

func TestCampaignIsSigned(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	const greeting = "You came by our letter “spring-sale”"
	a := b.get("/?campaign=spring-sale")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/" {
		t.Errorf("the link is answered by %s to %q", a.Status, a.Header.Get("Location"))
	}
	b.wants(b.get("/"), greeting)

	value := b.cookie("campaign")
	middle := len(value) / 2
	other := "A"
	if value[middle] == 'A' {
		other = "B"
	}
	b.setCookie("campaign", value[:middle]+other+value[middle+1:])
	b.wantsNot(b.get("/"), greeting)
	b.setCookie("campaign", "spring-sale")
	b.wantsNot(b.get("/"), greeting)
	b.setCookie("campaign", value)
	b.wants(b.get("/"), greeting)
	b.wantsNot(b.get("/?campaign=%3Cscript%3E"), "<script>alert")
}

func TestDoorstepIsEncrypted(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	const place = "Under the third flowerpot"
	b.post("/cart/order", "doorstep", place)
	if value := b.cookie("doorstep"); value == "" || strings.Contains(value, "flowerpot") {
		t.Errorf("the cookie is %q", value)
	}
	b.post("/cart/add", "sku", "damson")
	b.wants(b.get("/cart"), `value="`+place+`"`)
	record := b.get("/record")
	b.wants(record, "[redacted]")
	b.wantsNot(record, place)
}

func TestRecordPage(t *testing.T) {
	b := open(t).browser(t, "Firefox")
	b.wants(b.get("/record"), "There is none.", "None at all.")
	b.setCookie("stray", "value-of-another-site")
	b.post("/color", "color", "blue")
	b.post("/cart/add", "sku", "damson")
	b.post("/sign-in", "username", "jane_roe")
	a := b.get("/record")
	b.wants(a, `"jane_roe"`, `[{"SKU":"damson","Wrapped":false}]`, "favorite_color", "not ours", "renewed", "created")

	before := b.cookie(sessionCookie)
	b.wantsNot(a, before, before[22:])
	b.post("/record/renew")
	if b.cookie(sessionCookie) == before {
		t.Error("the secret was not renewed")
	}
	b.wants(b.get("/record"), "The session has a new secret. Its ID stays.")
}
