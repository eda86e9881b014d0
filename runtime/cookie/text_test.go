package cookie_test

import (
	"math"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
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
