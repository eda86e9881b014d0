package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// client is what is remembered of a browser for the list of devices. Without
// runtime.WithClient nothing is.
func client(r *http.Request) runtime.Client {
	return runtime.Client{UserAgent: r.UserAgent()}
}

// device is one of the sessions that an account is signed in with.
type device struct {
	runtime.Info
}

// devices are the account's sessions, as far as they can be known.
type devices struct {
	List []device
	// Sealed says that the sessions are in the browsers, and that nobody else can
	// list them. They can be ended all the same.
	Sealed bool
}

// Others says whether there may be others than this one.
func (d devices) Others() bool { return d.Sealed || len(d.List) > 1 }

// showAccount lists the account's sessions, on whatever device they are.
func (s *site) showAccount(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if !v.HasUserID() {
		redirect(w, r, "/sign-in")
		return
	}
	var all devices
	sessions, err := s.visitors.ListByUserID(r.Context(), v.UserID())
	if errors.Is(err, errors.ErrUnsupported) {
		all.Sealed = true
		sessions, err = []runtime.Info{v.Info()}, nil
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, info := range sessions {
		all.List = append(all.List, device{info})
	}
	s.show(w, r, http.StatusOK, "account", "Account", all)
}

// signOutDevice ends one of the account's sessions. The ID comes from a form, so
// it is looked up in the account's own list first.
func (s *site) signOutDevice(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	id, err := runtime.ParseID(r.PostFormValue("id"))
	if err != nil {
		s.refuse(w, r, http.StatusUnprocessableEntity, "That is not the ID of a session.")
		return
	}
	sessions, err := s.visitors.ListByUserID(r.Context(), v.UserID())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, info := range sessions {
		if info.ID == id {
			if err := s.visitors.Revoke(r.Context(), id); err != nil {
				s.fail(w, r, err)
				return
			}
			v.SetNotice("That device is signed out.")
			redirect(w, r, "/account")
			return
		}
	}
	s.refuse(w, r, http.StatusNotFound, "You have no such device, or not any more.")
}

// signOutOthers ends all of the account's sessions but this one.
func (s *site) signOutOthers(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if !v.HasUserID() {
		redirect(w, r, "/sign-in")
		return
	}
	v.RevokeOthers()
	v.SetNotice("All your other devices are signed out.")
	redirect(w, r, "/account")
}

// browserNames and systemNames are looked for in this order: later browsers call
// themselves by the names of earlier ones as well.
var (
	browserNames = []string{"Firefox", "Edg", "OPR", "Chromium", "Chrome", "Safari", "curl"}
	systemNames  = []string{"Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux"}
	shownNames   = map[string]string{
		"Edg": "Edge", "OPR": "Opera", "Macintosh": "macOS", "CrOS": "ChromeOS",
	}
)

// Name guesses, from the User-Agent header, what a person calls the device.
func (d device) Name() string {
	browser := firstOf(browserNames, d.Client.UserAgent)
	system := firstOf(systemNames, d.Client.UserAgent)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	default:
		return "Some program"
	}
}

func firstOf(names []string, text string) string {
	for _, name := range names {
		if strings.Contains(text, name) {
			if shown, found := shownNames[name]; found {
				return shown
			}
			return name
		}
	}
	return ""
}
