package main

import (
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	manager := browser.Must(NewEverythingManager(memstore.New()))
	var b browser.Browser
	visit := func(handle func(v *Everything)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(EverythingFrom(r.Context())) })
	}
	visit(func(v *Everything) {
		fmt.Println(v.Int(), v.Half(), v.Text(), time.Time(v.Moment()), v.Span(), v.Wait())
	})

	noon := Moment(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	item := Item{true, 1, 2, 0.5, "t", Data("d"), noon, -1, Texts{"a", "b"}, Table{"k": -1}, Levels{3: noon}, Moments{noon, {}}}
	visit(func(v *Everything) {
		v.SetFlag(true)
		v.AddInt(3)
		v.AddByte(255)
		v.AddHalf(0.25)
		v.UpdateDouble(func(d Double) Double { return d + 1 })
		v.UpdateText(func(t Text) Text { return t + "!" })
		v.SetData(Data{1})
		v.SetMoment(noon)
		v.SetLater(Later(noon))
		v.AddSpan(1)
		v.AddWait(time.Hour)
		v.AppendItems(item, Item{})
		v.AppendBytes(0, 255)
		v.AppendFlags(true, false)
		v.AppendInts(-1)
		v.AppendHalves(1.5)
		v.AppendTexts("x", "")
		v.AppendDatas(Data("y"))
		v.AppendMoments(noon)
		v.AppendSpans(7)
		v.PutTable("a", 1)
		v.PutTable("b", 2)
		v.RemoveTable("a")
		v.PutStock(-1, item)
		v.PutSwitch(true, 0.5)
		v.PutLevel(9, noon)
		v.SetLine(Line(item))
		v.SetAlias(item)
		v.AppendList(item)
	})
	visit(func(v *Everything) {
		fmt.Println(v.Flag(), v.Int(), v.Byte(), v.Half(), v.Double(), v.Text(), v.Data(), time.Time(v.Moment()), time.Time(v.Later()), v.Span(), v.Wait())
		fmt.Println(v.Bytes(), v.Flags(), v.Ints(), v.Halves(), v.Texts(), v.Datas(), len(v.Moments()), v.Spans(), v.Table(), v.Switch())
		fmt.Println(reflect.DeepEqual(v.Items(), Items{item, {}}), reflect.DeepEqual(v.Stock(), Stock{-1: item}), reflect.DeepEqual(v.Level(), Levels{9: noon}))
		fmt.Println(reflect.DeepEqual(Item(v.Line()), item), reflect.DeepEqual(v.Alias(), item), reflect.DeepEqual(v.List(), List{item}))
	})
}
