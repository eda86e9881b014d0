package web

import (
	"net/http"
	"regexp"
)

// chooseColor paints the shop for an hour. The cookie is plain, so its value is
// input from a stranger; but only the declared colors ever come out of it.
func (s *site) chooseColor(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	switch color := Color(r.PostFormValue("color")); color {
	case Blue, Teal, Green, Amber, Red, Plum:
		v.SetFavoriteColor(color)
	case "":
		v.ClearFavoriteColor()
	default:
		s.refuse(w, r, http.StatusUnprocessableEntity, "The shop has no such color.")
		return
	}
	redirectBack(w, r, "")
}

// chooseTheme is for browsers without JavaScript. In all others the page's script
// writes the same cookie: it is declared with httponly=false.
func (s *site) chooseTheme(w http.ResponseWriter, r *http.Request) {
	theme := Light
	if r.PostFormValue("theme") == string(Dark) {
		theme = Dark
	}
	VisitorFrom(r.Context()).SetTheme(theme)
	redirectBack(w, r, "")
}

// campaignName keeps what a link may say harmless and short.
var campaignName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// showHome remembers the campaign that a link names. The cookie is signed: nobody
// can make up a campaign that no link had.
func (s *site) showHome(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if campaign := r.URL.Query().Get("campaign"); campaignName.MatchString(campaign) {
		v.SetCampaign(campaign)
		redirect(w, r, "/")
		return
	}
	// Who has nothing in a session gets none by looking around.
	if !v.Info().New {
		v.AddVisits(1)
	}
	s.show(w, r, http.StatusOK, "home", "Ink, in small bottles", inks)
}
