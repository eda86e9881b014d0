package web_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"time"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// visit sends one request after another from the same browser, one to each handler.
func visit(handlers ...http.HandlerFunc) {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		fmt.Println(err)
		return
	}
	store := memstore.New()
	defer store.Close()
	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
	if err != nil {
		fmt.Println(err)
		return
	}
	next := 0
	server := httptest.NewTLSServer(visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers[next](w, r)
	})))
	defer server.Close()
	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	for next = range handlers {
		response, err := browser.Get(server.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
	}
}

// Signing in is one setter: it renews the session's secret by itself.
func ExampleVisitor_SetUserID() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		v.SetUserID(7)
		v.SetUsername("john_doe")
	}, func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		fmt.Println(v.HasUserID(), v.UserID(), v.Username())
	})
	// Output: true 7 john_doe
}

// Leaving the account empties the session, which goes on as nobody's.
func ExampleVisitor_ClearUserID() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		v.SetUserID(7)
		v.AppendCart(web.Item{SKU: "damson"})
	}, func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).ClearUserID()
	}, func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		fmt.Println(v.HasUserID(), len(v.Cart()), v.Info().New)
	})
	// Output: false 0 false
}

// Destroy ends the session for good: no request in flight brings it back.
func ExampleVisitor_Destroy() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).SetUserID(7)
	}, func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).Destroy()
	}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(web.VisitorFrom(r.Context()).Info().New)
	})
	// Output: true
}

// A flash is shown once.
func ExampleVisitor_TakeNotice() {
	show := func(w http.ResponseWriter, r *http.Request) {
		notice, found := web.VisitorFrom(r.Context()).TakeNotice()
		fmt.Printf("%q %v\n", notice, found)
	}
	visit(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).SetNotice("Your order is under way.")
	}, show, show)
	// Output:
	// "Your order is under way." true
	// "" false
}

// Add works on the newest value, whatever other requests do at the same time.
func ExampleVisitor_AddVisits() {
	count := func(w http.ResponseWriter, r *http.Request) { web.VisitorFrom(r.Context()).AddVisits(1) }
	visit(count, count, func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(web.VisitorFrom(r.Context()).Visits())
	})
	// Output: 2
}

// Update is for what Add, Append and Put do not say. It may run again, on a newer value,
// so it does nothing else.
func ExampleVisitor_UpdateCart() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).AppendCart(web.Item{SKU: "damson"}, web.Item{SKU: "harbour"})
	}, func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).UpdateCart(func(cart []web.Item) []web.Item {
			for i := range cart {
				cart[i].Wrapped = true
			}
			return cart
		})
	}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(web.VisitorFrom(r.Context()).Cart())
	})
	// Output: [{damson true} {harbour true}]
}

// The getter of a slice or map returns the live value: what is changed in it is kept.
func ExampleVisitor_Wishes() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).PutWishes("damson", "for Jane")
	}, func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).Wishes()["damson"] = "for John"
	}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(web.VisitorFrom(r.Context()).Wishes())
	})
	// Output: map[damson:for John]
}

// A cookie of its own is a field like any other, and is input from a stranger: what is
// not a value of its type counts as absent.
func ExampleVisitor_SetTheme() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).SetTheme(web.Dark)
		w.WriteHeader(http.StatusNoContent)
		fmt.Println(w.Header().Get("Set-Cookie"))
	}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(web.VisitorFrom(r.Context()).Theme())
	})
	// Output:
	// theme=dark; Max-Age=31536000; Path=/; SameSite=Lax; Secure
	// dark
}

// What is dangerous asks who is there once more.
func ExampleVisitor_AuthenticatedWithin() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		fmt.Println(v.AuthenticatedWithin(5 * time.Minute))
		v.SetUserID(7)
		fmt.Println(v.AuthenticatedWithin(5 * time.Minute))
	})
	// Output:
	// false
	// true
}

// With Remember the session's cookie outlives the browser.
func ExampleVisitor_Remember() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		v.SetUserID(7)
		v.Remember(true)
		w.WriteHeader(http.StatusNoContent)
		for _, c := range (&http.Response{Header: w.Header()}).Cookies() {
			fmt.Println(c.Name, time.Duration(c.MaxAge)*time.Second)
		}
	})
	// Output: __Host-visitor 12h0m0s
}

// Before the first byte of a long response, Commit tells whether what was changed is kept.
func ExampleVisitor_Commit() {
	visit(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		v.AddVisits(1)
		if err := v.Commit(r.Context()); err != nil {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		fmt.Println(v.Info().New, v.Visits())
	})
	// Output: false 1
}

// The devices of an account are its sessions, and each can be signed out.
func ExampleVisitorManager_ListByUserID() {
	store := memstore.New()
	defer store.Close()
	keys, _ := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithClient(func(r *http.Request) runtime.Client {
		return runtime.Client{UserAgent: r.UserAgent()}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	signIn := visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.VisitorFrom(r.Context()).SetUserID(7)
	}))
	for _, agent := range []string{"the laptop", "the phone"} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("User-Agent", agent)
		signIn.ServeHTTP(httptest.NewRecorder(), r)
	}
	ctx := httptest.NewRequest("GET", "/", nil).Context()
	devices, _ := visitors.ListByUserID(ctx, 7)
	for _, device := range devices {
		if device.Client.UserAgent == "the phone" {
			fmt.Println(len(devices), visitors.Revoke(ctx, device.ID))
		}
	}
	count, _ := visitors.RevokeByUserID(ctx, 7)
	fmt.Println(count)
	// Output:
	// 2 <nil>
	// 1
}

// A cookie can be read and written without a session, where there is no middleware.
func ExampleVisitorManager_ThemeCookie() {
	keys, _ := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	visitors, err := web.NewVisitorManager(memstore.New(), runtime.WithKeys(keys))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "theme=dark")
	fmt.Println(visitors.ThemeCookie().Read(r))
	// Output: dark true
}
