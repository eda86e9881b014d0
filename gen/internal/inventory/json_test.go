package inventory

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Programs read the JSON by these names: one that changes or goes asks for another
// version, one that is new does not.
func TestDocJSONHasStableNames(t *testing.T) {
	if Version != 1 {
		t.Fatal("write down the names of this version")
	}
	text, err := jsonDoc(Of(packagesToDocument(t), Options{Limit: new(3)}))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("<script>")) {
		t.Error("it cannot stand inside a page")
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	var add func(path string, value any)
	add = func(path string, value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				add(path+"[]", element)
			}
		case map[string]any:
			for name, member := range value {
				add(path+"."+name, member)
			}
		case nil: // what it is, others tell
		default:
			names[path] = true
		}
	}
	add("", document)
	want := strings.Fields(`
		.comment .version .schemas[].package .schemas[].name .schemas[].type .schemas[].doc
		.schemas[].session.cookie.name .schemas[].session.cookie.path .schemas[].session.cookie.domain
		.schemas[].session.cookie.same_site .schemas[].session.cookie.secure .schemas[].session.cookie.http_only
		.schemas[].session.cookie.partitioned .schemas[].session.cookie.set_cookie .schemas[].session.cookie.readers
		.schemas[].session.sealed .schemas[].session.limit .schemas[].session.principal .schemas[].session.renew[]
		.schemas[].session.idle.seconds .schemas[].session.idle.text
		.schemas[].session.idle_at_least.seconds .schemas[].session.idle_at_least.text
		.schemas[].session.lifetime.seconds .schemas[].session.lifetime.text
		.schemas[].session.fields[].key .schemas[].session.fields[].field .schemas[].session.fields[].purpose
		.schemas[].session.fields[].type .schemas[].session.fields[].parts[] .schemas[].session.fields[].principal
		.schemas[].session.fields[].renew .schemas[].session.fields[].index .schemas[].session.fields[].flash
		.schemas[].session.fields[].secret .schemas[].session.fields[].default .schemas[].session.fields[].was
		.schemas[].session.runtime[].what .schemas[].session.runtime[].option
		.schemas[].session.nist_800_63b_4[].level .schemas[].session.nist_800_63b_4[].within
		.schemas[].session.nist_800_63b_4[].lifetime.seconds .schemas[].session.nist_800_63b_4[].lifetime.text
		.schemas[].session.nist_800_63b_4[].idle.seconds .schemas[].session.nist_800_63b_4[].idle.text
		.schemas[].cookies[].name .schemas[].cookies[].max_age.seconds .schemas[].cookies[].max_age.text
		.schemas[].cookies[].path .schemas[].cookies[].domain .schemas[].cookies[].same_site .schemas[].cookies[].secure
		.schemas[].cookies[].http_only .schemas[].cookies[].partitioned .schemas[].cookies[].set_cookie
		.schemas[].cookies[].readers .schemas[].cookies[].field .schemas[].cookies[].purpose .schemas[].cookies[].type
		.schemas[].cookies[].parts[] .schemas[].cookies[].protection .schemas[].cookies[].secret
		.schemas[].cookies[].accepted[] .schemas[].cookies[].default .schemas[].cookies[].was`)
	for _, name := range want {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
		delete(names, name)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t.Errorf("%s is new: write it down here", name)
	}
}

// TestASVS_7_1_1_and_7_1_2_TheInventorySaysWhatTheTagsSay reads the tags of all
// schemas a second time, without anything of the generator.
func TestASVS_7_1_1_and_7_1_2_TheInventorySaysWhatTheTagsSay(t *testing.T) {
	packages := packagesToDocument(t)
	text, err := jsonDoc(Of(packages, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var i Inventory
	if err := json.Unmarshal(text, &i); err != nil {
		t.Fatal(err)
	}
	structs := map[string]*ast.StructType{} // by package and name
	for _, pkg := range packages {
		addStructs(t, structs, pkg)
	}
	fields, cookies := 0, 0
	for _, s := range i.Schemas {
		tags := readTags(t, structs[s.Package+"."+s.Name])
		if s.Session != nil {
			compareSession(t, s, tags["_"])
			for _, f := range s.Session.Fields {
				compareField(t, s.Name, f, tags[f.Field])
				delete(tags, f.Field)
				fields++
			}
		}
		for _, c := range s.Cookies {
			compareCookie(t, s.Name, c, tags[c.Field])
			delete(tags, c.Field)
			cookies++
		}
		delete(tags, "_")
		for name := range tags {
			t.Errorf("%s.%s is missing", s.Name, name)
		}
	}
	if fields < 100 || cookies < 40 {
		t.Errorf("only %d fields and %d cookies were compared", fields, cookies)
	}
}

func same[T comparable](t *testing.T, path, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s is %v, and the tag says %v", path, what, got, want)
	}
}

func compareSession(t *testing.T, s Schema, tag readTag) {
	t.Helper()
	same(t, s.Name, "idle", s.Session.Idle.Seconds, secondsOf(t, valueOf(tag.session, "idle", "30m")))
	same(t, s.Name, "lifetime", s.Session.Lifetime.Seconds, secondsOf(t, valueOf(tag.session, "lifetime", "24h")))
	compareAttributes(t, s.Name, s.Session.Cookie, tag.cookie, "__Host-"+s.Name)
	principal, renew := "", []string{}
	for _, f := range s.Session.Fields {
		if f.Principal {
			principal = f.Key
		}
		if f.Renew {
			renew = append(renew, f.Key)
		}
	}
	same(t, s.Name, "principal", s.Session.Principal, principal)
	same(t, s.Name, "renew", strings.Join(s.Session.Renew, " "), strings.Join(renew, " "))
}

func compareField(t *testing.T, of string, f Field, tag readTag) {
	t.Helper()
	path := of + "." + f.Field
	if !tag.inSession {
		t.Errorf("%s has no session tag", path)
		return
	}
	if tag.session[0] != "" {
		same(t, path, "key", f.Key, tag.session[0])
	}
	for name, got := range map[string]bool{"principal": f.Principal, "renew": f.Renew, "flash": f.Flash, "secret": f.Secret} {
		same(t, path, name, got, slices.Contains(tag.session[1:], name))
	}
	same(t, path, "index", f.Index, slices.Contains(tag.session[1:], "index") || f.Principal)
	same(t, path, "was", f.Was, valueOf(tag.session, "was", ""))
	compareDefault(t, path, f.Default, f.Secret, tag.session)
	comparePurpose(t, path, f.Purpose, tag)
}

func compareCookie(t *testing.T, of string, c Cookie, tag readTag) {
	t.Helper()
	path := of + "." + c.Field
	if !tag.inCookie {
		t.Errorf("%s has no cookie tag", path)
		return
	}
	compareAttributes(t, path, c.Attributes, tag.cookie, c.Name)
	protection := "plain"
	for _, name := range []string{"signed", "encrypted"} {
		if slices.Contains(tag.cookie[1:], name) {
			protection = name
		}
	}
	same(t, path, "protection", c.Protection, protection)
	same(t, path, "secret", c.Secret, slices.Contains(tag.cookie[1:], "secret"))
	same(t, path, "was", c.Was, valueOf(tag.cookie, "was", ""))
	if slices.Contains(tag.cookie[1:], "open") || protection != "plain" {
		same(t, path, "number of accepted values", len(c.Accepted), 0)
	}
	compareDefault(t, path, c.Default, c.Secret, tag.cookie)
	comparePurpose(t, path, c.Purpose, tag)
}

func compareAttributes(t *testing.T, path string, a Attributes, tag []string, name string) {
	t.Helper()
	if tag[0] != "" {
		name = tag[0]
	}
	same(t, path, "name", a.Name, name)
	same(t, path, "path", a.Path, valueOf(tag, "path", "/"))
	same(t, path, "domain", a.Domain, valueOf(tag, "domain", ""))
	same(t, path, "samesite", strings.ToLower(a.SameSite), strings.ToLower(valueOf(tag, "samesite", "lax")))
	same(t, path, "secure", a.Secure, isOn(tag, "secure", true))
	same(t, path, "httponly", a.HTTPOnly, isOn(tag, "httponly", true))
	same(t, path, "partitioned", a.Partitioned, isOn(tag, "partitioned", false))
	age := 0.0
	if a.MaxAge != nil {
		age = a.MaxAge.Seconds
	}
	same(t, path, "max-age", age, secondsOf(t, valueOf(tag, "max-age", "0")))
	for flag, on := range map[string]bool{"Secure": a.Secure, "HttpOnly": a.HTTPOnly, "Partitioned": a.Partitioned, "SameSite=" + a.SameSite: true, "Path=" + a.Path: true, "Domain=" + a.Domain: a.Domain != ""} {
		same(t, path, flag, slices.Contains(strings.Split(a.SetCookie, "; "), flag), on)
	}
}

func compareDefault(t *testing.T, path string, got *string, secret bool, tag []string) {
	t.Helper()
	const none = "\x00"
	want := valueOf(tag, "default", none)
	if secret {
		want = none
	}
	text := none
	if got != nil {
		text = *got
	}
	same(t, path, "default", text, want)
}

func comparePurpose(t *testing.T, path, purpose string, tag readTag) {
	t.Helper()
	if purpose == "" && tag.comment && path != "visitor.Items" || purpose != "" && !tag.comment {
		t.Errorf("%s: the purpose is %q, and there is a comment: %v", path, purpose, tag.comment)
	}
}
