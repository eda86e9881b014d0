package parse

import (
	"testing"
	"time"
)

func TestSnakeCase(t *testing.T) {
	for name, want := range map[string]string{
		"UserID":         "user_id",
		"SKU":            "sku",
		"OAuth2Token":    "oauth2_token",
		"OAuthToken":     "oauth_token",
		"UserIDs":        "user_ids",
		"IDsByName":      "ids_by_name",
		"HTTPServer":     "http_server",
		"SHA256Sum":      "sha256_sum",
		"Visits":         "visits",
		"FavoriteColor":  "favorite_color",
		"A":              "a",
		"XCoord":         "x_coord",
		"Line2Text":      "line2_text",
		"User_ID":        "user_id",
		"Größe":          "größe",
		"ÄnderungsDatum": "änderungs_datum",
		"SSO":            "sso",
		"Absent":         "absent",
	} {
		if got := snakeCase(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30m":      30 * time.Minute,
		"3600":     time.Hour,
		"0":        0,
		"365d":     365 * day,
		"1d12h":    36 * time.Hour,
		"2w3d":     17 * day,
		"1.5d":     36 * time.Hour,
		"0.5w":     84 * time.Hour,
		"1h30m10s": time.Hour + 30*time.Minute + 10*time.Second,
		"1500ms":   1500 * time.Millisecond,
		"2µs":      2 * time.Microsecond,
		"2us3ns":   2003 * time.Nanosecond,
		"-1d":      -day,
		"106751d":  106751 * day,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"":                     errDuration,
		"-":                    errDuration,
		"--1h":                 errDuration,
		"d":                    errDuration,
		".d":                   errDuration,
		"1":                    nil,
		"1.5":                  errDuration,
		"1..5h":                errDuration,
		"1 d":                  errDuration,
		"1y":                   errDuration,
		"1dd":                  errDuration,
		"1h2":                  errDuration,
		"9223372036":           nil,
		"9223372037":           errLongDuration,
		"106752d":              errLongDuration,
		"106751d24h":           errLongDuration,
		"99999999999999999999": errLongDuration,
		"99999999999999999w":   errLongDuration,
	} {
		if _, err := parseDuration(text); err != want {
			t.Errorf("%q: got %v, want %v", text, err, want)
		}
	}
}
