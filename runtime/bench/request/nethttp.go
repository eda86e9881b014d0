package request

import (
	"crypto/tls"
	"net/http"
	"unsafe"
)

// overHTTP is a server for a handler of net/http.
type overHTTP struct {
	handler  http.Handler
	name     string // of the cookie
	template *http.Request
	// request is overwritten for each request, so that it costs no allocation and is still
	// one that no middleware has seen: its context, in which gorilla notes the sessions
	// that it has loaded, is replaced with all the rest.
	request  http.Request
	response discard
}

func newServer(handler http.Handler) (server, error) {
	template, err := http.NewRequest(http.MethodGet, "https://shop.example/", nil)
	if err != nil {
		return nil, err
	}
	template.TLS = &tls.ConnectionState{} // or the cookies, which are Secure, would be lost
	return &overHTTP{handler: handler, name: cookieName, template: template, response: discard{headers: http.Header{}}}, nil
}

func (s *overHTTP) setCookie(value string) {
	s.template.Header.Del("Cookie")
	if value != "" {
		s.template.Header.Set("Cookie", s.name+"="+value)
	}
}

func (s *overHTTP) serve() (status int) {
	s.request = *s.template
	clear(s.response.headers)
	s.response.status = 0
	s.handler.ServeHTTP(&s.response, &s.request)
	return s.response.status
}

func (s *overHTTP) sent() []byte {
	lines := s.response.headers["Set-Cookie"]
	if len(lines) == 0 {
		return nil
	}
	return unsafe.Slice(unsafe.StringData(lines[0]), len(lines[0]))
}

func (s *overHTTP) header(name string) []string { return s.response.headers[name] }

// discard is a response that nobody reads.
type discard struct {
	headers http.Header
	status  int
}

func (d *discard) Header() http.Header { return d.headers }

func (d *discard) Write(b []byte) (int, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	return len(b), nil
}

func (d *discard) WriteHeader(status int) { d.status = status }
