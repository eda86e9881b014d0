// Package keyring is for applications that manage the secrets of their signed and encrypted
// cookies themselves: the stages of a secret's life, secrets from a file or the environment,
// and the cipher behind encrypted cookies and sealed sessions. An application with one or two
// secrets needs only runtime.NewKeys.
//
// Of sessiongen's packages it imports cookie and internal/scratch alone.
package keyring
