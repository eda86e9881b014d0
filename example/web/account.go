package web

import (
	"net/http"
	"strings"
	"time"
)

// showSignIn is the page with the form.
func (s *site) showSignIn(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "sign-in", "Sign in", users)
}

// signIn is where a real site compares a password hash or checks a passkey.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	user, found := findUser(r.PostFormValue("username"))
	if !found {
		s.refuse(w, r, http.StatusUnprocessableEntity, "There is no such account. This shop knows john_doe and jane_roe.")
		return
	}
	v := VisitorFrom(r.Context())
	v.SetUserID(user.ID) // renews the session's secret, by itself
	v.SetUsername(user.Name)
	v.SetLoggedIn(true)
	v.Remember(r.PostFormValue("remember") != "")
	v.SetSealBefore(seal(r))
	v.SetNotice("Welcome, " + user.Title + ". Your session has a new secret.")
	redirect(w, r, "/")
}

// signOut leaves the account. The session goes on as nobody's, under another
// secret, and everything that belonged to the account is emptied.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if v.HasUserID() {
		v.ClearUserID()
		v.SetSealBefore(seal(r))
		v.SetNotice("You are signed out. Your color stays: it has a cookie of its own.")
	}
	redirect(w, r, "/")
}

// endSession ends the session itself: its record is deleted, and the cookie too.
// A notice that is set after Destroy would begin a new session, so the page says it.
func (s *site) endSession(w http.ResponseWriter, r *http.Request) {
	VisitorFrom(r.Context()).Destroy()
	redirect(w, r, "/goodbye")
}

// showGoodbye is where endSession leads.
func (s *site) showGoodbye(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "goodbye", "Goodbye", nil)
}

// recently is how long ago somebody may have signed in who opens the back room.
const recently = 15 * time.Minute

// openBackRoom is a step-up: another privilege, and so another secret. It asks
// for a fresh sign-in too, which the session knows the time of.
func (s *site) openBackRoom(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	switch {
	case !v.HasUserID():
		redirect(w, r, "/sign-in")
		return
	case !v.AuthenticatedWithin(recently):
		v.SetNotice("It has been a while: sign in again to open the back room.")
		redirect(w, r, "/sign-in")
		return
	case !strings.EqualFold(strings.TrimSpace(r.PostFormValue("word")), "ultramarine"):
		v.SetNotice("That is not the word. It is written on the door.")
	default:
		v.SetStaff(true) // a renew field
		v.SetSealBefore(seal(r))
		v.SetNotice("The back room is open, and your session has a new secret.")
	}
	redirect(w, r, "/back-room")
}

// leaveBackRoom gives the privilege back, and that renews the secret as well.
func (s *site) leaveBackRoom(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if v.HasStaff() {
		v.ClearStaff()
		v.SetSealBefore(seal(r))
	}
	redirect(w, r, "/back-room")
}

// showBackRoom has one page for those who may see what is inside, and a door for
// everybody else.
func (s *site) showBackRoom(w http.ResponseWriter, r *http.Request) {
	if !VisitorFrom(r.Context()).Staff() {
		s.show(w, r, http.StatusForbidden, "door", "The door", nil)
		return
	}
	s.show(w, r, http.StatusOK, "back-room", "The back room", inks)
}
