package model

import (
	"testing"
)

func TestUnexported(t *testing.T) {
	for name, want := range map[string]string{
		"visitor": "visitor", "Visitor": "visitor", "HTTPUser": "httpUser", "ID": "id", "A": "a", "Äpfel": "äpfel", "_x": "_x",
	} {
		if got := Unexported(name); got != want {
			t.Errorf("Unexported(%s) = %s, want %s", name, got, want)
		}
	}
}
