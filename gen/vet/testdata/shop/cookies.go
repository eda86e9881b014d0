package shop

import (
	"fmt"
	"net/http"
	"time"
)

const themeCookie = "theme"

func setByHand(w http.ResponseWriter, r *http.Request, value string) {
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: value}) // want `cookie theme is Visitor.Theme, and its attributes are those of the tag: use SetTheme or ClearTheme, or VisitorManager.ThemeCookie\(\).Write where there is no Visitor`
	http.SetCookie(w, &http.Cookie{
		Name:  themeCookie, // want `cookie theme is Visitor.Theme`
		Value: value,
	})
	http.SetCookie(w, &http.Cookie{Name: "skin"})           // want `cookie skin, the earlier name of theme, is Visitor.Theme`
	http.SetCookie(w, &http.Cookie{Name: "__Host-visitor"}) // want `cookie __Host-visitor carries the token of Visitor, and is for the manager alone to set: use Visitor.Renew, Remember or Destroy`

	cookie := &http.Cookie{Name: "campaign", Path: "/"} // want `cookie campaign is Visitor.Campaign`
	cookie.Value = value
	http.SetCookie(w, cookie)

	var named http.Cookie = http.Cookie{Value: value}
	named.Name = "theme" // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &named)

	var empty http.Cookie
	empty.Name = "theme" // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &empty)
	made := new(http.Cookie)
	made.Name, made.Value = themeCookie, value // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, made)

	w.Header().Add("Set-Cookie", "theme=dark; Path=/")                        // want `cookie theme is Visitor.Theme`
	w.Header().Set("set-cookie", "theme="+value)                              // want `cookie theme is Visitor.Theme`
	w.Header().Add("Set-Cookie", themeCookie+"="+value+"; Path=")             // want `cookie theme is Visitor.Theme`
	w.Header().Add("Set-Cookie", fmt.Sprintf("theme=%s", value))              // want `cookie theme is Visitor.Theme`
	w.Header().Add("Set-Cookie", (&http.Cookie{Name: "theme"}).String())      // want `cookie theme is Visitor.Theme`
	w.Header()["Set-Cookie"] = append(w.Header()["Set-Cookie"], "theme=dark") // want `cookie theme is Visitor.Theme`
	w.Header()["Set-Cookie"] = []string{"a=b", "theme=dark"}                  // want `cookie theme is Visitor.Theme`
}

func read(r *http.Request) {
	r.Cookie("theme")                // want `cookie theme is Visitor.Theme, and what the browser sends has not been checked: use Theme, or VisitorManager.ThemeCookie\(\).Read where there is no Visitor`
	r.CookiesNamed(themeCookie)      // want `cookie theme is Visitor.Theme`
	r.Cookie("skin")                 // want `cookie skin, the earlier name of theme, is Visitor.Theme`
	r.CookiesNamed("__Host-visitor") // want `cookie __Host-visitor carries the token of Visitor: use VisitorFrom, which checks it`
}

func atHand(w http.ResponseWriter, r *http.Request, value string) {
	v := VisitorFrom(r.Context())
	http.SetCookie(w, &http.Cookie{Name: "campaign", Value: value, Path: "/", HttpOnly: true})   // want `cookie campaign is Visitor.Campaign`
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})                                // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &http.Cookie{Name: "theme", MaxAge: -1})                                   // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: value})                                 // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &http.Cookie{Name: "campaign", Value: value, Expires: time.Now().UTC()})   // want `cookie campaign is Visitor.Campaign`
	http.SetCookie(w, &http.Cookie{Name: "__Host-visitor", Value: value, HttpOnly: true})        // want `cookie __Host-visitor carries`
	func(v string) { http.SetCookie(w, &http.Cookie{Name: "campaign", Value: v}) }(v.Campaign()) // want `cookie campaign is Visitor.Campaign`
}

func fine(w http.ResponseWriter, r *http.Request, m *VisitorManager, name string) {
	v := VisitorFrom(r.Context())
	v.SetTheme(Dark)
	m.ThemeCookie().Write(w, Dark)
	http.SetCookie(w, &http.Cookie{Name: "other", Value: "theme"})
	http.SetCookie(w, &http.Cookie{Name: name})
	http.SetCookie(w, &http.Cookie{Name: "Theme"}) // another one to browsers
	r.Cookie("other")
	r.Cookie(name)
	r.Cookies()
	w.Header().Add("Set-Cookie", "other=theme")
	w.Header().Add("Vary", "theme=dark")
	w.Header().Add("Set-Cookie", name+"=theme")
	// A request to another server is none of a schema's business.
	r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	cookie := &http.Cookie{Name: "other"}
	if name == "" {
		cookie = &http.Cookie{Name: "theme"}
	}
	http.SetCookie(w, cookie)

	w.Header()["Set-Cookie"] = append(w.Header()["Set-Cookie"], r.Header["Set-Cookie"]...)
	var other http.Cookie
	other.Name = name
	http.SetCookie(w, &other)

	r.Cookie("theme") //sessiongen:ignore a page that shows what the browser sent
	//sessiongen:ignore as above
	r.Cookie("theme")
	//sessiongen:ignore
	r.Cookie("theme") // want `cookie theme is Visitor.Theme`
}
