package main

import (
	"fmt"
	"net"
	"net/http"
	"reflect"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/sample"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func pointer[T any](v T) *T { return &v }

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 7, time.UTC)

func user() *User {
	return &User{
		ID:          7,
		CreatedAt:   noon,
		LastLogin:   &noon,
		Username:    "john_doe",
		Email:       pointer("john@golden.example"),
		PasswordSum: []byte{1, 2, 3},
		Avatar:      []byte("png"),
		LastIP:      net.IPv4(192, 0, 2, 1),
		Manager:     &User{Username: "jane", Manager: &User{Username: "joan"}},
		Settings: &Settings{
			Theme:   pointer("dark"),
			Notify:  &Notify{Every: pointer(time.Hour), Quiet: map[time.Weekday][2]time.Duration{time.Sunday: {0, 24 * time.Hour}}},
			Pinned:  [3]*string{nil, pointer("second"), nil},
			Windows: [][]int{{1, 2}, nil, {3}},
		},
		Posts: []*Post{nil, {Title: "first", Comments: []*Comment{{Text: "no", ReplyTo: &Comment{Text: "yes"}}}}, nil},
		Roles: map[string]bool{"admin": true, "editor": false},
		Archive: &txtar.Archive{
			Comment: []byte("of another module"),
			Files:   []txtar.File{{Name: "a.txt", Data: []byte("a")}, {Name: "empty.txt"}},
		},
		Audit: Audit{By: pointer("root"), At: noon},
	}
}

func main() {
	manager := browser.Must(NewShopperManager(memstore.New()))
	var b browser.Browser
	visit := func(handle func(v *Shopper)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(ShopperFrom(r.Context())) })
	}
	visit(func(v *Shopper) { fmt.Println("at first:", v.User(), v.HasUser()) })
	want := user()
	visit(func(v *Shopper) { v.SetUser(user()) })
	want.PasswordSum = nil // its tag leaves it out of JSON, and so of the session
	check := func(when string) {
		visit(func(v *Shopper) {
			if got := v.User(); !sample.Same(reflect.ValueOf(got), reflect.ValueOf(want)) {
				fmt.Printf("%s it is\n%+v, not\n%+v\n", when, got, want)
				return
			}
			fmt.Println(when, "it is the same, and set:", v.HasUser())
		})
	}
	check("read back,")

	// What is changed behind a pointer is saved, however deep.
	change := func(what string, in func(u *User)) {
		in(want)
		visit(func(v *Shopper) { in(v.User()) })
		check(what + " changed in place,")
	}
	change("Nickname", func(u *User) { u.Nickname = pointer("jd") })
	change("Email", func(u *User) { *u.Email = "doe@golden.example" })
	change("LastLogin", func(u *User) { u.LastLogin = nil })
	change("LastIP", func(u *User) { u.LastIP[len(u.LastIP)-1]++ })
	change("Manager's Manager", func(u *User) { u.Manager.Manager.Username = "joanne" })
	change("Every", func(u *User) { *u.Settings.Notify.Every = 0 })
	change("Quiet", func(u *User) { u.Settings.Notify.Quiet[time.Monday] = [2]time.Duration{1, 2} })
	change("Pinned", func(u *User) { u.Settings.Pinned[0], u.Settings.Pinned[1] = u.Settings.Pinned[1], nil })
	change("Windows", func(u *User) { u.Settings.Windows[2][0] = 0 })
	change("Comments", func(u *User) { u.Posts[1].Comments[0].ReplyTo.Text = "maybe" })
	change("Archive", func(u *User) { u.Files[1].Data = []byte("filled") })
	change("By", func(u *User) { u.By = nil })

	// Changes of one value do not show in another.
	visit(func(v *Shopper) {
		v.PutDrafts("a", []Post{{Title: "draft"}})
		v.PutDrafts("b", []Post{{Title: "draft"}})
	})
	visit(func(v *Shopper) { v.Drafts()["a"][0].Title = "changed" })
	visit(func(v *Shopper) { fmt.Println("drafts:", v.Drafts()) })
	visit(func(v *Shopper) { v.RemoveDrafts("a") })
	visit(func(v *Shopper) {
		v.UpdateUser(func(u *User) *User {
			changed := *u
			changed.ID++
			return &changed
		})
		fmt.Println("drafts:", v.Drafts(), "ID:", v.User().ID)
	})
	want.ID++
	check("updated,")
	visit(func(v *Shopper) { v.SetUser(nil); fmt.Println("set to nil:", v.HasUser()) })
	visit(func(v *Shopper) { fmt.Println("at last:", v.User(), v.HasUser()) })
}
