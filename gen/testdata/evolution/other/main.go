// Another application that shares the sessions.
package main

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/sessiongen/sessiongen/gen/testdata/evolution/pipe"
	"github.com/sessiongen/sessiongen/runtime"
)

func main() {
	pipe.Program[Reader]{Manager: manager, From: ReaderFrom, Work: work, Values: values}.Run()
}

func manager(store runtime.Store, options ...runtime.Option) (func(http.Handler) http.Handler, error) {
	m, err := NewReaderManager(store, options...)
	if err != nil {
		return nil, err
	}
	return m.Middleware, nil
}

func work(r *Reader, i int) {
	r.AddRead(1)
	r.PutArticles("article "+strconv.Itoa(i%5), 1)
	r.SetAddress(netip.MustParseAddr("2001:db8::1"))
	r.PutDrafts("today", []string{"first", "second"})
}

func values(r *Reader) map[string]string {
	return map[string]string{
		"user_id":  fmt.Sprint(r.Account()),
		"articles": fmt.Sprint(len(r.Articles())),
		"address":  r.Address().String(),
		"read":     fmt.Sprint(r.Read()),
		"drafts":   fmt.Sprint(r.Drafts()),
	}
}
