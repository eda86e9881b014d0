package inventory

import (
	"go/constant"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Of turns models into what is said about them.
func Of(packages []*model.Package, options Options) *Inventory {
	i := &Inventory{Comment: docComment, Version: Version, Schemas: []Schema{}}
	for _, pkg := range packages {
		for _, s := range pkg.Schemas {
			i.Schemas = append(i.Schemas, schemaOf(pkg.Types, s, options))
		}
	}
	return i
}

func schemaOf(pkg *types.Package, s *model.Schema, options Options) Schema {
	result := Schema{
		Package: pkg.Path(), Name: s.Name, Type: s.TypeName, Doc: s.Doc,
		Cookies: []Cookie{},
	}
	if !s.Stateless {
		result.Session = sessionOf(pkg, s, options)
	}
	for _, c := range s.Cookies {
		result.Cookies = append(result.Cookies, cookieOf(pkg, c))
	}
	return result
}

func sessionOf(pkg *types.Package, s *model.Schema, options Options) *Session {
	result := &Session{
		Cookie: attributesOf(s.Cookie, sessionReaders(s.Cookie, options.Sealed)),
		Sealed: options.Sealed,
		Idle:   span(s.Idle), IdleAtLeast: span(s.Idle - s.Idle/10), Lifetime: span(s.Lifetime),
		Renew: []string{}, Fields: []Field{}, Runtime: factsOf(s, options.Sealed), NIST: []Level{},
	}
	for _, f := range s.Fields {
		if f.Principal {
			result.Principal = f.Key
		}
		if f.Renew {
			result.Renew = append(result.Renew, f.Key)
		}
		result.Fields = append(result.Fields, Field{
			Key: f.Key, Field: f.Name, Purpose: purpose(f.Doc), Was: f.Was,
			Type: model.TypeString(pkg, f.Type.Go), Parts: parts(f.Type),
			Principal: f.Principal, Renew: f.Renew, Index: f.Index || f.Principal, Flash: f.Flash, Secret: f.Secret,
			Default: openDefault(f.Default, f.Secret),
		})
	}
	if result.Principal != "" {
		result.Limit, result.NIST = options.Limit, levels(s.Idle, s.Lifetime)
	}
	return result
}

// fact is something that the runtime keeps with sessions.
type fact struct {
	Fact
	numbers       []int32 // which of record.OwnFields it stands for
	stored, found bool    // of sessions in a store alone; of those that are found by a field
}

// facts are what the runtime keeps with every session, beside the fields.
var facts = []fact{
	{Fact: Fact{What: "a random ID"}},
	{Fact: Fact{What: "a hash of the session's secret, and of the one before"}, numbers: []int32{record.OwnKeys, record.OwnRenewed}, stored: true},
	{Fact: Fact{What: "a hash of the application's name, and of the session cookie's name and path"}, numbers: []int32{record.OwnLabel}, stored: true},
	{Fact: Fact{What: "hashes of the values that it is found by"}, stored: true, found: true},
	{Fact: Fact{What: "the times when it began, of the last sign-in, and of the last change"}, numbers: []int32{record.OwnCreated, record.OwnAuthenticated, record.OwnAuthenticatedLeft, record.OwnWritten}},
	{Fact: Fact{What: "how often the sign-in or a privilege has changed, and random marks of the last changes"}, numbers: []int32{record.OwnEpoch, record.OwnHistory, record.OwnFlash}},
	{Fact: Fact{What: "whether its cookie outlives the browser"}, numbers: []int32{record.OwnRemember}},
	{Fact: Fact{What: "the client's User-Agent and address, as the program reports them", Option: "runtime.WithClient"}, numbers: []int32{record.OwnUserAgent, record.OwnAddress}},
	{Fact: Fact{What: "a hash of the client's characteristics that the program compares", Option: "runtime.WithClientCheck"}, numbers: []int32{record.OwnClient}},
}

func factsOf(s *model.Schema, sealed bool) []Fact {
	found := slices.ContainsFunc(s.Fields, func(f *model.Field) bool { return f.Principal || f.Index })
	var result []Fact
	for _, f := range facts {
		if (!f.stored || !sealed) && (!f.found || found) {
			result = append(result, f.Fact)
		}
	}
	return result
}

func cookieOf(pkg *types.Package, c *model.Cookie) Cookie {
	result := Cookie{
		Attributes: attributesOf(c.Options, cookieReaders(c)),
		Field:      c.Name, Purpose: purpose(c.Doc), Was: c.Options.Was,
		Type: model.TypeString(pkg, c.Type.Go), Parts: parts(c.Type),
		Protection: c.Options.Protection.String(),
		Secret:     c.Options.Secret, Default: openDefault(c.Default, c.Options.Secret),
	}
	for _, d := range c.Declared {
		result.Accepted = append(result.Accepted, constantText(d.Val()))
	}
	return result
}

func attributesOf(a cookie.Options, readers string) Attributes {
	result := Attributes{
		Name: a.Name, Path: a.Path, Domain: a.Domain, SameSite: a.SameSiteName(),
		Secure: a.Secure, HTTPOnly: a.HTTPOnly, Partitioned: a.Partitioned, Readers: readers,
	}
	if a.MaxAge > 0 {
		age := span(a.MaxAge)
		result.MaxAge = &age
	}
	line := cookie.Line("", "", int(a.MaxAge/time.Second), cookie.Attributes(&a))
	result.SetCookie = strings.TrimPrefix(line, "=; ")
	return result
}

func span(d time.Duration) Span { return Span{d.Seconds(), model.DurationWords(d)} }

// nistLevels are the timeouts of NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3.
var nistLevels = []struct {
	level          string
	lifetime, idle time.Duration // an idle of 0: none is asked for
}{
	{"AAL1", 30 * 24 * time.Hour, 0},
	{"AAL2", 24 * time.Hour, time.Hour},
	{"AAL3", 12 * time.Hour, 15 * time.Minute},
}

func levels(idle, lifetime time.Duration) []Level {
	var result []Level
	for _, n := range nistLevels {
		l := Level{Level: n.level, Lifetime: span(n.lifetime), Within: lifetime <= n.lifetime}
		if n.idle > 0 {
			most := span(n.idle)
			l.Idle, l.Within = &most, l.Within && idle <= n.idle
		}
		result = append(result, l)
	}
	return result
}

// openDefault is the text of a default, which a secret field keeps to itself.
func openDefault(l *model.Literal, secret bool) *string {
	if l == nil || secret {
		return nil
	}
	return &l.Text
}

// constantText is a constant as a cookie carries it.
func constantText(v constant.Value) string {
	switch v.Kind() {
	case constant.String:
		return constant.StringVal(v)
	case constant.Float:
		f, _ := constant.Float64Val(v)
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return v.ExactString()
}

// paragraphs are those of a doc comment, each on one line.
func paragraphs(doc string) []string {
	var result []string
	for paragraph := range strings.SplitSeq(doc, "\n\n") {
		if line := strings.Join(strings.Fields(strings.Map(withoutControl, paragraph)), " "); line != "" {
			result = append(result, line)
		}
	}
	return result
}

// withoutControl leaves out what would move the cursor of a terminal, or turn the
// direction of what follows. The marks that texts from right to left need stay.
func withoutControl(r rune) rune {
	turns := unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' && r != '\u061c'
	if turns || unicode.IsControl(r) && !unicode.IsSpace(r) {
		return -1
	}
	return r
}

// purpose is the first paragraph of a doc comment that says what a field is for;
// those after it are for developers.
func purpose(doc string) string {
	for _, paragraph := range paragraphs(doc) {
		if !strings.HasPrefix(paragraph, "Deprecated:") {
			return paragraph
		}
	}
	return ""
}

// parts are the keys of the structs inside a type, by their paths, in the order of
// declaration: what a field called Cart keeps is not told by the type []Item.
func parts(t *model.Type) []string {
	result := []string{}
	var add func(path string, t *model.Type, around []*model.Struct)
	add = func(path string, t *model.Type, around []*model.Struct) {
		if t == nil {
			return
		}
		add(path, t.Key, around)
		add(path, t.Elem, around)
		if t.Struct == nil || slices.Contains(around, t.Struct) {
			return
		}
		for _, f := range t.Struct.Fields {
			result = append(result, path+f.Key)
			add(path+f.Key+".", f.Type, append(slices.Clip(around), t.Struct))
		}
	}
	add("", t, nil)
	return result
}
