package runtime

import "github.com/sessiongen/sessiongen/runtime/keyring"

// Keys is a ring of secrets for signed and encrypted cookies, and for sealed sessions. It is
// safe for several goroutines. Package
// [github.com/sessiongen/sessiongen/runtime/keyring] makes one whose secrets have stages.
type Keys = keyring.Keys

// NewKeys makes a ring of secrets, each of at least 32 random bytes. The first one protects
// new cookies; the others still open older ones: NewKeys(newest, older). NewKeys refuses
// secrets that are short, repeated or plainly not random.
func NewKeys(secrets ...[]byte) (*Keys, error) { return keyring.NewKeys(secrets...) }

// KeysFromFile reads secrets from a file, as [keyring.KeysFromFile] does. A missing file is
// created with a random secret, readable by its owner alone.
func KeysFromFile(path string) (*Keys, error) { return keyring.KeysFromFile(path) }

// KeysFromEnv reads secrets from an environment variable, as [keyring.KeysFromEnv] does.
func KeysFromEnv(name string) (*Keys, error) { return keyring.KeysFromEnv(name) }
