package types

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-sql/civil"
	"github.com/markbates/goth"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/oauth2"
	"golang.org/x/text/currency"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime"
)

var (
	zone  = must(time.LoadLocation("UTC"))
	token = oauth2.Token{AccessToken: "a", TokenType: "Bearer", RefreshToken: "r", Expiry: moment, ExpiresIn: 3600}
	extra = token.WithExtra(map[string]any{"id_token": "i"})
	about = oidc.IDToken{Issuer: "https://example.com", Subject: "s", Expiry: moment}
	known = IDToken{about.Issuer, about.Subject, about.Expiry, Claims{"ada@example.com", true, []string{"g"}}}
)

// mendedValues are values of each field of mended, made as the errors advise from a value of the
// type that is refused.
var mendedValues = map[string]any{
	"Location": zone.String(), "LocationJSON": zone.String(), "LocationLoss": zone.String(),
	"Buffer": bytes[:], "BufferJSON": bytes[:], "ListJSON": []string{"b", "", "a"}, "Builder": "built",
	"Handle": "interned", "HandleJSON": "interned",
	"Mutex": Counter{-1}, "MutexLoss": Counter{-1}, "Once": true, "Map": map[string]int{"a": -1},
	"Hits": int64(-1 << 63), "HitsJSON": []int64{1, 0}, "LevelVar": slog.LevelError + 1, "Guarded": Counter{3},
	"GuardedJSON": map[string]Counter{"a": {1}},
	"Regexp":      regexp.MustCompilePOSIX(`a+|b`).String(), "Unit": currency.EUR.String(), "Certificate": bytes[:],
	"Error": errors.ErrUnsupported.Error(), "ErrorJSON": errors.ErrUnsupported.Error(),

	"Token":     Token{extra.AccessToken, extra.TokenType, extra.RefreshToken, extra.Expiry, extra.Extra("id_token").(string)},
	"TokenJSON": &token, "IDToken": known, "IDTokenJSON": "header.payload.signature", "JWT": known,
	"WebAuthn": keptValues["WebAuthn"][0], "User": keptValues["User"][0],
	"Message": object(), "MessageJSON": timestamppb.New(moment),
	"Decimal128": must(bson.ParseDecimal128("-1.10E+20")), "BSON": bson.M{"a": 1.0, "b": []any{"x"}},

	"Hidden": Hidden{Name: "n"}, "Omitted": Omitted{Name: "n"}, "Promoted": Promoted{moment.UTC(), "here"},
	"Shadowed": Shadowed{Base{"1", "n"}, "2"}, "Ambiguous": Ambiguous{Base{"1", "n"}, Other{"2"}, "k"},
	"ByPointer": ByPointer{base{"1"}}, "OneWay": []OneWay{{1}, {2}}, "ReadOnly": ReadOnly{7},
}

const refusedDir = "testdata/refused"

// Each type that is refused is refused with the text beside it, and what the text advises keeps a
// value.
func TestTypesAreRefusedWithARemedyThatWorks(t *testing.T) {
	got := refusals(t)
	want := regexp.MustCompile(`(?m)^\t(\w+) .*?// want (.*)$`).FindAllStringSubmatch(string(must(os.ReadFile(filepath.Join(refusedDir, "visitor.go")))), -1)
	fields := map[string]bool{}
	for _, line := range want {
		fields[line[1]] = true
		if texts := strings.Split(line[2], " // "); !slices.Equal(got[line[1]], texts) {
			t.Errorf("%s is refused by\n\t%s\nwant\n\t%s", line[1], strings.Join(got[line[1]], "\n\t"), line[2])
		}
	}
	for name := range got {
		if !fields[name] {
			t.Errorf("%s: no text is expected of\n\t%s", name, strings.Join(got[name], "\n\t"))
		}
	}
	leftOut := regexp.MustCompile("(?m)^\t(\\w+) .*`session:\"-\"`$").FindAllStringSubmatch(string(must(os.ReadFile("mended.go"))), -1)
	for _, line := range leftOut {
		delete(fields, line[1])
	}
	if missing := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(name string) bool { return mendedValues[name] != nil }); len(missing) > 0 {
		t.Errorf("the remedies of %v are not tried", missing)
	}
	for name, value := range mendedValues {
		b := newBrowser(t, mendedSite)
		b.visit(func(_ http.ResponseWriter, r *http.Request) { call(MendedFrom(r.Context()), "Set"+name, value) })
		if b.failure != nil {
			t.Errorf("%s: %v", name, b.failure)
			continue
		}
		b.visit(func(_ http.ResponseWriter, r *http.Request) {
			if different := difference(value, call(MendedFrom(r.Context()), name)); different != "" {
				t.Errorf("%s comes back as another value:\n%s", name, different)
			}
		})
	}
}

// refusals are what the generator says of the fields of the schema in testdata/refused.
func refusals(t *testing.T) map[string][]string {
	t.Helper()
	_, err := gen.Generate(t.Context(), gen.Config{Dir: refusedDir})
	var refused gen.Errors
	if !errors.As(err, &refused) {
		t.Fatal("nothing is refused:", err)
	}
	texts := map[string][]string{}
	for _, e := range refused {
		name := regexp.MustCompile(`^visitor\.(\w+)`).FindStringSubmatch(e.Message)
		if name == nil {
			t.Errorf("it is said of no field: %v", e)
			continue
		}
		texts[name[1]] = append(texts[name[1]], e.Message)
	}
	return texts
}

func mendedSite(store runtime.Store, options ...runtime.Option) (func(http.Handler) http.Handler, error) {
	manager, err := NewMendedManager(store, options...)
	if err != nil {
		return nil, err
	}
	return manager.Middleware, nil
}

// json,lossy keeps the rest of a value, and loses what the error has named.
func TestLossyLosesWhatTheErrorNames(t *testing.T) {
	b := newBrowser(t, mendedSite)
	b.visit(func(_ http.ResponseWriter, r *http.Request) { MendedFrom(r.Context()).SetTokenJSON(extra) })
	b.visit(func(_ http.ResponseWriter, r *http.Request) {
		got := MendedFrom(r.Context()).TokenJSON()
		if different := difference(&token, got); different != "" || got.Extra("id_token") != nil {
			t.Errorf("the token comes back as %v:\n%s", got, different)
		}
	})
}

// A value that would come back as another one is not committed, and the error names the part.
func TestWhatDoesNotComeBackIsNotCommitted(t *testing.T) {
	for _, c := range []struct {
		field string
		value any
		want  string
	}{
		{"URL", &url.URL{Path: "//evil/x"}, "field url: sessiongen: value cannot be encoded: MarshalBinary of url.URL: what it returns is read back as another value"},
		{"URL", &url.URL{Host: "example.com", Path: "x"}, "read back as another value"},
		{"Any", 5, "field any: sessiongen: value cannot be encoded: encoding interface {} as JSON: the value is of type int, and read back as a float64"},
		{"Any", int64(1<<53 + 1), "the value is of type int64, and read back as a float64"},
		{"Object", map[string]any{"list": []any{1.0, 2}}, `the value["list"][1] is of type int, and read back as a float64`},
		{"Object", map[string]any{"at": moment}, `the value["at"] is of type time.Time, and read back as a string`},
		{"Object", map[string]any{"a\xff": 1.0}, `the value["a\xff"] is read back under another key`},
		{"Object", map[string]any{"name": "a\xff"}, `the value["name"] is read back as another value`},
		{"User", goth.User{RawData: map[string]any{"id": 12}}, `the value.RawData["id"] is of type int`},
		{"Date", civil.Date{Year: 2026, Month: 2, Day: 30}, "field date: sessiongen: value cannot be encoded: the encoded value cannot be read back"},
	} {
		b := newBrowser(t, keptSite)
		b.visit(func(_ http.ResponseWriter, r *http.Request) { call(KeptFrom(r.Context()), "Set"+c.field, c.value) })
		if !errors.Is(b.failure, runtime.ErrEncoding) || !strings.Contains(b.failure.Error(), c.want) {
			t.Errorf("%s, %v: the error is %v", c.field, c.value, b.failure)
		}
		b.visit(func(_ http.ResponseWriter, r *http.Request) {
			if KeptFrom(r.Context()).Info().ID != (runtime.ID{}) {
				t.Errorf("%s, %v: there is a session", c.field, c.value)
			}
		})
	}
}
