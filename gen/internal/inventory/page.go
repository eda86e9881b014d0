package inventory

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// docPage is an inventory as people read it, for every format alike.
type docPage struct {
	Comment  string
	Title    string
	Sections []docSection
}

type docSection struct {
	Title  string
	Nested bool // below the section before it
	Text   []docText
	Table  docTable
}

type docTable struct {
	Heads []string // none: the first column names the rows
	Rows  [][]docText
}

// docText is running text, in pieces.
type docText []docPiece

type docPiece struct {
	Text string
	Code bool // to be taken literally: a name, a type or a value
}

func words(texts ...string) docText { return docText{{Text: strings.Join(texts, "")}} }

// code is a list of what is to be taken literally.
func code(texts ...string) docText {
	var result docText
	for i, text := range texts {
		if i > 0 {
			result = append(result, docPiece{Text: ", "})
		}
		result = append(result, docPiece{Text: visible(text), Code: true})
	}
	return result
}

// visible quotes what would vanish, or turn the direction of what follows.
func visible(text string) string {
	if text == "" || strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func join(texts ...docText) docText {
	var result docText
	for _, text := range texts {
		result = append(result, text...)
	}
	return result
}

func page(i *Inventory) *docPage {
	p := &docPage{Comment: docComment, Title: "Sessions and cookies"}
	for _, s := range i.Schemas {
		p.Sections = append(p.Sections, schemaSections(s)...)
	}
	return p
}

func schemaSections(s Schema) []docSection {
	head := docSection{Title: s.Type}
	for _, paragraph := range paragraphs(s.Doc) {
		head.Text = append(head.Text, words(paragraph))
	}
	head.Text = append(head.Text, join(words("It is declared as "), code(s.Name), words(" in the Go package "), code(s.Package), words(".")))
	if s.Session == nil {
		head.Text = append(head.Text, words("It is kept only in cookies: the server stores nothing."))
	}
	sections := []docSection{head}
	cookies := "Cookies"
	if s.Session != nil {
		sections = append(sections, sessionSection(s.Session), fieldSection(s.Session))
		cookies = "Other cookies"
	}
	if len(s.Cookies) > 0 {
		sections = append(sections, cookieSection(cookies, s.Cookies))
	}
	return sections
}

func sessionSection(s *Session) docSection {
	section := docSection{Title: "The session", Nested: true}
	row := func(name string, text docText) {
		section.Table.Rows = append(section.Table.Rows, []docText{words(name), text})
	}
	carries := words(": a random token that identifies the session and contains no data")
	place := "on the server, in the store that the program has chosen; the browser has only the token"
	if s.Sealed {
		carries = words(": the session itself, encrypted with the program's keys")
		place = "in the browser, in the session cookie; the server keeps at most a list of ended sessions"
	}
	row("Cookie", join(code(s.Cookie.Name), carries))
	row("Attributes", code(s.Cookie.SetCookie))
	row("Kept by the browser", words(keptByBrowser(s.Cookie), "; if the program calls Remember, until the session ends"))
	row("Access", words(s.Cookie.Readers))
	row("Inactivity timeout", words(s.Idle.Text, " without a request. Requests that change nothing extend it once per tenth at most, so it may be ", s.IdleAtLeast.Text))
	row("Absolute lifetime", words(s.Lifetime.Text, " after the session ", model.Beginning(s.Principal != ""), ", regardless of activity"))
	row("Sessions at a time", s.limitText())
	row("Signing in", s.principalText())
	if len(s.Renew) > 0 {
		row("Privileges", join(code(s.Renew...), words(": a change renews the session")))
	}
	row("Renewed or ended", s.endText())
	row("Where it is kept", words(place))
	row("Kept with every session", factsText(s.Runtime))
	if len(s.NIST) > 0 {
		row("NIST SP 800-63B-4", nistText(s.NIST))
	}
	return section
}

// limitText is how many sessions there may be, and what happens at one more.
func (s *Session) limitText() docText {
	switch {
	case s.Principal == "":
		return words("any number: the schema has no principal, so no session belongs to a user")
	case s.Sealed:
		return words("any number: sealed sessions cannot be counted")
	case s.Limit == nil:
		return join(words("what the program gives to "), code("runtime.WithSessionLimit"),
			words("; one sign-in too many ends the oldest session or is refused, as the option says. Without it, any number"))
	case *s.Limit == 0:
		return words("any number")
	}
	return join(words(strconv.Itoa(*s.Limit), " for each "), code(s.Principal),
		words("; one sign-in too many ends the oldest session or is refused"))
}

func (s *Session) principalText() docText {
	if s.Principal == "" {
		return words("no field identifies the signed-in user")
	}
	return join(code(s.Principal), words(" identifies the signed-in user. Signing in renews the session and restarts its lifetime;"+
		" signing out, or switching to another account, clears all session fields"))
}

// endText is what becomes of a cookie whose session was renewed or has ended.
func (s *Session) endText() docText {
	if s.Sealed {
		return join(words("a copy of an earlier cookie is useless if the program uses "), code("sealed.WithRevocations"),
			words("; otherwise it is valid until it expires"))
	}
	return words("a copy of an earlier cookie is useless at once")
}

func factsText(kept []Fact) docText {
	var result docText
	for i, f := range kept {
		if i > 0 {
			result = append(result, docPiece{Text: "; "})
		}
		if f.Option != "" {
			result = append(result, join(words("where the program uses "), code(f.Option), words(", "))...)
		}
		result = append(result, docPiece{Text: f.What})
	}
	return result
}

// nistText names the levels that a session keeps to, and those that ask for more:
// that is to be justified, which the doc comment of the schema may do.
func nistText(levels []Level) docText {
	var within, beyond []string
	for _, l := range levels {
		if l.Within {
			within = append(within, l.words())
		} else {
			beyond = append(beyond, l.words())
		}
	}
	var texts []string
	if len(within) > 0 {
		texts = append(texts, "no longer than at "+model.JoinWords(within))
	}
	if len(beyond) > 0 {
		texts = append(texts, "longer than at "+model.JoinWords(beyond))
	}
	return words(strings.Join(texts, "; "))
}
