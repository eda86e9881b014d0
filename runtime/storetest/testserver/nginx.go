package testserver

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var nginx = &kind{
	name:     "nginx",
	programs: []string{"nginx"},
	folders:  []string{"/usr/sbin", "/usr/local/sbin"},
	remedy:   "install nginx (`apt-get install nginx`)",
}

// Nginx starts an nginx that ends with the test. The locations are what its only server block
// contains, such as "location / { proxy_pass http://127.0.0.1:8080; }".
func Nginx(t testing.TB, locations string) *Server {
	t.Helper()
	program := nginx.need(t)["nginx"]
	s := newServer(t, nginx)
	s.url = func(address string) string { return "http://" + address }
	s.ready = func(net.Conn) error { return nil }
	configuration := filepath.Join(s.folder, "nginx.conf")
	err := os.WriteFile(configuration, fmt.Appendf(nil, `daemon off;
master_process off;
pid pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	server {
		listen %s;
		%s
	}
}
`, s.Address(), locations), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s.command = func() *exec.Cmd {
		return exec.Command(program, "-e", "stderr", "-p", s.folder, "-c", configuration)
	}
	return s.own()
}
