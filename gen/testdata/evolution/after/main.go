// The program as it is after many changes.
package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/testdata/evolution/pipe"
	"github.com/sessiongen/sessiongen/runtime"
)

func main() {
	pipe.Program[Visitor]{Manager: manager, From: VisitorFrom, Work: work, Values: values}.Run()
}

func manager(store runtime.Store, options ...runtime.Option) (func(http.Handler) http.Handler, error) {
	m, err := NewVisitorManager(store, options...)
	if err != nil {
		return nil, err
	}
	return m.Middleware, nil
}

func work(v *Visitor, i int) {
	v.AddVisits(1)
	v.AddNew(1)
	v.AddMood(1) // of which nothing may become
	if len(v.Orders()) < 40 {
		v.AppendOrders(Order{SKU: "new", Color: "green"})
	}
	v.PutPlaces("new "+strconv.Itoa(i%5), Place{City: "Oslo", Street: "Karl Johans gate"})
	v.PutNotes("new "+strconv.Itoa(i%5), "written")
	v.UpdateCart(func(items []Item) []Item {
		item := items[0]
		item.Count++
		item.Color = "green"
		return []Item{item}
	})
	if i%7 == 0 {
		v.SetLogin("ann anew")
		v.SetHome(&Place{City: "Oslo"})
	}
	if len(v.Tags()) < 3 {
		v.AppendTags("tag")
	}
}

// erased names what was written without a field that only this version knows.
func erased(v *Visitor) string {
	orders, places := 0, 0
	for _, order := range v.Orders() {
		if order.SKU == "new" && order.Color != "green" {
			return "the color of an order"
		}
		orders += len(order.Color)
	}
	for name, place := range v.Places() {
		if strings.HasPrefix(name, "new") && place.Street == "" {
			return "the street of a place"
		}
		places += len(place.Street)
	}
	if orders == 0 || places == 0 {
		return "everything"
	}
	return "nothing"
}

func values(v *Visitor) map[string]string {
	city := ""
	if v.HasHome() {
		city = v.Home().City
	}
	return map[string]string{
		"user_id":  fmt.Sprint(v.UserID()),
		"username": v.Login(),
		"name":     string(v.Name()),
		"visits":   fmt.Sprint(v.Visits()),
		"sku":      v.Cart()[0].SKU,
		"count":    fmt.Sprint(v.Cart()[0].Count),
		"color":    v.Cart()[0].Color,
		"notes":    fmt.Sprint(len(v.Notes())),
		"mood":     fmt.Sprint(v.Mood()),
		"tags":     fmt.Sprint(len(v.Tags())),
		"erased":   erased(v),
		"city":     city,
		"new":      fmt.Sprint(v.New()),
	}
}
