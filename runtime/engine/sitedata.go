package engine

import (
	"fmt"
	"slices"
	"strings"
)

// siteDataTypes are the types that Clear-Site-Data defines (W3C, Clear Site Data, section 3.1).
var siteDataTypes = []string{"*", "cache", "clientHints", "cookies", "executionContexts", "prefetchCache", "prerenderCache", "storage"}

func checkSiteData(types []string) error {
	for _, t := range types {
		if !slices.Contains(siteDataTypes, t) {
			return fmt.Errorf("WithClearSiteData: %q is not a type of site data: use some of %s", t, strings.Join(siteDataTypes, ", "))
		}
	}
	return nil
}

// clearSiteData adds the header to the response. If the response also starts a session, its
// cookie is kept.
func (s *Session) clearSiteData() {
	types := s.manager.options.ClearSiteData
	if s.standing == live {
		if slices.Contains(types, "*") {
			types = siteDataTypes
		}
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "*" || t == "cookies" })
	}
	delete(s.header, "Clear-Site-Data")
	if len(types) > 0 {
		s.header["Clear-Site-Data"] = []string{`"` + strings.Join(types, `", "`) + `"`}
	}
}
