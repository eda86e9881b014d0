package engine

import (
	"math"
	"os"
	"testing"
)

// Tokens are unique, and each of their bits is as often set as not.
func TestASVS_7_2_3_and_11_5_1_TokensAreRandom(t *testing.T) {
	count := 100_000
	if os.Getenv("SESSIONGEN_TEST_LONG") != "" {
		count = 1_000_000
	}
	seen := make(map[token]struct{}, count)
	biased := biasedBits(t, seen, count)
	t.Logf("%d tokens, of 384 bits %d are more than 5 standard deviations off", count, len(biased))
	if len(biased) == 0 {
		return
	}
	// One of 384 bits may be off by 5 standard deviations once in 4,500 runs, but
	// not the same one twice.
	for i, sigmas := range biasedBits(t, seen, count) {
		if first, again := biased[i]; again {
			t.Errorf("bit %d is %.1f and %.1f standard deviations off", i, first, sigmas)
		}
	}
}

// biasedBits draws tokens and tells which of their bits are more than 5 standard
// deviations off from being set half the time.
func biasedBits(t *testing.T, seen map[token]struct{}, count int) map[int]float64 {
	var ones [48 * 8]int
	for range count {
		drawn := token{id: newID(), secret: newSecret()}
		if _, twice := seen[drawn]; twice {
			t.Fatal("a token was drawn twice")
		}
		seen[drawn] = struct{}{}
		for i, b := range append(drawn.id[:], drawn.secret[:]...) {
			for bit := range 8 {
				ones[i*8+bit] += int(b >> bit & 1)
			}
		}
	}
	biased := map[int]float64{}
	for i, n := range ones {
		sigmas := math.Abs(float64(n)-float64(count)/2) / (math.Sqrt(float64(count)) / 2)
		if sigmas > 5 {
			biased[i] = sigmas
		}
	}
	return biased
}

func TestTokenHasOneSpelling(t *testing.T) {
	drawn := token{id: newID(), secret: newSecret()}
	spelled := drawn.text()
	text := string(spelled[:])
	again, ok := parseToken(text)
	if !ok || again != drawn || len(text) != tokenLength {
		t.Fatalf("%q came back as another token", text)
	}
	for i := range text {
		for _, c := range []byte("+/=.% \n\x00\xff") {
			if _, ok := parseToken(text[:i] + string([]byte{c}) + text[i+1:]); ok {
				t.Errorf("%q at %d was accepted", c, i)
			}
		}
	}
}
