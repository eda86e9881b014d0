package main

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
)

func withCoder(answer answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitor.VisitorFrom(r.Context())
		if !v.HasUserID() {
			http.Error(w, "Nobody is signed in", http.StatusUnauthorized)
			return
		}
		// Kept, and its cookies sent, with the response: with status 101, but also with the 403
		// for a page of another origin. So it must be something that such a page may do.
		v.AddVisits(1)
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // it has answered
		}
		defer conn.CloseNow()

		// From now on r.Context() does not end when the browser has gone, only when this
		// function has returned. It is Read that finds out.
		ended := v.Done()
		go func() {
			select {
			case <-ended: // logged out, revoked, expired, or somebody else signed in
				status, reason := farewell(runtime.ErrEnded)
				conn.Close(websocket.StatusCode(status), reason) // which ends Read as well
			case <-r.Context().Done():
			}
		}()
		for {
			_, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			text, err := answer(r.Context(), v, string(message))
			if err != nil {
				status, reason := farewell(err)
				conn.Close(websocket.StatusCode(status), reason)
				return
			}
			ctx, cancel := context.WithTimeout(r.Context(), patience)
			err = conn.Write(ctx, websocket.MessageText, []byte(text))
			cancel()
			if err != nil {
				return
			}
		}
	}
}
