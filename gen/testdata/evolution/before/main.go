// The program as it was.
package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/evolution/pipe"
	"github.com/sessiongen/sessiongen/runtime"
)

func main() {
	pipe.Program[Visitor]{Manager: manager, From: VisitorFrom, Begin: begin, Work: work, Values: values}.Run()
}

func manager(store runtime.Store, options ...runtime.Option) (func(http.Handler) http.Handler, error) {
	m, err := NewVisitorManager(store, options...)
	if err != nil {
		return nil, err
	}
	return m.Middleware, nil
}

func begin(v *Visitor) {
	v.SetUserID(7)
	v.SetUsername("ann")
	v.SetName("Ann")
	v.SetMood("happy")
	v.SetRemoved(time.Unix(1, 0))
	v.AppendCart(Item{SKU: "pear"})
}

func work(v *Visitor, i int) {
	v.AddVisits(1)
	v.AddOld(1)
	if len(v.Orders()) < 40 {
		v.AppendOrders(Order{SKU: "old"})
	}
	v.PutPlaces("old "+strconv.Itoa(i%5), Place{City: "Bergen"})
	v.RemovePlaces("old " + strconv.Itoa((i+2)%5))
	v.PutNotes("old "+strconv.Itoa(i%5), "written")
	v.UpdateCart(func(items []Item) []Item {
		item := items[0]
		item.Count++
		return []Item{item}
	})
	if i%7 == 0 {
		v.SetUsername("ann of old")
	}
}

func values(v *Visitor) map[string]string {
	return map[string]string{
		"user_id":  fmt.Sprint(v.UserID()),
		"username": v.Username(),
		"name":     v.Name(),
		"visits":   fmt.Sprint(v.Visits()),
		"sku":      v.Cart()[0].SKU,
		"count":    fmt.Sprint(v.Cart()[0].Count),
		"notes":    fmt.Sprint(len(v.Notes())),
		"mood":     v.Mood(),
		"removed":  fmt.Sprint(v.Removed().Unix()),
		"old":      fmt.Sprint(v.Old()),
	}
}
