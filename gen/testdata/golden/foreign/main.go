package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/foreign/geo"
	corner "github.com/sessiongen/sessiongen/gen/testdata/golden/foreign/other/geo"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	manager := browser.Must(NewTripManager(memstore.New()))
	var b browser.Browser
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		v := TripFrom(r.Context())
		fmt.Println(v.Month(), v.HasMonth(), v.Height(), v.HasHeight())
		v.SetStart(geo.Point{Latitude: 1.5, Height: 12})
		v.AppendCorners(corner.Point{X: 1}, corner.Point{Y: 2})
		v.AppendWay(geo.Point{Latitude: -1}, geo.Point{})
		v.PutMarks("home", geo.Point{Longitude: 3})
		v.SetEnds(geo.Pair[int]{Right: 7})
		v.AppendLegs(geo.Pair[Mine]{Left: Mine{Height: 5}})
		v.SetStop(geo.Stop(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)))
		v.AddMonth(2)
		v.PutDays(time.Tuesday, 2)
		v.SetPlace(geo.Place{Name: "here"})
		v.SetHeight(geo.Sea)
	})
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		v := TripFrom(r.Context())
		fmt.Println(v.Start(), v.Corners(), v.Way(), v.Marks(), v.Ends(), v.Legs())
		fmt.Println(time.Time(v.Stop()), v.Month(), v.Days(), v.Place(), v.Height(), v.HasHeight())
	})
}
