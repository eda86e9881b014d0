package inventory

import "github.com/sessiongen/sessiongen/gen/internal/model"

// fieldSection is the table of what a session keeps.
func fieldSection(s *Session) docSection {
	section := docSection{Title: "What the session keeps", Nested: true}
	section.Table.Heads = []string{"Key", "Purpose", "Type", "Kept", "Notes"}
	for _, f := range s.Fields {
		section.Table.Rows = append(section.Table.Rows, []docText{
			code(f.Key), purposeText(f.Purpose), typeText(f.Type, f.Parts), words(keptInSession(s, f)), fieldNotes(s, f),
		})
	}
	return section
}

// cookieSection is the table of cookies that are fields.
func cookieSection(title string, cookies []Cookie) docSection {
	section := docSection{Title: title, Nested: true}
	section.Table.Heads = []string{"Name", "Purpose", "Type", "Kept by the browser", "Attributes", "Access", "Notes"}
	for _, c := range cookies {
		section.Table.Rows = append(section.Table.Rows, []docText{
			code(c.Name), purposeText(c.Purpose), typeText(c.Type, c.Parts), words(keptByBrowser(c.Attributes)),
			code(c.SetCookie), words(c.Readers), cookieNotes(c),
		})
	}
	return section
}

func purposeText(purpose string) docText {
	if purpose == "" {
		return words("no purpose given")
	}
	return words(purpose)
}

func typeText(goType string, parts []string) docText {
	if len(parts) == 0 {
		return code(goType)
	}
	return join(code(goType), words(" of "), code(parts...))
}

// notes are what is special about a field.
type notes docText

func (n *notes) add(on bool, text ...docText) {
	if !on {
		return
	}
	if len(*n) > 0 {
		*n = append(*n, docPiece{Text: "; "})
	}
	*n = append(*n, join(text...)...)
}

func fieldNotes(s *Session, f Field) docText {
	var n notes
	n.add(f.Principal, words("identifies the signed-in user"))
	n.add(f.Renew, words("a privilege: a change renews the session"))
	n.add(f.Index && !s.Sealed, words("sessions are listed and ended by it"))
	n.add(f.Index && s.Sealed, words("sessions are ended by it, if the program stores revocations"))
	n.add(f.Flash, words("shown once"))
	n.add(f.Secret, words(model.SecretWords))
	n.addDefault(f.Default)
	n.add(f.Was != "", words("called "), code(f.Was), words(" before"))
	return docText(n)
}

func cookieNotes(c Cookie) docText {
	var n notes
	n.add(c.Protection != "plain", words(c.Protection))
	n.add(len(c.Accepted) > 0, words("one of "), code(c.Accepted...), words(": anything else counts as absent"))
	n.add(c.Secret, words(model.SecretWords))
	n.addDefault(c.Default)
	n.add(c.Was != "", words("the cookie "), code(c.Was), words(", its earlier name, is still read"))
	return docText(n)
}

func (n *notes) addDefault(text *string) {
	if text != nil {
		n.add(true, code(*text), words(" while it is unset"))
	}
}
