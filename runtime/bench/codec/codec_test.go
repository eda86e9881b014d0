package codec

import (
	"bytes"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// The sizes are those of the figures: a codec that leaves something out shows here.
var sizes = map[string]int{
	"sessiongen": 241, "limit: wire format by hand": 180, "tinylib/msgp, generated": 287, "protobuf, generated": 180,
	"easyjson, generated": 396, "encoding/json": 393, "gob, as scs uses it": 514,
}

// spread is by how much a size may differ: gob's depends on the order in which it meets
// the keys of a map.
const spread = 2

func TestTrap_CodecsCarryTheSameContent(t *testing.T) {
	want := content.Sample()
	for _, c := range All() {
		data, err := c.Marshal(c.Of(content.Sample()))
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		value, err := c.Unmarshal(data)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		got, err := c.Content(value)
		if err != nil || !got.Equal(&want) {
			t.Errorf("%s: read %+v, %v", c.Name, got, err)
		}
		if wanted, known := sizes[c.Name]; !known || len(data) < wanted-spread || len(data) > wanted+spread {
			t.Errorf("%s: %d bytes, want %d", c.Name, len(data), wanted)
		}
	}
}

func TestTrap_CodecsCarryEveryField(t *testing.T) {
	changes := map[string]func(c *content.Content){
		"UserID": func(c *content.Content) { c.UserID++ }, "Username": func(c *content.Content) { c.Username += "x" },
		"LoggedIn": func(c *content.Content) { c.LoggedIn = false }, "LastSeen": func(c *content.Content) { c.LastSeen = c.LastSeen.Add(1) },
		"Roles": func(c *content.Content) { c.Roles[2] += "x" }, "SKU": func(c *content.Content) { c.Cart[4].SKU += "x" },
		"Qty": func(c *content.Content) { c.Cart[4].Qty++ }, "Price": func(c *content.Content) { c.Cart[4].Price++ },
		"Theme": func(c *content.Content) { c.Theme += "x" },
	}
	for _, c := range All() {
		for name, change := range changes {
			want := content.Sample()
			change(&want)
			data, err := c.Marshal(c.Of(want))
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			value, err := c.Unmarshal(data)
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			if got, err := c.Content(value); err != nil || !got.Equal(&want) {
				t.Errorf("%s: %s did not come through: %+v, %v", c.Name, name, got, err)
			}
		}
	}
}

// One that shares memory would save the copy that the others make.
func TestTrap_CodecsShareNoMemoryWithTheirInput(t *testing.T) {
	want := content.Sample()
	for _, c := range All() {
		data, err := c.Marshal(c.Of(want))
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		again, err := c.Marshal(c.Of(want))
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		value, err := c.Unmarshal(data)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		copy(data, bytes.Repeat([]byte{0xff}, len(data)))
		if _, err := c.Unmarshal(again); err != nil {
			t.Errorf("%s: two values that it has marshalled share memory: %v", c.Name, err)
		}
		if got, err := c.Content(value); err != nil || !got.Equal(&want) {
			t.Errorf("%s: what was read has changed with its input", c.Name)
		}
	}
}
