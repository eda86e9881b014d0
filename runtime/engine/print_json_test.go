package engine_test

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// A value that JSON has no form for is printed as a text, and the others with it.
func TestASessionWithoutAFormInJSONIsPrinted(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { _ = store.Close() })
	manager, err := everykind.NewKindsManager(store)
	if err != nil {
		t.Fatal(err)
	}
	k, err := manager.Load(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	k.SetString("<tea>")
	k.SetComplex128(1 + 2i)
	k.SetFloat64(math.NaN())
	k.SetHashMap(map[[2]byte]string{{1, 2}: "a"})
	text, err := json.Marshal(k)
	const want = `{"fields":{"complex128":"(1+2i)","float64":"NaN","hash_map":"map[[1 2]:a]","string":"\u003ctea\u003e"}}`
	if err != nil || string(text) != want {
		t.Errorf("it is printed as %s, %v\nwant %s", text, err, want)
	}
}
