package web

import (
	"net/http"
	"slices"
)

// maxBottles keeps a session's record small, whoever fills it.
const maxBottles = 40

// addToCart loses nothing when two tabs add at once: what is appended is
// appended to the newest cart.
func (s *site) addToCart(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	chosen, found := findInk(r.PostFormValue("sku"))
	switch {
	case !found:
		s.refuse(w, r, http.StatusUnprocessableEntity, "The shop has no such ink.")
		return
	case len(v.Cart()) >= maxBottles:
		v.SetNotice("That is all the ink one parcel can carry.")
	default:
		v.AppendCart(Item{SKU: chosen.SKU})
		v.SetNotice(chosen.Name + " is in your cart.")
	}
	redirectBack(w, r, chosen.SKU)
}

// removeFromCart takes one bottle out. The function may run again, on a newer
// cart, so all that it does is return another one.
func (s *site) removeFromCart(w http.ResponseWriter, r *http.Request) {
	sku := r.PostFormValue("sku")
	VisitorFrom(r.Context()).UpdateCart(func(cart []Item) []Item {
		for i := len(cart) - 1; i >= 0; i-- {
			if cart[i].SKU == sku {
				return slices.Concat(cart[:i], cart[i+1:])
			}
		}
		return cart
	})
	redirect(w, r, "/cart")
}

// wrapInPaper changes items in place. There is nothing to save afterwards: the
// change is found when the request ends.
func (s *site) wrapInPaper(w http.ResponseWriter, r *http.Request) {
	sku := r.PostFormValue("sku")
	cart := VisitorFrom(r.Context()).Cart()
	for i := range cart {
		if cart[i].SKU == sku {
			cart[i].Wrapped = !cart[i].Wrapped
		}
	}
	redirect(w, r, "/cart")
}

// order empties the cart. The doorstep stays, encrypted, in a cookie of its own.
func (s *site) order(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if place := limit(r.PostFormValue("doorstep"), 80); place != "" {
		v.SetDoorstep(place)
	} else {
		v.ClearDoorstep()
	}
	if v.HasCart() {
		v.ClearCart()
		v.SetNotice("Thank you. Nothing was charged, and nothing will be sent.")
	}
	redirect(w, r, "/cart")
}

// line is the cart's bottles of one ink.
type line struct {
	Ink     ink
	Count   int
	Wrapped bool
}

// Price is what the line costs.
func (l line) Price() string { return euros(l.Count * l.Ink.Cents) }

// showCart counts the bottles of each ink.
func (s *site) showCart(w http.ResponseWriter, r *http.Request) {
	cart := VisitorFrom(r.Context()).Cart()
	var lines []line
	total := 0
	for _, ink := range inks {
		l := line{Ink: ink}
		for _, item := range cart {
			if item.SKU == ink.SKU {
				l.Count++
				l.Wrapped = item.Wrapped
			}
		}
		if l.Count > 0 {
			lines = append(lines, l)
			total += l.Count * ink.Cents
		}
	}
	s.show(w, r, http.StatusOK, "cart", "Cart", struct {
		Lines []line
		Total string
	}{lines, euros(total)})
}

// wish puts one entry into the map: two wishes made at once are both kept.
func (s *site) wish(w http.ResponseWriter, r *http.Request) {
	chosen, found := findInk(r.PostFormValue("sku"))
	if !found {
		s.refuse(w, r, http.StatusUnprocessableEntity, "The shop has no such ink.")
		return
	}
	v := VisitorFrom(r.Context())
	v.PutWishes(chosen.SKU, limit(r.PostFormValue("note"), 60))
	v.SetNotice(chosen.Name + " is on your wish list.")
	redirectBack(w, r, chosen.SKU)
}

// unwish removes one entry from the map.
func (s *site) unwish(w http.ResponseWriter, r *http.Request) {
	sku := r.PostFormValue("sku")
	VisitorFrom(r.Context()).RemoveWishes(sku)
	redirectBack(w, r, sku)
}

// wished is an ink on the wish list.
type wished struct {
	Ink  ink
	Note string
}

// showWishes reads the map, in the order of the shelf.
func (s *site) showWishes(w http.ResponseWriter, r *http.Request) {
	wishes := VisitorFrom(r.Context()).Wishes()
	var list []wished
	for _, ink := range inks {
		if note, found := wishes[ink.SKU]; found {
			list = append(list, wished{ink, note})
		}
	}
	s.show(w, r, http.StatusOK, "wishes", "Wish list", list)
}
