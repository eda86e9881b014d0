module github.com/sessiongen/sessiongen

go 1.26.0

require (
	github.com/dave/jennifer v1.7.1
	github.com/gorilla/securecookie v1.1.2
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/mod v0.42.0
	golang.org/x/tools v0.52.0
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
