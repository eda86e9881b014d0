package debugpage

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// forwarding are the headers by which proxies mark requests that they forward.
var forwarding = []string{
	"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
	"X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host", "X-Envoy-External-Address",
	"True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "Fly-Client-Ip",
}

// isLocal reports whether a request comes from this machine and names this machine as its
// host. The address alone does not suffice: if the name of a foreign site resolves to
// 127.0.0.1, the browser on this machine sends that name as the host (DNS rebinding).
func isLocal(r *http.Request) bool {
	for _, header := range forwarding {
		if r.Header[header] != nil {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	// Some proxies use HTTP/1.0 towards the program behind them; browsers do not.
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
