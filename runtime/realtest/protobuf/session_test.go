package protobuf_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
)

// oneRecord is a store that holds a single record, whatever the ID.
type oneRecord struct {
	runtime.Store
	record runtime.Record
}

func (s *oneRecord) Load(context.Context, runtime.ID) (runtime.Record, error) { return s.record, nil }

func (s *oneRecord) Create(_ context.Context, _ runtime.ID, rec runtime.Record, _ runtime.TTL) error {
	s.record = rec
	return nil
}

func (s *oneRecord) Update(_ context.Context, _ runtime.ID, _ runtime.Rev, rec runtime.Record, _ runtime.TTL) error {
	s.record = rec
	return nil
}

// site is the schema's manager on such a store.
type site struct {
	store   oneRecord
	manager *everykind.KindsManager
	events  []runtime.Event
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := new(site)
	var err error
	s.manager, err = everykind.NewKindsManager(&s.store,
		runtime.WithClock(func() time.Time { return time.UnixMilli(1_800_000_000_000) }),
		runtime.WithMaxSize(64<<20),      // the bounds of a field are lower
		runtime.WithTimeout(time.Minute), // how fast the machine is makes no difference
		runtime.WithEvents(func(_ context.Context, e runtime.Event) { s.events = append(s.events, e) }))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// token is the cookie of a session whose ID and secret are zeros.
var token = base64.RawURLEncoding.EncodeToString(make([]byte, 48))

// label and key are those of that session, by their definition.
var (
	label = sha256.Sum256([]byte("\x10sessiongen label\x00\x05kinds\x06secure\x00"))
	key   = sha256.Sum256(append(label[:16:16], make([]byte, 32)...))
)

// put makes data the fields of the session that token opens.
func (s *site) put(data []byte) {
	record := protowire.AppendTag(nil, 1, protowire.BytesType)
	record = protowire.AppendBytes(record, label[:16])
	record = protowire.AppendTag(record, 2, protowire.BytesType)
	record = protowire.AppendBytes(record, key[:])
	s.store.record = runtime.Record{
		Rev: runtime.Rev{1}, Data: string(append(record, data...)), Idle: 30 * time.Minute, Life: 12 * time.Hour,
	}
	s.events = nil
}

// visit makes a request that has to be answered.
func (s *site) visit(t testing.TB, handler func(v *everykind.Kinds)) {
	t.Helper()
	if recorder := s.serve(handler); recorder.Code != http.StatusOK {
		t.Fatalf("status %d: %v", recorder.Code, s.events)
	}
}

// serve makes a request.
func (s *site) serve(handler func(v *everykind.Kinds)) *httptest.ResponseRecorder {
	request := httptest.NewRequest("GET", "https://shop.example/", nil)
	request.AddCookie(&http.Cookie{Name: "__Host-kinds", Value: token})
	recorder := httptest.NewRecorder()
	s.manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handler(everykind.KindsFrom(r.Context()))
	})).ServeHTTP(recorder, request)
	return recorder
}

// get calls the getter of a field, and the method that reports whether it is set.
func get(v *everykind.Kinds, field reflect.StructField) (value reflect.Value, set bool) {
	methods := reflect.ValueOf(v)
	value = methods.MethodByName(field.Name).Call(nil)[0]
	return value, methods.MethodByName("Has" + field.Name).Call(nil)[0].Bool()
}

// A record that a session has written is a message of the .proto file down to
// the last byte, and so is one that a program without our runtime adds to.
func TestRecordOfASession(t *testing.T) {
	message := descriptor(t)
	random := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		s := newSite(t)
		values := randomValues(random)
		s.put(nil)
		s.visit(t, func(v *everykind.Kinds) {
			for _, field := range schemaFields() {
				reflect.ValueOf(v).MethodByName("Set" + field.Name).Call([]reflect.Value{valueOf(values, field)})
			}
		})
		theirs := dynamicpb.NewMessage(message)
		if err := proto.Unmarshal([]byte(s.store.record.Data), theirs); err != nil {
			t.Fatal(err)
		}
		if len(theirs.GetUnknown()) > 0 {
			t.Fatal("the record has entries that the .proto file does not know")
		}
		written := theirs.Get(message.Fields().ByName("session_written")).Uint()
		got := theirs.Get(message.Fields().ByName("session_keys")).Bytes()
		if written != 1_800_000_000_000 || string(got) != string(key[:]) {
			t.Errorf("the runtime's own fields: written %d, key %x", written, got)
		}

		// Another program changes one field and adds one that we do not know.
		theirs.Set(message.Fields().ByName("string"), protoreflect.ValueOfString("theirs"))
		theirs.SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 200_000, protowire.BytesType), "unknown"))
		rewritten, err := proto.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		s.store.record.Data = string(rewritten)
		s.visit(t, func(v *everykind.Kinds) {
			for _, field := range schemaFields() {
				got, set := get(v, field)
				want := valueOf(values, field)
				if field.Name == "String" {
					want = reflect.ValueOf("theirs")
				}
				if show(got) != show(want) {
					t.Errorf("%s is %s, want %s", field.Name, show(got), show(want))
				}
				if absent := isCollection(want); set == absent {
					t.Errorf("Has%s is %v", field.Name, set)
				}
			}
			v.SetInt(4711)
		})
		if !strings.Contains(s.store.record.Data, "unknown") {
			t.Error("an unknown field was lost")
		}
		if len(s.events) > 0 {
			t.Errorf("events: %v", s.events)
		}
	}
}

// isCollection says whether a value is as absent as no value.
func isCollection(v reflect.Value) bool {
	switch {
	case isRepeated(v.Type()) && v.Kind() != reflect.Array:
		return v.Len() == 0
	case formOf(v.Type()) != plain:
		return false
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Slice:
		return v.IsNil()
	}
	return false
}

// A function given to Update may change what is in a struct, and runs once more when
// another goroutine of the request has been faster.
func TestUpdateInPlaceOfWhatIsInAStructIsAppliedOnce(t *testing.T) {
	s := newSite(t)
	s.put(nil)
	s.visit(t, func(v *everykind.Kinds) {
		v.SetTree(everykind.Tree{Children: []everykind.Tree{{}}})
		v.SetIP(net.IP{10, 0, 0, 0})
		runs := 0
		v.UpdateTree(func(tree everykind.Tree) everykind.Tree {
			if runs++; runs == 1 {
				v.UpdateTree(func(tree everykind.Tree) everykind.Tree { tree.Children[0].Value++; return tree })
			}
			tree.Children[0].Value++
			return tree
		})
		v.UpdateIP(func(ip net.IP) net.IP {
			if runs++; runs == 3 {
				v.UpdateIP(func(ip net.IP) net.IP { ip[3]++; return ip })
			}
			ip[3]++
			return ip
		})
		if value, last := v.Tree().Children[0].Value, v.IP()[3]; value != 2 || last != 2 || runs != 4 {
			t.Errorf("after two increments of each: %d and %d, in %d runs", value, last, runs)
		}
	})
}
