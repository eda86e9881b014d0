package cookie_test

import (
	"errors"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestTextsHaveOneSpelling(t *testing.T) {
	check := func(name string, accepted, refused []string, roundTrip func(string) (string, error)) {
		for _, text := range accepted {
			if again, err := roundTrip(text); err != nil || again != text {
				t.Errorf("%s: %q came back as %q, %v", name, text, again, err)
			}
		}
		for _, text := range refused {
			if again, err := roundTrip(text); err == nil {
				t.Errorf("%s: %q was accepted as %q", name, text, again)
			}
		}
	}
	check("bool", []string{"true", "false"}, []string{"", "1", "T", "True", " true"}, through(cookie.BoolText[bool]()))
	check("int8", []string{"-128", "0", "127"}, []string{"", "128", "+1", "01", "-0", "1e3", "0x1", " 1", "1_0"}, through(cookie.IntText[int8]()))
	check("uint16", []string{"0", "65535"}, []string{"65536", "-1", "+1", "00"}, through(cookie.UintText[uint16]()))
	check("float64", []string{"0.1", "-1e+100", "1", "-0", "1e-7", "1000000"}, []string{"NaN", "Inf", "1e400", "1.0", "1e6", "1e-07", ".5", "0x1p-2"}, through(cookie.FloatText[float64]()))
	check("float32", []string{"0.1", "16777216"}, []string{"0.10000000149", "1e39"}, through(cookie.FloatText[float32]()))
	check("time", []string{"2026-11-23T12:00:00Z", "0001-01-01T00:00:00Z", "2026-11-23T12:00:00.000000001Z"},
		[]string{"2026-11-23T13:00:00+01:00", "2026-11-23", "2026-11-23T12:00:00.0Z", "2026-02-30T12:00:00Z"}, through(cookie.TimeText()))
	check("duration", []string{"0s", "1h30m0s", "-1ns"}, []string{"", "90m", "1h30m", "1"}, through(cookie.DurationText()))
	check("string", []string{"", "dark", "a;b c=ü\n", "\xff"}, nil, through(cookie.StringText[string]()))
	check("address", []string{"192.0.2.1", "2001:db8::1"}, []string{"192.0.2", "192.0.2.01", "2001:DB8::1"}, through(cookie.MarshalerText[netip.Addr]()))
	type zoom float64
	check("converted", []string{"1.5"}, []string{"1.50", "x"}, through(cookie.Converted(cookie.FloatText[float64](),
		func(v zoom) float64 { return float64(v) }, func(v float64) zoom { return zoom(v) })))
	check("declared", []string{"blue", "green"}, []string{"red", "", "Blue"}, through(cookie.OneOf(cookie.StringText[string](), "blue", "green")))
	if _, err := cookie.OneOf(cookie.StringText[string](), "blue").Format("red"); err == nil {
		t.Error("what is not declared can be sent")
	}
	if _, err := cookie.FloatText[float64]().Format(math.NaN()); err == nil {
		t.Error("NaN can be sent")
	}
	if _, err := cookie.TimeText().Format(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)); err == nil {
		t.Error("the year 12000 can be sent")
	}
}

func through[T any](text cookie.Text[T]) func(string) (string, error) {
	return func(s string) (string, error) {
		value, err := text.Parse(s)
		if err != nil {
			return "", err
		}
		return text.Format(value)
	}
}

// A list has no text of its own. Its cookie carries it as a record would.
func TestWireText(t *testing.T) {
	text := cookie.WireText(
		func(b []byte, v *[]int) []byte { return wire.AppendInts(b, 1, *v) },
		func(r *wire.Reader, v *[]int) {
			outer := r.Enter()
			for r.Next() {
				*v = wire.ReadInts(r, *v)
			}
			r.Leave(outer)
		})
	written, err := text.Format([]int{1, -2})
	if err != nil || written != "\x0a\x02\x02\x03" {
		t.Errorf("written as %q, %v", written, err)
	}
	if read, err := text.Parse(written); err != nil || !slices.Equal(read, []int{1, -2}) {
		t.Errorf("read as %v, %v", read, err)
	}
	for _, broken := range []string{"\x0a", "\x0a\x05\x02", "\x0a\x01\x80", "\x0f"} {
		if read, err := text.Parse(broken); err == nil || read != nil {
			t.Errorf("%q is read as %v, %v", broken, read, err)
		}
	}
	endless := cookie.WireText(
		func(b []byte, _ *int) []byte { wire.CheckDepth(wire.MaxDepth + 1); return b },
		func(*wire.Reader, *int) {})
	if _, err := endless.Format(0); !errors.Is(err, wire.ErrEncoding) {
		t.Errorf("a value that cannot be written: %v", err)
	}
}
