package everykind

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/sessiongen/sessiongen/runtime/engine"
)

// Nested has a field of each kind inside of a struct, where a zero is left out.
type Nested struct {
	Bool     bool
	Int      int
	Uint     uint16
	Float32  float32
	Float64  float64
	Complex  complex128
	String   string
	Bytes    []byte
	Hash     [4]byte
	Time     time.Time
	Duration time.Duration
	Level    Level
	Label    Label
	Stamp    Stamp
	Address  netip.Addr
	IP       net.IP
	Link     url.URL
	Big      big.Int
	UUID     UUID
	Raw      json.RawMessage
	Null     sql.NullTime
	Anything any `session:"anything,json"`
	Item     Item

	BoolPointer    *bool
	IntPointer     *int
	StringPointer  *string
	TimePointer    *time.Time
	BytesPointer   *[]byte
	ItemPointer    *Item
	BigPointer     *big.Int
	AddressPointer *netip.Addr
	ListPointer    *[]string
	PackedPointer  *[]int8
	ArrayPointer   *[2]int
	MapPointer     *map[string]int

	Ints       []int
	Uints      []uint32
	Floats     []float64
	Bools      []bool
	Strings    []string
	Blobs      [][]byte
	Times      []time.Time
	Addresses  []netip.Addr
	Items      []Item
	ItemsOrNil []*Item
	Matrix     [][]int
	Tables     [][][]string
	Maps       []map[string]int

	Three    [3]int
	Names    [2]string
	TwoItems [2]Item
	Square   [2][2]float32
	TwoOrNil [2]*int

	StringMap   map[string]string
	IntMap      map[int8]Item
	FloatMap    map[float32]int
	PointMap    map[Point]Point
	ListMap     map[string][]int
	MapMap      map[string]map[bool]string
	IntOrNilMap map[string]*int
}

// UUID is written in its own binary form.
type UUID [16]byte

// MarshalBinary makes 16 bytes.
func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }

// UnmarshalBinary reads 16 bytes.
func (u *UUID) UnmarshalBinary(b []byte) error {
	if len(b) != len(u) {
		return errors.New("not 16 bytes")
	}
	copy(u[:], b)
	return nil
}

// MarshalText is not used, because there is a binary form.
func (u UUID) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(u[:])), nil }

// UnmarshalText is not used either.
func (u *UUID) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil {
		return err
	}
	return u.UnmarshalBinary(b)
}

// Values is the schema struct, and CodecOf what is generated to read and write it.
type Values = kinds

// CodecOf reads and writes the fields of values.
func CodecOf(values *Values) engine.Codec { return kindsCodec{values} }

// Schema is what the runtime knows of the schema.
func Schema() *engine.Schema { return &kindsSchema }
