package migrate

import (
	"fmt"
	"go/types"
	"strings"
	"unicode"
)

// guessPrincipal looks for the key that identifies the signed-in user.
func (p *program) guessPrincipal() {
	best, bestRank := (*field)(nil), 0
	for _, f := range p.fields {
		rank, why := 0, ""
		if beside := p.besideRenewal(f); beside != nil {
			rank, why = 2, fmt.Sprintf("it is put beside %s, at %s", shortCall(p.text(beside.node)), p.place(beside.node.Pos()))
		}
		if sayWho(p.keyName(f.key)) {
			rank += 2
			if why == "" {
				why = "of its name"
			}
		}
		if f.out != "" || f.flash || f.list || !identifies(f.typ) || rank < 2 {
			continue
		}
		if rank > bestRank {
			best, bestRank = f, rank
			f.principal = why
		}
	}
	for _, f := range p.fields {
		if f != best {
			f.principal = ""
		}
	}
}

// besideRenewal is the renewal in a function that puts the field.
func (p *program) besideRenewal(f *field) *call {
	for _, a := range f.accesses {
		for _, c := range p.calls {
			if c.renews && a.operation == put && a.function != nil && a.function == c.function {
				return c
			}
		}
	}
	return nil
}

// sayWho reports whether a key has a name that is common for the signed-in user.
func sayWho(key string) bool {
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, key))
	for _, name := range []string{"user", "account", "member", "customer", "uid", "admin", "login"} {
		if plain == name || strings.HasSuffix(plain, name+"id") || strings.HasSuffix(plain, name+"uuid") {
			return true
		}
	}
	return strings.HasSuffix(plain, "uid")
}

// identifies reports whether a value of the type can be a principal.
func identifies(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&(types.IsInteger|types.IsString) != 0
	case *types.Array:
		basic, ok := t.Elem().Underlying().(*types.Basic)
		return ok && basic.Kind() == types.Byte
	}
	return false
}

func shortCall(text string) string {
	if open := strings.IndexByte(text, '('); open > 0 {
		return text[:open]
	}
	return text
}
