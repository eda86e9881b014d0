package origin

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

// Forwarded returns the name of a header by which a proxy has marked a request, or "" if there is
// none.
func Forwarded(r *http.Request) string {
	for _, name := range forwarding {
		if r.Header[name] != nil {
			return name
		}
	}
	return ""
}

// IsLoopbackPeer reports whether the connection of a request comes from this machine, be it from
// a browser or from a proxy.
func IsLoopbackPeer(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().IsLoopback()
}

// IsLoopbackHost reports whether a Host header names this machine: localhost, a name below it, or
// a loopback address.
func IsLoopbackHost(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if host = strings.ToLower(host); host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// PlainHost returns the host to which a browser has sent a request over plain HTTP, if its cookies
// are in danger there: to another host than this machine, and with no sign of TLS in front of the
// program. The host is "" if there is such a sign. The answer is for warnings and not for
// decisions: clients that are not browsers, behind TLS of which nothing is said, look the same.
//
// Browsers speak HTTP/1.1 over plain connections, and send Sec-Fetch headers only to origins that
// they take for secure (W3C Fetch Metadata section 2). nginx speaks HTTP/1.0 to what is behind it.
func PlainHost(r *http.Request) string {
	if r.TLS != nil || r.Host == "" || r.ProtoMajor != 1 || r.ProtoMinor != 1 {
		return ""
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Sec-Fetch-") {
			return ""
		}
	}
	host := r.Host
	if Forwarded(r) != "" {
		if !strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http") {
			return ""
		}
		if named := r.Header.Get("X-Forwarded-Host"); named != "" {
			host = named
		}
	}
	if IsLoopbackHost(host) {
		return ""
	}
	return host
}
