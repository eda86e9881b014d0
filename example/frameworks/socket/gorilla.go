package main

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
)

func withGorilla(answer answer) http.HandlerFunc {
	var upgrader websocket.Upgrader // without a CheckOrigin, it refuses pages of other origins
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitor.VisitorFrom(r.Context())
		if !v.HasUserID() {
			http.Error(w, "Nobody is signed in", http.StatusUnauthorized)
			return
		}
		// Kept with the response: with status 101, but also with the 403 for a page of another
		// origin. So it must be something that such a page may do.
		v.AddVisits(1)
		// The library writes a header of its own: without w.Header() there are no cookies in it.
		conn, err := upgrader.Upgrade(w, r, w.Header())
		if err != nil {
			return // it has answered
		}
		defer conn.Close()
		conn.SetReadLimit(32 << 10)

		// From now on r.Context() does not end when the browser has gone, only when this
		// function has returned. It is ReadMessage that finds out.
		ended := v.Done()
		go func() {
			select {
			case <-ended: // logged out, revoked, expired, or somebody else signed in
				closeGorilla(conn, runtime.ErrEnded)
			case <-r.Context().Done():
			}
		}()
		for {
			_, message, err := conn.ReadMessage()
			if err != nil {
				return
			}
			text, err := answer(r.Context(), v, string(message))
			if err != nil {
				closeGorilla(conn, err)
				for err = nil; err == nil; { // what is sent meanwhile is not answered
					_, _, err = conn.NextReader()
				}
				return
			}
			conn.SetWriteDeadline(time.Now().Add(patience))
			if conn.WriteMessage(websocket.TextMessage, []byte(text)) != nil {
				return
			}
		}
	}
}

// closeGorilla sends the status and lets reading end when the browser has closed its side,
// or after a while: what is cut off at once may not arrive. It may run while another
// goroutine reads or writes.
func closeGorilla(conn *websocket.Conn, why error) {
	status, reason := farewell(why)
	until := time.Now().Add(patience)
	conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(status, reason), until)
	conn.NetConn().SetReadDeadline(until)
}
