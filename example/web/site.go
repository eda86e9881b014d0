package web

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
)

//go:embed assets
var assetFiles embed.FS

// site is the shop.
type site struct {
	visitors *VisitorManager
	journal  *journal
	events   *debugpage.Events
	counters *eventhook.Counters
	pages    map[string]*template.Template
}

// New makes the shop: sessions are kept in store, and keys protect the signed and
// the encrypted cookie.
func New(store runtime.Store, keys *runtime.Keys) (http.Handler, error) {
	s := &site{journal: new(journal), events: debugpage.NewEvents(200), counters: new(eventhook.Counters)}
	var err error
	s.visitors, err = NewVisitorManager(store,
		runtime.WithKeys(keys),
		runtime.WithClient(client),
		runtime.WithEvents(eventhook.Join(s.journal.record, s.events.Record, s.counters.Record)),
	)
	if err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	return s.handler(), nil
}

// handler refuses forms that other sites send before anything else happens, and
// gives a session to all that is behind it but the files.
func (s *site) handler() http.Handler {
	shop := http.NewServeMux()
	s.route(shop)
	assets, _ := fs.Sub(assetFiles, "assets")
	root := http.NewServeMux()
	root.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	// Outside the middleware, so that looking does not prolong the session.
	root.Handle("/debug/session", debugpage.New(s.visitors, debugpage.WithEvents(s.events), debugpage.WithCounters(s.counters)))
	root.Handle("/", s.visitors.Middleware(shop))
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.visitors.Middleware(http.HandlerFunc(s.denyForeignForm)))
	return withHeaders(protection.Handler(root))
}

func (s *site) route(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showHome)
	mux.HandleFunc("POST /color", s.chooseColor)
	mux.HandleFunc("POST /theme", s.chooseTheme)

	mux.HandleFunc("GET /cart", s.showCart)
	mux.HandleFunc("POST /cart/add", s.addToCart)
	mux.HandleFunc("POST /cart/remove", s.removeFromCart)
	mux.HandleFunc("POST /cart/wrap", s.wrapInPaper)
	mux.HandleFunc("POST /cart/order", s.order)

	mux.HandleFunc("GET /wishes", s.showWishes)
	mux.HandleFunc("POST /wishes/put", s.wish)
	mux.HandleFunc("POST /wishes/remove", s.unwish)

	mux.HandleFunc("GET /sign-in", s.showSignIn)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("POST /end-session", s.endSession)
	mux.HandleFunc("GET /goodbye", s.showGoodbye)

	mux.HandleFunc("GET /account", s.showAccount)
	mux.HandleFunc("POST /devices/sign-out", s.signOutDevice)
	mux.HandleFunc("POST /devices/sign-out-others", s.signOutOthers)

	mux.HandleFunc("GET /back-room", s.showBackRoom)
	mux.HandleFunc("POST /back-room/open", s.openBackRoom)
	mux.HandleFunc("POST /back-room/leave", s.leaveBackRoom)

	mux.HandleFunc("GET /record", s.showRecord)
	mux.HandleFunc("POST /record/renew", s.renewSecret)

	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusNotFound, "There is nothing on this shelf.")
	})
}

func (s *site) denyForeignForm(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, http.StatusForbidden, "That form came from another site, so nothing was done.")
}

// withHeaders lets the pages load nothing that is not the shop's own.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
