package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// siteDataTypes are the types that Clear-Site-Data defines (W3C, Clear Site Data, section 3.1).
var siteDataTypes = []string{"*", "cache", "clientHints", "cookies", "executionContexts", "prefetchCache", "prerenderCache", "storage"}

// speculated are the types of the pages that a browser has loaded in advance. They show whoever
// was signed in then.
var speculated = []string{"prefetchCache", "prerenderCache"}

// speculatedLine is the line that clears them and nothing else.
var speculatedLine = siteDataLine(speculated)

func siteDataLine(types []string) string { return `"` + strings.Join(types, `", "`) + `"` }

func checkSiteData(types []string) error {
	for _, t := range types {
		if !slices.Contains(siteDataTypes, t) {
			return fmt.Errorf("WithClearSiteData: %q is not a type of site data: use some of %s", t, strings.Join(siteDataTypes, ", "))
		}
	}
	return nil
}

// siteData is what a response tells the browser to clear.
type siteData uint8

const (
	nothing    siteData = iota
	pagesAhead          // the principal has changed
	everything          // the session has ended: what the options say, too
)

// handover is the change of the principal that a commit is about to store.
type handover struct {
	pending   bool
	principal string // on the wire, from then on
}

func (s *Session) handover() handover { return handover{s.changesHands(), s.principal} }

// noteHandover records that the browser has to clear something, if a store has acknowledged the
// change. That holds even if the commit fails later.
func (s *Session) noteHandover(h handover) {
	if h.pending && s.standing == live && !s.principalSet && !s.left && s.wireOfBase(s.manager.principal) == h.principal {
		s.noteSiteData(pagesAhead)
	}
}

func (s *Session) noteSiteData(what siteData) {
	s.rare().clears = max(s.more.clears, what)
}

// clearSiteData adds what was noted to the Clear-Site-Data line of the response, which the
// handler may have set as well. If the response also starts a session, its cookie is kept.
func (s *Session) clearSiteData() {
	if s.more == nil || s.more.clears == nothing {
		return
	}
	header.Canonicalize(s.header)
	lines := s.header["Clear-Site-Data"]
	if s.more.clears != everything || len(s.manager.options.ClearSiteData) == 0 {
		switch { // the case of most sign-ins
		case len(lines) == 0:
			s.more.clearsRoom[0] = speculatedLine
			s.header["Clear-Site-Data"] = s.more.clearsRoom[:]
			return
		case len(lines) == 1 && lines[0] == speculatedLine:
			return
		}
	}
	types := siteDataOf(lines)
	if s.more.clears == everything {
		types = append(types, s.manager.options.ClearSiteData...)
	}
	types = append(types, speculated...)
	if s.standing == live {
		if slices.Contains(types, "*") {
			types = append(types, siteDataTypes...)
		}
		types = slices.DeleteFunc(types, func(t string) bool { return t == "*" || t == "cookies" })
	}
	slices.Sort(types)
	types = slices.Compact(types)
	s.header["Clear-Site-Data"] = []string{siteDataLine(types)}
}

// siteDataOf returns the types in the lines of a Clear-Site-Data header.
func siteDataOf(lines []string) (types []string) {
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			if t = strings.Trim(t, " \t\""); t != "" {
				types = append(types, t)
			}
		}
	}
	return types
}
