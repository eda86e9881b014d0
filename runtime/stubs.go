package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

type (
	Session            struct{}
	FieldState         struct{}
	CookieState        struct{}
	Info               struct{}
	Manager            struct{}
	Option             func()
	CookieDescriptor   interface{ index() int }
	CookieField[T any] struct {
		Index   int
		Options CookieOptions
		Text    Text[T]
		Default T
	}
	Cookie[T any] struct{}
)

func (f *CookieField[T]) index() int { return f.Index }

func (s *Session) Bind(self any, codec Codec, fields []FieldState, cookies []CookieState) *Session {
	return s
}
func (s *Session) Info() Info                                                         { panic("") }
func (s *Session) Renew()                                                             {}
func (s *Session) Destroy()                                                           {}
func (s *Session) Remember(bool)                                                      {}
func (s *Session) RevokeOthers()                                                      {}
func (s *Session) Commit(ctx context.Context) error                                   { panic("") }
func (s *Session) Format(state fmt.State, verb rune)                                  {}
func (s *Session) LogValue() slog.Value                                               { panic("") }
func (s *Session) MarshalJSON() ([]byte, error)                                       { panic("") }
func NewManager(schema *Schema, store Store, options ...Option) (*Manager, error)     { panic("") }
func From[T any](ctx context.Context, schema *Schema) *T                              { panic("") }
func Lookup[T any](ctx context.Context) (*T, bool)                                    { panic("") }
func Load[T any](m *Manager, w http.ResponseWriter, r *http.Request) (*T, error)      { panic("") }
func (m *Manager) Middleware(next http.Handler) http.Handler                          { panic("") }
func (m *Manager) Revoke(ctx context.Context, id ID) error                            { panic("") }
func (m *Manager) Close() error                                                       { panic("") }
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]Info, error) { panic("") }
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error)  { panic("") }
func BindCookie[T any](m *Manager, f *CookieField[T]) Cookie[T]                       { panic("") }

func Get[T any](s *Session, field int, p *T) T                    { panic("") }
func Live[T any](s *Session, field int, p *T) T                   { panic("") }
func Set[T any](s *Session, field int, p *T, value T)             {}
func Has(s *Session, field int) bool                              { panic("") }
func Clear(s *Session, field int)                                 {}
func Update[T any](s *Session, field int, p *T, change func(T) T) {}
func Add[T SignedInteger | UnsignedInteger | ~float32 | ~float64](s *Session, field int, p *T, delta T) {
}
func Append[S ~[]E, E any](s *Session, field int, p *S, values ...E)                   {}
func Put[M ~map[K]V, K comparable, V any](s *Session, field int, p *M, key K, value V) {}
func Remove[M ~map[K]V, K comparable, V any](s *Session, field int, p *M, key K)       {}
func Take[T any](s *Session, field int, p *T) (T, bool)                                { panic("") }
func GetCookie[T any](s *Session, f *CookieField[T], p *T) T                           { panic("") }
func SetCookie[T any](s *Session, f *CookieField[T], p *T, value T)                    {}
func HasCookie[T any](s *Session, f *CookieField[T], p *T) bool                        { panic("") }
func ClearCookie[T any](s *Session, f *CookieField[T], p *T)                           {}
