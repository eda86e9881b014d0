package asvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// talkative is a type whose errors quote the value, as those of many types do.
type talkative string

func (v talkative) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("%q is not valid", string(v))
}

func (v *talkative) UnmarshalText(text []byte) error {
	*v = talkative(text)
	return nil
}

// A type's own error may quote what it refuses. Of a secret field it goes nowhere: not to the error handler, not
// into an event, and not to who calls Commit.
func TestASVS_16_2_5_ErrorsOfSecretFieldsQuoteNothing(t *testing.T) {
	for _, secret := range []bool{false, true} {
		s := testsite.New(t)
		schema := testsite.MiniSchema("__Host-mini", func(call string, field int) {
			if call == "append" && field == testsite.MiniNote {
				value := talkative("hunter2")
				wire.AppendText(nil, testsite.MiniNumbers[field], &value)
			}
		})
		if secret {
			schema.Fields[testsite.MiniNote].Traits |= engine.Secret
		}
		var texts []string
		m := testsite.NewMini(t, s, schema,
			runtime.WithEvents(func(_ context.Context, e runtime.Event) { texts = append(texts, fmt.Sprintf("%+v", e)) }),
			runtime.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, err error) {
				texts = append(texts, err.Error())
				if !errors.Is(err, runtime.ErrEncoding) {
					t.Errorf("the error is %v", err)
				}
			}))
		m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mine := testsite.MiniFrom(r)
			engine.Set(&mine.Session, testsite.MiniNote, &mine.Note, "hunter2")
			if err := mine.Session.Commit(r.Context()); err != nil {
				texts = append(texts, err.Error())
			}
		})).ServeHTTP(testsite.NewRecorder(), s.Browser().Request("GET"))
		all := strings.Join(texts, "\n")
		if !strings.Contains(all, "field note") {
			t.Errorf("secret %v: nothing names the field: %s", secret, all)
		}
		testsite.Equal(t, strings.Contains(all, "hunter2"), !secret, fmt.Sprintf("secret %v: the value is in %s", secret, all))
	}
}

// The same for a cookie that cannot be sent.
func TestASVS_16_2_5_ErrorsOfSecretCookiesQuoteNothing(t *testing.T) {
	for _, secret := range []bool{false, true} {
		field := engine.CookieField[string]{
			Options: cookie.Options{Name: "pin", Path: "/", Protection: cookie.Encrypted, Secret: secret},
			Text: cookie.Text[string]{
				Format: func(v string) (string, error) { return "", fmt.Errorf("%q is not valid", v) },
				Parse:  func(text string) (string, error) { return text, nil },
			},
		}
		type holder struct {
			session engine.Session
			value   string
			cookies [1]engine.CookieState
		}
		var texts []string
		m, err := engine.NewManager(&engine.Schema{
			Name: "holder", Type: "Holder", Cookies: []engine.CookieDescriptor{&field},
			New: func() *engine.Session {
				h := new(holder)
				return h.session.Bind(h, nil, nil, h.cookies[:])
			},
		}, nil, runtime.WithKeys(testsite.Keys), runtime.WithEvents(func(_ context.Context, e runtime.Event) { texts = append(texts, fmt.Sprintf("%+v", e)) }))
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.BindCookie(m, &field).Write(testsite.NewRecorder(), "hunter2"); errors.Is(err, runtime.ErrCookie) {
			texts = append(texts, err.Error())
		} else {
			t.Errorf("Write: %v", err)
		}
		h, err := engine.Load[holder](m, testsite.NewRecorder(), testsite.New(t).Browser().Request("GET"))
		if err != nil {
			t.Fatal(err)
		}
		engine.SetCookie(&h.session, &field, &h.value, "hunter2")
		if err := h.session.Commit(t.Context()); errors.Is(err, runtime.ErrCookie) {
			texts = append(texts, err.Error())
		} else {
			t.Errorf("Commit: %v", err)
		}
		all := strings.Join(texts, "\n")
		testsite.Equal(t, strings.Count(all, "pin"), 3, "texts that name the cookie: "+all)
		testsite.Equal(t, strings.Contains(all, "hunter2"), !secret, fmt.Sprintf("secret %v: the value is in %s", secret, all))
	}
}
