// Command server serves the cookies of cases over TLS and without, at two ports that it
// prints, until its standard input ends.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strconv"

	"github.com/sessiongen/sessiongen/runtime"
)

// cookieCase is one field of the schema.
type cookieCase struct {
	name, value string
	set         func(*Jar, string)
	get         func(*Jar) string
	has         func(*Jar) bool
	clear       func(*Jar)
	remove      func(*JarManager, http.ResponseWriter)
}

func main() {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		log.Fatal(err)
	}
	jars, err := NewJarManager(runtime.WithKeys(keys), runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		fmt.Fprintln(os.Stderr, e.Kind, e.Field, e.Reason, e.Err)
	}))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", jars.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(jars, w, r) })))
	mux.HandleFunc("/app/raw", raw)
	quiet := log.New(io.Discard, "", 0)
	secure, plain := httptest.NewUnstartedServer(mux), httptest.NewUnstartedServer(mux)
	secure.EnableHTTP2 = true
	secure.Config.ErrorLog, plain.Config.ErrorLog = quiet, quiet
	secure.StartTLS()
	plain.Start()
	fmt.Println(secure.Listener.Addr().(*net.TCPAddr).Port, plain.Listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
}

func serve(jars *JarManager, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	jar := JarFrom(r.Context())
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	to, _ := strconv.Atoi(r.URL.Query().Get("to"))
	switch path.Base(r.URL.Path) {
	case "set":
		for _, c := range cases[from:to] {
			c.set(jar, c.value)
		}
	case "clear":
		for i, c := range cases[from:to] {
			if i%2 == 0 {
				c.clear(jar)
			} else {
				c.remove(jars, w)
			}
		}
	case "show":
		seen := struct {
			Header []string
			Values map[string]string
		}{r.Header["Cookie"], map[string]string{}}
		for _, c := range cases {
			if c.has(jar) {
				seen.Values[c.name] = c.get(jar)
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		json.NewEncoder(w).Encode(seen)
	default:
		fmt.Fprint(w, "<!DOCTYPE html><title>page</title>")
	}
}

// raw sends the Set-Cookie headers that it is given.
func raw(w http.ResponseWriter, r *http.Request) {
	var lines []string
	if err := json.NewDecoder(r.Body).Decode(&lines); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header()["Set-Cookie"] = lines
}
