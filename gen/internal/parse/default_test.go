package parse

import (
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// TestEveryConstantIsRead: the kinds that have constants are those whose constants are read.
func TestEveryConstantIsRead(t *testing.T) {
	for _, kind := range model.Kinds() {
		if reads := constants[kind] != nil; reads != kind.Facts().Constant {
			t.Errorf("kind %d has constants: %t, and they are read: %t", kind, kind.Facts().Constant, reads)
		}
	}
}
