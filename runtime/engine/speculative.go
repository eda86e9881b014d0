package engine

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// A browser that loads a page in advance shows what it got and does not ask again. A page that
// shows a flash, or that signs in or out, must therefore not be loaded in advance: the engine
// refuses that navigation and commits nothing, and the browser asks again when the page is
// opened. So it is for a page that ends other sessions, because it may never be opened.

// isSpeculative reports whether the browser makes the request in advance, for a page that may
// never be seen.
func isSpeculative(r *http.Request) bool {
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(r.Header.Get(name)), "prefetch") {
			return true
		}
	}
	return false
}

// isNavigation reports whether the response is a page, and not something that a page loads. A
// frame counts as a part of its page: Chromium shows a frame that was refused while its page was
// prerendered as it is, without asking again. Browsers without Sec-Fetch-Dest ask for HTML.
func isNavigation(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document":
		return true
	case "":
		return strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html")
	}
	return false
}

// taking is what a request does with a flash that it takes.
type taking uint8

const (
	takes   taking = iota // and clears
	looks                 // a response without a body shows nothing, so the flash stays
	embeds                // something that a page in advance loads: the flash stays
	refuses               // a page in advance
)

func (s *Session) taking() taking {
	switch {
	case s.request.Method == http.MethodHead, s.request.Method == http.MethodOptions:
		return looks
	case !isSpeculative(s.request):
		return takes
	case isNavigation(s.request):
		return refuses
	}
	return embeds
}

// takeAhead handles a flash that a request found but may not clear. It reports whether the
// handler gets to see it. The caller holds the lock.
func (s *Session) takeAhead(how taking) (shown bool) {
	switch {
	case how == embeds:
		// The browser may keep the response for the page that it is loaded for, and that page shows
		// the flash when it is opened.
		s.rare().unkept = true
	case how == refuses && s.phase != handling:
		return false // it is too late to refuse, and the next page shows the flash
	case how == refuses:
		s.rare().refused, s.mayHaveChanged = true, true
	}
	return true
}

// changesHands reports whether the commit ends the session or changes its principal.
func (s *Session) changesHands() bool {
	return s.destroyPending() || s.left || s.principalSet && s.principal != s.wireOfBase(s.manager.principal)
}

// mustBeSeen reports whether the commit does what a page that may never be seen must not do.
func (s *Session) mustBeSeen() bool { return s.changesHands() || s.revokeOthers }

// refuseSpeculation returns the error of a request that must not be served in advance, and nil
// for all others.
func (s *Session) refuseSpeculation(unsent bool) error {
	switch {
	case errors.Is(s.failure(), runtime.ErrSpeculative):
		s.ending = notEnding
		return s.failure()
	case s.more != nil && s.more.refused, unsent && s.mustBeSeen() && isSpeculative(s.request) && isNavigation(s.request):
		s.ending = notEnding // the browser asks again, and then it ends
		return s.fail(runtime.Event{Kind: runtime.EventSpeculative, Err: runtime.ErrSpeculative})
	}
	return nil
}

// defaultSpeculationStatus is the status of a refused navigation. Browsers throw a speculative
// response away if its status is an error.
const defaultSpeculationStatus = http.StatusServiceUnavailable

func checkSpeculationStatus(status int) error {
	if status < 400 || status > 599 {
		return fmt.Errorf("WithSpeculationStatus: browsers show a speculative response with the status %d: use one from 400 to 599", status)
	}
	return nil
}
