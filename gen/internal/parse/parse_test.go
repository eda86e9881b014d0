package parse

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

const parsed = `package shop

import "time"

type (
	// admin is documented inside a group.
	admin struct {
		_ struct{} ` + "`session:\"idle=1h,lifetime=2d,type=Administrator\" cookie:\"__Host-a,samesite=strict,partitioned\"`" + `

		// Roles are what is allowed.
		Roles []Role ` + "`session:\"roles,renew\"`" + ` // not this
		Old   Point  ` + "`session:\",was=older\"`" + ` // Old stands on its line.
		Rate  ratio  ` + "`session:\"rate,default=0.5\"`" + `
	}
)

// guest has no session.
type guest struct {
	_ struct{} ` + "`session:\"-\"`" + `

	Month  time.Month ` + "`cookie:\"\"`" + `
	Color  Color      ` + "`cookie:\"c,was=color,httponly=false,path=/x,domain=example.com,max-age=1d12h,samesite=none,default=red,open\"`" + `
	Shade  Color      ` + "`cookie:\"shade\"`" + `
	Sealed Color      ` + "`cookie:\"sealed,encrypted,secret\"`" + `
	Until  time.Time  ` + "`cookie:\"until,signed,default=2026-01-02T03:04:05+01:00\"`" + `
}

type Role struct {
	Name  string ` + "`json:\"title,omitempty\"`" + `
	Since Point  ` + "`session:\"since\" json:\"ignored\"`" + `
	Left  func() ` + "`json:\"-\"`" + `
	MaxTTL time.Duration
}

type Point struct{ X, Y int8 }

type ratio float32

type Color string

const Third, First, Second, Again, other Color = "c", "a", "b", "a", "o"

const untyped = "u"
`

func parseModel(t *testing.T, only ...string) *model.Package {
	t.Helper()
	pkg, errs := Package(loadtest.Check(t, map[string]string{"shop.go": parsed}), only)
	if errs != nil {
		t.Fatal(errs)
	}
	return pkg
}

func TestParseSchemas(t *testing.T) {
	pkg := parseModel(t)
	type head struct {
		Name, TypeName, Doc string
		Stateless           bool
		Idle, Lifetime      time.Duration
		Cookie              cookie.Options
	}
	var got []head
	for _, s := range pkg.Schemas {
		got = append(got, head{s.Name, s.TypeName, s.Doc, s.Stateless, s.Idle, s.Lifetime, s.Cookie})
	}
	want := []head{
		{"admin", "Administrator", "admin is documented inside a group.", false, time.Hour, 48 * time.Hour, cookie.Options{
			Name: "__Host-a", Path: "/", SameSite: http.SameSiteStrictMode, Secure: true, HTTPOnly: true, Partitioned: true,
		}},
		{"guest", "Guest", "guest has no session.", true, 0, 0, cookie.Options{}},
	}
	compare(t, got, want)
}

func TestParseFields(t *testing.T) {
	pkg := parseModel(t)
	var got []string
	for _, f := range pkg.Schemas[0].Fields {
		literal := "none"
		if f.Default != nil {
			literal = f.Default.Constant.String()
		}
		got = append(got, fmt.Sprint(f.Name, " ", f.Key, " ", f.Was, " ", f.Number, " ", f.Doc, " ", f.Type.Go, " ", f.Type.Kind == model.Slice, f.Renew, f.Position.Line, " ", literal))
	}
	want := []string{
		fmt.Sprint("Roles roles  ", wire.FieldNumber("roles"), " Roles are what is allowed. []example.com/shop.Role true true 11 none"),
		fmt.Sprint("Old old older ", wire.FieldNumber("older"), " Old stands on its line. example.com/shop.Point false false 12 none"),
		fmt.Sprint("Rate rate  ", wire.FieldNumber("rate"), "  example.com/shop.ratio false false 13 0.5"),
	}
	compare(t, got, want)
}

func TestParseStructs(t *testing.T) {
	var got []string
	for _, s := range parseModel(t).Structs {
		for _, f := range s.Fields {
			if f.Number != wire.FieldNumber(f.Key) {
				t.Errorf("%s has number %d", f.Name, f.Number)
			}
			got = append(got, fmt.Sprint(s.Go, ".", f.Name, " ", f.Key))
		}
	}
	compare(t, got, []string{
		"example.com/shop.Role.Name title",
		"example.com/shop.Role.Since since",
		"example.com/shop.Role.MaxTTL max_ttl",
		"example.com/shop.Point.X x",
		"example.com/shop.Point.Y y",
	})
	if structs := parseModel(t, "guest").Structs; len(structs) > 0 {
		t.Errorf("without admin there are structs %v", structs)
	}
}

func TestParseCookies(t *testing.T) {
	plain := cookie.Options{Path: "/", SameSite: http.SameSiteLaxMode, Secure: true, HTTPOnly: true}
	named := func(name string) cookie.Options {
		a := plain
		a.Name = name
		return a
	}
	want := map[string]cookie.Options{
		"Month": named("month"),
		"Color": {
			Name: "c", Was: "color", Path: "/x", Domain: "example.com", MaxAge: 36 * time.Hour,
			SameSite: http.SameSiteNoneMode, Secure: true,
		},
		"Shade":  named("shade"),
		"Sealed": named("sealed"),
		"Until":  named("until"),
	}
	declared := map[string]string{
		"Month": "January February March April May June July August September October November December",
		"Shade": "Third First Second other",
	}
	for _, c := range parseModel(t, "guest").Schemas[0].Cookies {
		attributes := c.Options
		attributes.Protection, attributes.Secret = cookie.Plain, false // see below
		compare(t, attributes, want[c.Name])
		var names string
		for _, constant := range c.Declared {
			names += " " + constant.Name()
		}
		if names != "" {
			names = names[1:]
		}
		if names != declared[c.Name] {
			t.Errorf("%s accepts %q, want %q", c.Name, names, declared[c.Name])
		}
		switch {
		case c.Name == "Sealed" && (c.Options.Protection != cookie.Encrypted || !c.Options.Secret):
			t.Errorf("Sealed has protection %v", c.Options.Protection)
		case c.Name == "Until" && (c.Options.Protection != cookie.Signed || !c.Default.Time.Equal(time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC))):
			t.Errorf("Until has protection %v, default %v", c.Options.Protection, c.Default)
		case c.Name == "Color" && c.Default.Constant.String() != `"red"`:
			t.Errorf("Color has default %v", c.Default)
		}
	}
}

func compare[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}
