package shelf

import (
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/moving/scs/loan"
)

// userKey is whose session it is.
const userKey = "userID"

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	s.sessions.Put(r.Context(), "pages", s.sessions.GetInt(r.Context(), "pages")+1)
	loans, _ := s.sessions.Get(r.Context(), "loans").([]loan.Loan)
	render(w, map[string]any{
		"Notice": s.sessions.PopString(r.Context(), "notice"),
		"Email":  s.sessions.GetString(r.Context(), "email"),
		"Loans":  loans,
		"Pages":  s.sessions.GetInt(r.Context(), "pages"),
	})
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	email := r.FormValue("email")
	account, ok := s.accounts[email]
	if !ok {
		s.sessions.Put(r.Context(), "notice", "That is not an account.")
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		http.Error(w, "Please try again.", http.StatusInternalServerError)
		return
	}
	s.sessions.Put(r.Context(), userKey, account)
	s.sessions.Put(r.Context(), "email", email)
	s.sessions.Put(r.Context(), "signed_in_at", time.Now())
	s.sessions.Put(r.Context(), "notice", "Welcome back.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		http.Error(w, "Please try again.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// members lets nobody in who is not signed in.
func (s *Site) members(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.sessions.Exists(r.Context(), userKey) {
			http.Error(w, "Sign in first.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Site) borrow(w http.ResponseWriter, r *http.Request) {
	loans, _ := s.sessions.Get(r.Context(), "loans").([]loan.Loan)
	loans = append(loans, loan.Loan{Title: r.FormValue("title"), Due: time.Now().AddDate(0, 0, 14)})
	s.sessions.Put(r.Context(), "loans", loans)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) giveBack(w http.ResponseWriter, r *http.Request) {
	s.sessions.Remove(r.Context(), "loans")
	s.sessions.Put(r.Context(), "notice", "Thank you.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
