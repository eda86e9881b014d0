package shelf

import (
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/moving/scs/loan"
)

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	v.AddPages(1)
	notice, _ := v.TakeNotice()
	render(w, map[string]any{
		"Notice": notice,
		"Email":  v.Email(),
		"Loans":  v.Loans(),
		"Pages":  v.Pages(),
	})
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	email := r.FormValue("email")
	account, ok := s.accounts[email]
	v := VisitorFrom(r.Context())
	if !ok {
		v.SetNotice("That is not an account.")
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	v.SetUserID(account)
	v.SetEmail(email)
	v.SetSignedInAt(time.Now())
	v.SetNotice("Welcome back.")
	v.Remember(true)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	VisitorFrom(r.Context()).Destroy()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// members lets nobody in who is not signed in.
func (s *Site) members(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !VisitorFrom(r.Context()).HasUserID() {
			http.Error(w, "Sign in first.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Site) borrow(w http.ResponseWriter, r *http.Request) {
	VisitorFrom(r.Context()).AppendLoans(loan.Loan{Title: r.FormValue("title"), Due: time.Now().AddDate(0, 0, 14)})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) giveBack(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	v.ClearLoans()
	v.SetNotice("Thank you.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
