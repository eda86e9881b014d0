package engine

import (
	"fmt"
	"slices"
	"strings"
)

// siteDataTypes are what Clear-Site-Data may name (W3C, Clear Site Data, section 3.1).
var siteDataTypes = []string{"*", "cache", "clientHints", "cookies", "executionContexts", "prefetchCache", "prerenderCache", "storage"}

func checkSiteData(types []string) error {
	for _, t := range types {
		if !slices.Contains(siteDataTypes, t) {
			return fmt.Errorf("WithClearSiteData: %q is no type of site data: want some of %s", t, strings.Join(siteDataTypes, ", "))
		}
	}
	return nil
}

// clearSiteData adds the header to the response. If a session begins in it as well, its
// cookie stays.
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
