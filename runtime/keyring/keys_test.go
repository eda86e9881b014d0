package keyring_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

var (
	oldSecret = []byte("q7GmZt2Wc9Ky4Vn8Xb5Rj1Hs6Pd3Lf0T")
	newSecret = []byte("N4hYx8Ke2Ua6Bo1Dw9Cz5Mv7Qi3Sg0Jr")
)

func TestStagesInFilesAndVariables(t *testing.T) {
	one, other := base64.RawURLEncoding.EncodeToString(oldSecret), base64.RawURLEncoding.EncodeToString(newSecret)
	path := filepath.Join(t.TempDir(), "keys")
	for text, want := range map[string]string{
		"decode-only " + one + "\n\n# next\nprimary  " + other + "\n": "",
		one + "\n" + other:                          "",
		"retired " + one + "\nprimary " + other:     "",
		"decode-only " + one:                        "0 secrets are primary",
		"primary " + one + "\nprimary " + other:     "2 secrets are primary",
		"primary " + one + "\nretired " + one:       "given twice",
		"first " + one:                              "want primary, decode-only or retired",
		"retired " + one + "\nretired " + other:     "0 secrets are primary",
		"primary " + one + "\ndecode-only not!good": "secret 2 is not base64",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, fromFile := keyring.KeysFromFile(path)
		t.Setenv("SESSIONGEN_TEST_KEYS", strings.Join(strings.Split(strings.Trim(text, "\n"), "\n"), ","))
		_, fromEnv := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS")
		for _, err := range []error{fromFile, fromEnv} {
			switch {
			case want == "" && err != nil:
				t.Errorf("%q: %v", text, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%q: got %v, want an error with %q", text, err, want)
			case err != nil && (strings.Contains(err.Error(), one) || strings.Contains(err.Error(), other)):
				t.Errorf("the error shows a secret: %v", err)
			}
		}
	}
}

// The error messages advise openssl rand -base64, which prints the other alphabet.
func TestSecretsAsOpensslPrintsThemAreRead(t *testing.T) {
	secret := append([]byte{0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff}, oldSecret...)
	text := base64.StdEncoding.EncodeToString(secret)
	if !strings.ContainsAny(text, "+") || !strings.ContainsAny(text, "/") || !strings.HasSuffix(text, "=") {
		t.Fatalf("%s has not all that is special of the alphabet", text)
	}
	t.Setenv("SESSIONGEN_TEST_KEYS", text)
	if _, err := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS"); err != nil {
		t.Errorf("what openssl printed is refused: %v", err)
	}
	t.Setenv("SESSIONGEN_TEST_KEYS", text+","+base64.RawURLEncoding.EncodeToString(secret))
	if _, err := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS"); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("one secret in both alphabets: %v", err)
	}
}

// A variable may have been filled with what is in a file: base64 skips line breaks, so
// that two secrets would become a third that nobody knows of.
func TestVariableWithTheContentOfAFileHasItsSecrets(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "keys")
	if _, err := keyring.KeysFromFile(fresh); err != nil {
		t.Fatal(err)
	}
	created, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	one, other := base64.RawURLEncoding.EncodeToString(oldSecret), base64.RawURLEncoding.EncodeToString(newSecret)
	for _, value := range []string{string(created), one + "\n" + other, one + "\r\n# a comment, with a comma\r\n" + other + "\r\n"} {
		t.Setenv("SESSIONGEN_TEST_KEYS", value)
		if _, err := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS"); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
	t.Setenv("SESSIONGEN_TEST_KEYS", one+"\n"+one)
	if _, err := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS"); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("two lines were not read as two secrets: %v", err)
	}
}

// Secrets that everybody knows have let strangers forge sessions of Flask, Airflow,
// Superset and others.
func TestCVE_2023_27524_KnownSecretsAreRefused(t *testing.T) {
	for _, known := range []string{
		"CHANGE_ME_SECRET_KEY_OF_THE_SERVER", "my-very-long-and-very-secret-passphrase", "32-byte-long-auth-key-for-everyone",
		"the-key-has-to-be-32-bytes-long!", "0123456789abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuvwxyz012345",
		"thisisasecretkeythatnobodyknows!", "super-insecure-development-only!", "qwertyuiopasdfghjklzxcvbnm123456",
		strings.Repeat("x", 64), strings.Repeat("\x00", 32), strings.Repeat("deadbeef", 8),
	} {
		if _, err := keyring.NewKeys([]byte(known)); err == nil {
			t.Errorf("%q is accepted", known)
		} else if strings.Contains(err.Error(), known) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	// What is random is accepted, as bytes and as digits that were left as they are.
	for range 2000 {
		secret := make([]byte, 32)
		rand.Read(secret)
		for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret))} {
			if _, err := keyring.NewKeys(form); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Most words are base64url as well, and decode to bytes that look like no text; a
// line break at the end of a file is no letter, and neither is an umlaut.
func TestCVE_2023_27524_TypedSecretsAreRefusedInWhateverFormTheyCome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	for _, typed := range []string{
		"this-is-my-secret-password-please-change-it-now1", "supersecretkeysupersecretkeysupersecretkeysupers",
		"primary ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	} {
		if err := os.WriteFile(path, []byte("# keys\n"+typed+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SESSIONGEN_TEST_KEYS", typed)
		_, fromFile := keyring.KeysFromFile(path)
		_, fromEnv := keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS")
		for from, err := range map[string]error{"file": fromFile, "variable": fromEnv} {
			if err == nil {
				t.Errorf("%q is accepted from a %s", typed, from)
			} else if strings.Contains(err.Error(), typed) {
				t.Errorf("the error shows the secret: %v", err)
			}
		}
	}
	row := make([]byte, 32)
	for i := range row {
		row[i] = byte(i)
	}
	for _, typed := range [][]byte{
		[]byte("my-very-long-and-very-secret-passphrase\n"), []byte("das sehr geheime Password für unsere Seite"),
		row, []byte("00112233445566778899aabbccddeeff"),
	} {
		if _, err := keyring.NewKeys(typed); err == nil {
			t.Errorf("%q is accepted", typed)
		}
	}
}

func TestASVS_11_2_KeysShowNothing(t *testing.T) {
	staged := keyring.StagedSecret{Bytes: oldSecret, Stage: keyring.StageDecodeOnly}
	text := fmt.Sprintf("%v %+v %#v %s %x %q", staged, staged, staged, staged, staged, &staged)
	if strings.Contains(text, string(oldSecret[:4])) || strings.Contains(text, "7137") {
		t.Errorf("a secret is printed: %s", text)
	}
	keys, err := keyring.NewKeyRing(keyring.StagedSecret{Bytes: oldSecret, Stage: keyring.StagePrimary})
	if err != nil {
		t.Fatal(err)
	}
	store, err := sealed.New(keys, sealed.AcceptReplay())
	if err != nil {
		t.Fatal(err)
	}
	type config struct {
		ring    keyring.Keys // fmt calls no methods of what is not exported
		pointer *keyring.Keys
	}
	for _, holder := range []any{keys, *keys, config{*keys, keys}, &config{*keys, keys}, store} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
			printed := fmt.Sprintf(verb, holder)
			for _, form := range []string{string(oldSecret), fmt.Sprint(oldSecret[:8])[1:20], fmt.Sprintf("%x", oldSecret[:8]), "0x71, 0x37"} {
				if strings.Contains(printed, form) {
					t.Errorf("%s of a %T shows a secret: %s", verb, holder, printed)
				}
			}
		}
	}
	if !strings.Contains(text, "decode-only") {
		t.Errorf("the stage is not printed: %s", text)
	}
}

func TestRingsThatAreRefused(t *testing.T) {
	for want, secrets := range map[string][]keyring.StagedSecret{
		"need a secret":         nil,
		"has 31 bytes":          {{Bytes: oldSecret[:31], Stage: keyring.StagePrimary}},
		"different bytes":       {{Bytes: []byte(strings.Repeat("0123456789a", 3)), Stage: keyring.StagePrimary}},
		"invalid stage 3":       {{Bytes: oldSecret, Stage: keyring.StageRetired + 1}},
		"secret 2 has 0 bytes":  {{Bytes: oldSecret, Stage: keyring.StagePrimary}, {}},
		"0 secrets are primary": {{Bytes: oldSecret}},
	} {
		if keys, err := keyring.NewKeyRing(secrets...); err == nil || keys != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, keys, err)
		}
	}
}

func TestStagesHaveNames(t *testing.T) {
	for stage, want := range map[keyring.Stage]string{
		keyring.StageDecodeOnly: "decode-only", keyring.StagePrimary: "primary", keyring.StageRetired: "retired", keyring.StageRetired + 1: "unknown",
	} {
		if stage.String() != want {
			t.Errorf("%d is %s, want %s", stage, stage, want)
		}
	}
}

func TestSecretsStayOutOfJSON(t *testing.T) {
	keys, err := keyring.NewKeys(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"ring": keys, "copy": *keys, "secret": keyring.StagedSecret{Bytes: oldSecret}})
	if err != nil || string(text) != `{"copy":"[keys]","ring":"[keys]","secret":"[secret]"}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestKeysAreChecked(t *testing.T) {
	good := []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")
	for want, secrets := range map[string][][]byte{
		"keys need a secret": nil,
		"31 bytes":           {good[:31]},
		"different bytes":    {bytes.Repeat([]byte("xyz"), 12)},
		"twice":              {good, good},
	} {
		if _, err := keyring.NewKeys(secrets...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	keys, err := keyring.NewKeys(good)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %x", keys, keys, keys, keys, keys)
	asJSON, _ := json.Marshal(keys)
	if strings.Contains(text+string(asJSON), "kX2v") || strings.Contains(text, "6b58") {
		t.Errorf("keys are printed: %s %s", text, asJSON)
	}
}

func TestKeysFromEnv(t *testing.T) {
	t.Setenv("TEST_KEYS", "")
	if _, err := keyring.KeysFromEnv("TEST_KEYS"); err == nil || !strings.Contains(err.Error(), "TEST_KEYS is not set") {
		t.Errorf("unset: %v", err)
	}
	t.Setenv("TEST_KEYS", "a1gydlRxOFpwTHc0UmZZYjdOc0hjMUptR2Q1RWFVbzk=, TjRoWXg4S2UyVWE2Qm8xRHc5Q3o1TXY3UWkzU2cwSnI")
	if _, err := keyring.KeysFromEnv("TEST_KEYS"); err != nil {
		t.Error(err)
	}
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
