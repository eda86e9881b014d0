package parse

import (
	"go/types"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// known is what is said of a type that everyone knows, beyond what can be read from its
// declaration.
type known struct {
	// encoding is the method by which it is written, where the usual one is not whole.
	encoding string
	// loses is what its methods do not bring back; such a type is refused.
	loses string
	// keep is what to keep in its place.
	keep string
}

// knownTypes are such types, by package path and name.
var knownTypes = map[string]known{
	"math/big.Float": {encoding: "GobEncode"}, // MarshalText rounds to 64 bits
	"regexp.Regexp":  {loses: "whether it was made by CompilePOSIX or Longest", keep: "keep its String as a string"},

	"bytes.Buffer":                    {keep: "keep its Bytes as a []byte"},
	"container/list.List":             {keep: "keep its values in a slice"},
	"container/ring.Ring":             {keep: "keep its values in a slice"},
	"crypto/x509.Certificate":         {keep: "keep its Raw as a []byte"},
	"sync.Map":                        {keep: "keep its entries in a map"},
	"sync.Mutex":                      {keep: "keep what it guards in a struct without it"},
	"sync.RWMutex":                    {keep: "keep what it guards in a struct without it"},
	"sync.Once":                       {keep: "keep a bool that reports whether it was done"},
	"strings.Builder":                 {keep: "keep its String as a string"},
	"sync/atomic.Bool":                {keep: "keep what its Load returns"},
	"sync/atomic.Int32":               {keep: "keep what its Load returns"},
	"sync/atomic.Int64":               {keep: "keep what its Load returns"},
	"sync/atomic.Uint32":              {keep: "keep what its Load returns"},
	"sync/atomic.Uint64":              {keep: "keep what its Load returns"},
	"log/slog.LevelVar":               {keep: "keep its Level as a slog.Level"},
	"time.Location":                   {keep: "keep its String as a string, and read it with time.LoadLocation"},
	"unique.Handle":                   {keep: "keep what its Value returns"},
	"golang.org/x/text/currency.Unit": {keep: "keep its String as a string, and read it with currency.ParseISO"},

	"golang.org/x/oauth2.Token": {
		keep: "keep its AccessToken, TokenType, RefreshToken, Expiry and what you need of Extra in a struct of your own",
	},
	"github.com/coreos/go-oidc/v3/oidc.IDToken": {
		keep: "keep its Issuer, Subject, Expiry and what you need of Claims in a struct of your own, or the raw token as a string",
	},
}

// knownType is what is known of a type.
func knownType(t types.Type) known {
	named, ok := types.Unalias(t).(*types.Named)
	switch {
	case !ok:
		return known{}
	case isError(t):
		return known{keep: "keep its text as a string"}
	case named.Obj().Pkg() == nil:
		return known{}
	}
	return knownTypes[named.Obj().Pkg().Path()+"."+named.Obj().Name()]
}

// keepOf is what to keep in place of a type that cannot be kept.
func (p *parser) keepOf(t types.Type) string {
	if keep := knownType(t).keep; keep != "" {
		return keep
	}
	return "keep what you need of " + p.typeString(t) + " in a struct of your own"
}

// isOwn reports whether a type is declared in the package, or where it is used.
func (p *parser) isOwn(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return !ok || named.Obj().Pkg() == p.src.Types
}

// isProto reports whether a pointer to t is a message of the official library of Protocol
// Buffers.
func isProto(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || types.IsInterface(t) {
		return false
	}
	method := types.NewMethodSet(types.NewPointer(named)).Lookup(nil, "ProtoReflect")
	if method == nil || len(method.Index()) > 1 {
		return false
	}
	signature := method.Obj().Type().(*types.Signature)
	return signature.Params().Len() == 0 && signature.Results().Len() == 1 &&
		model.IsNamed(signature.Results().At(0).Type(), "google.golang.org/protobuf/reflect/protoreflect", "Message")
}

// isNull reports whether t is a struct of exported fields, one of which reports whether the
// others are Valid, as in package sql. It is kept by its fields: what methods write of it is
// often the same for a valid zero value as for none.
func isNull(t types.Type) bool {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	valid := false
	for field := range fields.Fields() {
		if !field.Exported() {
			return false
		}
		basic, ok := field.Type().Underlying().(*types.Basic)
		valid = valid || field.Name() == "Valid" && ok && basic.Kind() == types.Bool ||
			field.Embedded() && isNull(field.Type())
	}
	return valid
}

// uncopyable looks for what must not be copied in a value of t: a lock, or something that
// go vet takes for one. Steps lead to it, though not into what another package hides.
func (p *parser) uncopyable(t types.Type) (steps string, found types.Type, is bool) {
	if isLock(t) {
		return "", t, true
	}
	switch underlying := t.Underlying().(type) {
	case *types.Array:
		steps, found, is := p.uncopyable(underlying.Elem())
		return "[]" + steps, found, is
	case *types.Struct:
		for field := range underlying.Fields() {
			steps, found, is := p.uncopyable(field.Type())
			switch {
			case !is:
			case isMark(found), !field.Exported() && !p.isOwn(t):
				return "", t, true
			default:
				return "." + field.Name() + steps, found, true
			}
		}
	}
	return "", nil, false
}

// isMark reports whether a type only marks the struct around it as one that must not be
// copied.
func isMark(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && strings.EqualFold(named.Obj().Name(), "noCopy") || isEmpty(t)
}

// isLock reports whether pointers to a type have methods Lock and Unlock, and its values
// have not.
func isLock(t types.Type) bool {
	if _, named := types.Unalias(t).(*types.Named); !named || types.IsInterface(t) {
		return false
	}
	byPointer, byValue := types.NewMethodSet(types.NewPointer(t)), types.NewMethodSet(t)
	for _, name := range []string{"Lock", "Unlock"} {
		method := byPointer.Lookup(nil, name)
		if method == nil || len(method.Index()) > 1 || byValue.Lookup(nil, name) != nil {
			return false
		}
		if s := method.Obj().Type().(*types.Signature); s.Params().Len() > 0 || s.Results().Len() > 0 {
			return false
		}
	}
	return true
}

// mustNotBeCopied refuses a lock that is in a type, or the type itself.
func (p *parser) mustNotBeCopied(lock types.Type) string {
	return p.typeString(lock) + " must not be copied after first use, as the value of a field is"
}

// withoutLock is what to keep in place of a type that is, or holds, a lock.
func (p *parser) withoutLock(t, lock types.Type) string {
	for _, t := range []types.Type{t, lock} {
		if keep := knownType(t).keep; keep != "" {
			return keep
		}
	}
	if p.isOwn(t) {
		return "keep what it guards in a struct without it"
	}
	return p.keepOf(t)
}
