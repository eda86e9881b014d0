package header

import (
	"net/http"
	"reflect"
	"testing"
)

// net/http sends the name of a header as the handler has spelled it in the map, and caches do not
// care how it is spelled.
func TestHeadersAreFoundInEverySpelling(t *testing.T) {
	header := http.Header{
		"cdn-cache-control": {"max-age=600"}, "CDN-CACHE-CONTROL": {"max-age=600"}, "x-accel-expires": {"600"}, "surrogate-control": {"max-age=600"},
		"cache-control": {"public"}, "Cache-control": {"max-age=60"}, "set-cookie": {"session=old", "other=1"}, "vary": {"cookie"}, "etag": {"x"},
	}
	SetCookie(header, "session", "session=new", new(Room))
	VaryByCookie(header, new([1]string))
	want := http.Header{"Cache-Control": {"no-store"}, "Set-Cookie": {"other=1", "session=new"}, "Vary": {"cookie"}, "etag": {"x"}}
	if !reflect.DeepEqual(header, want) {
		t.Errorf("got %v, want %v", header, want)
	}
}
