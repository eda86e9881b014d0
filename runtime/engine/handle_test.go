package engine_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// A copy of the session is the session: go vet does not find v := *VisitorFrom(ctx), which
// copies the result of a call, so nothing may depend on its absence.
func TestACopyOfTheSessionIsTheSession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Serve(func(_ *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		v := *shop.VisitorFrom(r.Context())
		v.SetUserID(7)
		v.AppendCart(shop.Item{SKU: "tea"})
		v.SetTheme("dark")
		testsite.Equal(t, shop.VisitorFrom(r.Context()).UserID(), 7, "user of the original")
	})
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.UserID(), 7, "user")
		testsite.Equal(t, len(v.Cart()), 1, "items")
		testsite.Equal(t, v.Theme(), "dark", "theme")
		(*v).Destroy()
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user after a copy was destroyed")
}

// A zero value says where a real one comes from, whichever method is called.
func TestAZeroSessionSaysWhereARealOneComesFrom(t *testing.T) {
	called := 0
	for i := range reflect.TypeFor[*shop.Visitor]().NumMethod() {
		method := reflect.ValueOf(new(shop.Visitor)).Method(i)
		name := reflect.TypeFor[*shop.Visitor]().Method(i).Name
		var in []reflect.Value
		for argument := range method.Type().Ins() {
			in = append(in, reflect.Zero(argument))
		}
		func() {
			defer func() {
				text := fmt.Sprint(recover())
				for _, part := range []string{"this Visitor is a zero value", "VisitorFrom(r.Context())", "Load"} {
					if !strings.Contains(text, part) {
						t.Errorf("%s panics with %q, which lacks %q", name, text, part)
					}
				}
			}()
			called++
			if method.Type().IsVariadic() {
				method.CallSlice(in)
			} else {
				method.Call(in)
			}
		}()
	}
	if called < 50 {
		t.Errorf("only %d methods were called", called)
	}
}

// Package fmt calls no methods of what is in an unexported field. It must not find secrets
// there all the same, whatever the verb.
func TestNoSecretsAreFoundInAnUnexportedField(t *testing.T) {
	type page struct {
		title   string
		visitor *shop.Visitor
	}
	type copied struct{ visitor shop.Visitor }
	s := testsite.New(t)
	b := s.Browser()
	const secret = "hunter2"
	b.Visit(func(v *shop.Visitor) { v.SetPassword(secret); v.SetUserID(7) })
	token := b.Cookies[testsite.SessionCookie]
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Password(), secret, "password")
		v.SetAvatar([]byte(secret))
		v.SetCampaign(secret)
		values := []any{
			page{"a", v}, &page{"a", v}, []page{{"a", v}}, map[string]page{"a": {"a", v}}, []any{page{"a", v}},
			copied{*v}, &copied{*v}, []*copied{{*v}}, *v, struct{ p **shop.Visitor }{&v}, struct{ a any }{v}, struct{ a any }{*v},
		}
		for _, value := range values {
			for _, verb := range strings.Split("v +v #v s q x X d t c e p U b o T +s #q", " ") {
				text := fmt.Sprintf("%"+verb, value)
				for _, found := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint([]byte(secret)), token, token[22:]} {
					if strings.Contains(text, found) {
						t.Errorf("%%%s of a %T shows %q: %.300s", verb, value, found, text)
					}
				}
				if strings.Contains(text, "idle") || len(text) > 1000 {
					t.Errorf("%%%s of a %T shows what is inside: %.300s", verb, value, text)
				}
			}
		}
	})
}
