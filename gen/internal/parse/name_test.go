package parse

import (
	"testing"
	"time"
)

func TestSnakeCase(t *testing.T) {
	for name, want := range map[string]string{
		"A":              "a",
		"AB":             "ab",
		"ABc":            "a_bc",
		"Absent":         "absent",
		"Visits":         "visits",
		"FavoriteColor":  "favorite_color",
		"XCoord":         "x_coord",
		"User_ID":        "user_id",
		"SKU":            "sku",
		"SSO":            "sso",
		"UserID":         "user_id",
		"UserIDs":        "user_ids",
		"IDs":            "ids",
		"IDsByName":      "ids_by_name",
		"URLs":           "urls",
		"URLsV2":         "urls_v2",
		"HTTPServer":     "http_server",
		"HTMLBody2":      "html_body2",
		"TOTPSecret":     "totp_secret",
		"OIDCNonce":      "oidc_nonce",
		"CSRFToken":      "csrf_token",
		"MFAEnabled":     "mfa_enabled",
		"IOSVersion":     "ios_version",
		"OAuthToken":     "oauth_token",
		"OAuth2Token":    "oauth2_token",
		"UserOAuthID":    "user_oauth_id",
		"IPv4":           "ipv4",
		"IPv6Addr":       "ipv6_addr",
		"LastIPv6":       "last_ipv6",
		"ClientIP":       "client_ip",
		"APIv2Key":       "api_v2_key",
		"UUIDv7":         "uuid_v7",
		"TLSv13":         "tls_v13",
		"SAMLv2s":        "saml_v2s",
		"ProtocolV2":     "protocol_v2",
		"LevelA2":        "level_a2",
		"DevMode":        "dev_mode",
		"Bv2":            "bv2",
		"SHA256Sum":      "sha256_sum",
		"MD5":            "md5",
		"X509Cert":       "x509_cert",
		"S3Bucket":       "s3_bucket",
		"EC2ID":          "ec2_id",
		"E164":           "e164",
		"E164Number":     "e164_number",
		"UTF8Text":       "utf8_text",
		"UTF8BOM":        "utf8_bom",
		"ISO8601Date":    "iso8601_date",
		"Base64URL":      "base64_url",
		"K8sName":        "k8s_name",
		"U2FKey":         "u2f_key",
		"LastU2F":        "last_u2f",
		"P2PSession":     "p2p_session",
		"I18NLang":       "i18n_lang",
		"I18nLang":       "i18n_lang",
		"Line2Text":      "line2_text",
		"Size2D":         "size2d",
		"Größe":          "größe",
		"ÄnderungsDatum": "änderungs_datum",
		"X名前":            "x名前",
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
