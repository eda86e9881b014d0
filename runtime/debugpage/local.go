package debugpage

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// forwarding are the headers by which proxies say that a request is somebody else's.
var forwarding = []string{
	"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
	"X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host", "X-Envoy-External-Address",
	"True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "Fly-Client-Ip",
}

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
	return err == nil && from.Addr().IsLoopback() && isLocalHost(r.Host) && r.ProtoAtLeast(1, 1)
}

func isLocalHost(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
