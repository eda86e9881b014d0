package runtime

import (
	"fmt"
	"slices"
	"strings"
)

// siteDataTypes are what Clear-Site-Data may name (W3C, Clear Site Data, section 3.1).
var siteDataTypes = []string{"*", "cache", "clientHints", "cookies", "executionContexts", "prefetchCache", "prerenderCache", "storage"}

// WithClearSiteData makes the response that ends a session, after Destroy, tell the browser what else to
// forget of the site (ASVS 5.0 14.3.1): "cache", "storage", "cookies" or "*", for
// instance. Browsers heed it over HTTPS alone. "cookies" takes every cookie of the
// whole registrable domain, and "cache" may take seconds.
func WithClearSiteData(types ...string) Option {
	return func(m *Manager) { m.siteData = types }
}

func checkSiteData(types []string) error {
	for _, t := range types {
		if !slices.Contains(siteDataTypes, t) {
			return fmt.Errorf("WithClearSiteData: %q is no type of site data: want some of %s", t, strings.Join(siteDataTypes, ", "))
		}
	}
	return nil
}

// clearSiteData adds the header to the response. Browsers clear after they have kept the
// response's cookies, so cookies are left out where a new session has begun.
func (s *Session) clearSiteData() {
	types := s.manager.siteData
	if types == nil {
		return
	}
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
