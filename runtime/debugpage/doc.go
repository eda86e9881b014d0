// Package debugpage is for developers: it serves a page about the browser that requests it.
// The page shows the session with its fields, the cookies that the browser has sent, and the
// last events of all sessions. Of sessiongen's packages it imports runtime, eventhook, cookie and
// internal/origin alone.
//
//	events := debugpage.NewEvents(200)
//	counters := new(eventhook.Counters)
//	hook := eventhook.Join(runtime.LogEvents(slog.Default()), events.Record, counters.Record)
//	visitors, err := web.NewVisitorManager(store, runtime.WithEvents(hook))
//	…
//	mux.Handle("/debug/session", debugpage.New(visitors,
//		debugpage.WithEvents(events), debugpage.WithCounters(counters)))
//
// The page only reads: it needs no middleware, changes nothing in the session, does not
// extend it, and sets no cookie. It shows no token and no field that is marked secret. Nor
// does it show a cookie that the schema does not declare, which may be the session of another
// program on this machine. A sealed session is shown by its fields; the cookie that carries
// it is not shown. For a schema with cookies only, the page shows these.
//
// The page answers requests that come from this machine, name it, by localhost or a loopback
// address, and carry the header Sec-Fetch-Site, as browsers send it. All other requests get a
// 404, which tells those from this machine why. Behind a reverse proxy on the same machine that
// serves HTTPS, every visitor looks local unless the proxy adds a forwarding header or keeps the
// host, so leave the page out of programs that are deployed behind one.
//
// Safari takes http://localhost for insecure and accepts no Secure cookie there: use another
// browser, or HTTPS.
package debugpage
