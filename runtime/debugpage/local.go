package debugpage

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// forwarding are the headers by which proxies say that a request is somebody else's.
var forwarding = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// isLocal says whether a request comes from this machine and is meant for it. The address
// alone does not suffice: a site elsewhere whose name was made to lead to 127.0.0.1 has
// the browser of this machine send its own name as the host.
func isLocal(r *http.Request) bool {
	for _, header := range forwarding {
		if r.Header[header] != nil {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	// HTTP/1.0 is what some proxies speak to the program behind them, and no browser.
	return err == nil && isLoopback(from.Addr()) && isLocalHost(r.Host) && r.ProtoAtLeast(1, 1)
}

func isLocalHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && isLoopback(address)
}

func isLoopback(address netip.Addr) bool { return address.Unmap().IsLoopback() }
