package inspect

import (
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// TestEveryScalarIsShown: each kind without parts is shown in one of two ways.
func TestEveryScalarIsShown(t *testing.T) {
	for _, kind := range model.Kinds() {
		facts := kind.Facts()
		scalar, pair := facts.Shape == model.Scalar && !facts.Pair, facts.Pair
		if (scalars[kind] != nil) != scalar || (pairs[kind] != nil) != pair {
			t.Errorf("kind %d is shown as one value: %t, as a pair: %t, and is a pair: %t", kind, scalars[kind] != nil, pairs[kind] != nil, pair)
		}
	}
}
