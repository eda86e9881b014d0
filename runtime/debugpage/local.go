package debugpage

import (
	"fmt"
	"io"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/internal/origin"
)

// refusal returns why the page is not for a request that comes from this machine, or "". The
// address alone does not suffice: if the name of a foreign site resolves to 127.0.0.1, the
// browser on this machine sends that name as the host (DNS rebinding). A proxy on this machine
// may put its own name in the place of that one. But a browser sends Sec-Fetch-Site only to
// origins that it takes for secure, such as localhost, and never to such a site (W3C Fetch
// Metadata section 2).
func refusal(r *http.Request) string {
	if header := origin.Forwarded(r); header != "" {
		return fmt.Sprintf("it came through a proxy, which has added the header %s: ask the program itself", header)
	}
	if !origin.IsLoopbackHost(r.Host) {
		return fmt.Sprintf("its host is %.200q: use localhost", r.Host)
	}
	if !r.ProtoAtLeast(1, 1) {
		return "it came over HTTP/1.0, which proxies use and browsers do not: ask the program itself"
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "none", "same-origin", "same-site":
		return ""
	case "":
		return "it has no header Sec-Fetch-Site, which browsers send to localhost and not to a foreign host behind a proxy: " +
			"open the program's own address in a current browser, or add \"Sec-Fetch-Site: none\""
	default:
		return fmt.Sprintf("it was sent by another site (Sec-Fetch-Site: %.200q): type the address instead of following a link", site)
	}
}

// refuse answers a request that the page is not for. Only a request from this machine is told
// why: to others, there is no page.
func refuse(w http.ResponseWriter, r *http.Request) {
	if !origin.IsLoopbackPeer(r) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, "The debug page is for browsers on this machine. It has refused this request: "+refusal(r)+".\n"+
		"debugpage.AllowIf allows others.\n")
}
