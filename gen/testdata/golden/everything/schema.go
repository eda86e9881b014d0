// Command everything keeps values of every type that a session can hold, at the
// top, in a struct, and in containers of that struct, and reads them back in
// another request.
package main

import (
	"database/sql"
	"encoding/json"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/everything/ids"
)

// everything has, of each kind that is one entry, the value itself (ID), a
// pointer (PID), a slice (SID), a slice of pointers (SPID), an array (AID), maps of
// values and pointers (MID, MPID) and one by it (KID); then what is nested deeper.
type everything struct {
	_ struct{} `session:"idle=1h"`

	Inside Inside              `session:"inside"`
	Behind *Inside             `session:"behind"`
	Among  map[string][]Inside `session:"among"`
	None   [2]Nothing          `session:"none"`

	Flag       bool                        `session:"flag"`
	Int        int                         `session:"int"`
	Uint       uint16                      `session:"uint"`
	Half       float32                     `session:"half"`
	Float      float64                     `session:"float"`
	Pair       complex64                   `session:"pair"`
	Complex    complex128                  `session:"complex"`
	Data       []byte                      `session:"data"`
	Hash       [4]byte                     `session:"hash"`
	When       time.Time                   `session:"when"`
	Span       time.Duration               `session:"span"`
	Addr       netip.Addr                  `session:"addr"`
	Port       netip.AddrPort              `session:"port"`
	Net        netip.Prefix                `session:"net"`
	IP         net.IP                      `session:"ip"`
	Site       url.URL                     `session:"site"`
	Big        big.Int                     `session:"big"`
	ID         ids.ID                      `session:"id"`
	UUID       UUID                        `session:"uuid"`
	Label      ids.Label                   `session:"label"`
	Tags       ids.Set                     `session:"tags"`
	Level      slog.Level                  `session:"level"`
	Raw        json.RawMessage             `session:"raw"`
	Null       sql.NullString              `session:"null"`
	NullTime   sql.Null[time.Time]         `session:"null_time"`
	Point      Point                       `session:"point"`
	Color      Color                       `session:"color"`
	Moment     Moment                      `session:"moment"`
	PPoint     *Point                      `session:"p_point"`
	SPoint     []Point                     `session:"s_point"`
	SPPoint    []*Point                    `session:"sp_point"`
	APoint     [2]Point                    `session:"a_point"`
	MPoint     map[string]Point            `session:"m_point"`
	MPPoint    map[int]*Point              `session:"mp_point"`
	KPoint     map[Place]int               `session:"k_point"`
	PInt       *int                        `session:"p_int"`
	PHalf      *float32                    `session:"p_half"`
	PColor     *Color                      `session:"p_color"`
	PHash      *[4]byte                    `session:"p_hash"`
	PAddr      *netip.Addr                 `session:"p_addr"`
	PSite      *url.URL                    `session:"p_site"`
	PBig       *big.Int                    `session:"p_big"`
	AInt       [2]int                      `session:"a_int"`
	AHalf      [2]float32                  `session:"a_half"`
	AColor     [2]Color                    `session:"a_color"`
	AHash      [2][4]byte                  `session:"a_hash"`
	AAddr      [2]netip.Addr               `session:"a_addr"`
	ASite      [2]url.URL                  `session:"a_site"`
	ABig       [2]big.Int                  `session:"a_big"`
	Strings    [][]string                  `session:"strings"`
	Cube       [][][]int8                  `session:"cube"`
	Matrix     [2][3]float64               `session:"matrix"`
	Lists      [2][]string                 `session:"lists"`
	Rows       [][2]Point                  `session:"rows"`
	Maps       []map[string]int            `session:"maps"`
	Groups     map[string][]int            `session:"groups"`
	Tables     map[string]map[string]bool  `session:"tables"`
	Points     map[Color]map[UUID][]*Point `session:"points"`
	PStrings   *[]string                   `session:"p_strings"`
	PMap       *map[string]int             `session:"p_map"`
	PArray     *[2]string                  `session:"p_array"`
	PInts      *[3]int                     `session:"p_ints"`
	SPStrings  []*[]string                 `session:"sp_strings"`
	MPStrings  map[string]*[]string        `session:"mp_strings"`
	MPArray    map[string]*[2]*Point       `session:"mp_array"`
	MArray     map[string][2][]int         `session:"m_array"`
	Wrapped    [2]*[]string                `session:"wrapped"`
	Hashes     [][][4]byte                 `session:"hashes"`
	Box        Box[int]                    `session:"box"`
	Boxes      []Box[string]               `session:"boxes"`
	BoxPoint   *Box[Point]                 `session:"box_point"`
	BoxSlice   Box[[]string]               `session:"box_slice"`
	BoxPointer Box[*Point]                 `session:"box_pointer"`
	BoxBox     Box[Box[ids.ID]]            `session:"box_box"`
	List       List[int]                   `session:"list"`
	ListOf     List[List[string]]          `session:"list_of"`
	Table      Table[string, Point]        `session:"table"`
	Entry      Entry[UUID, []Point]        `session:"entry"`
	Alias      Alias                       `session:"alias"`
	AliasBox   IntBox                      `session:"alias_box"`
	AliasMap   StringMap[int]              `session:"alias_map"`
	Any        any                         `session:"any,json"`
	Object     map[string]any              `session:"object,json"`
	Settings   Settings                    `session:"settings,json"`
	PSettings  *Settings                   `session:"p_settings,json"`
	Anonymous  struct {
		A int `json:"a"`
		B map[string]any
	} `session:"anonymous,json"`
}

// Inside has the same in a struct, where zero values are left out.
type Inside struct {
	Flag       bool
	Int        int
	Uint       uint16
	Half       float32
	Float      float64
	Pair       complex64
	Complex    complex128
	Data       []byte
	Hash       [4]byte
	When       time.Time
	Span       time.Duration
	Addr       netip.Addr
	Port       netip.AddrPort
	Net        netip.Prefix
	IP         net.IP
	Site       url.URL
	Big        big.Int
	ID         ids.ID
	UUID       UUID
	Label      ids.Label
	Tags       ids.Set
	Level      slog.Level
	Raw        json.RawMessage
	Null       sql.NullString
	NullTime   sql.Null[time.Time]
	Point      Point
	Color      Color
	Moment     Moment
	PFlag      *bool
	PInt       *int
	PHalf      *float32
	PComplex   *complex128
	PColor     *Color
	PHash      *[4]byte
	PMoment    *Moment
	PAddr      *netip.Addr
	PIP        *net.IP
	PSite      *url.URL
	PBig       *big.Int
	PPoint     *Point
	SFlag      []bool
	SInt       []int
	SHalf      []float32
	SComplex   []complex128
	SColor     []Color
	SHash      [][4]byte
	SMoment    []Moment
	SAddr      []netip.Addr
	SIP        []net.IP
	SSite      []url.URL
	SBig       []big.Int
	SPoint     []Point
	SPFlag     []*bool
	SPInt      []*int
	SPHalf     []*float32
	SPComplex  []*complex128
	SPColor    []*Color
	SPHash     []*[4]byte
	SPMoment   []*Moment
	SPAddr     []*netip.Addr
	SPIP       []*net.IP
	SPSite     []*url.URL
	SPBig      []*big.Int
	SPPoint    []*Point
	AFlag      [2]bool
	AInt       [2]int
	AHalf      [2]float32
	AComplex   [2]complex128
	AColor     [2]Color
	AHash      [2][4]byte
	AMoment    [2]Moment
	AAddr      [2]netip.Addr
	AIP        [2]net.IP
	ASite      [2]url.URL
	ABig       [2]big.Int
	APoint     [2]Point
	MFlag      map[string]bool
	MInt       map[string]int
	MHalf      map[string]float32
	MComplex   map[string]complex128
	MColor     map[string]Color
	MHash      map[string][4]byte
	MMoment    map[string]Moment
	MAddr      map[string]netip.Addr
	MIP        map[string]net.IP
	MSite      map[string]url.URL
	MBig       map[string]big.Int
	MPoint     map[string]Point
	MPFlag     map[int]*bool
	MPInt      map[int]*int
	MPHalf     map[int]*float32
	MPComplex  map[int]*complex128
	MPColor    map[int]*Color
	MPHash     map[int]*[4]byte
	MPMoment   map[int]*Moment
	MPAddr     map[int]*netip.Addr
	MPIP       map[int]*net.IP
	MPSite     map[int]*url.URL
	MPBig      map[int]*big.Int
	MPPoint    map[int]*Point
	KFlag      map[bool]int
	KInt       map[int]int
	KHalf      map[float32]int
	KComplex   map[complex128]int
	KColor     map[Color]int
	KHash      map[[4]byte]int
	KMoment    map[Moment]int
	KAddr      map[netip.Addr]int
	KPoint     map[Place]int
	Strings    [][]string
	Cube       [][][]int8
	Matrix     [2][3]float64
	Lists      [2][]string
	Rows       [][2]Point
	Maps       []map[string]int
	Groups     map[string][]int
	Tables     map[string]map[string]bool
	Points     map[Color]map[UUID][]*Point
	PStrings   *[]string
	PMap       *map[string]int
	PArray     *[2]string
	PInts      *[3]int
	SPStrings  []*[]string
	MPStrings  map[string]*[]string
	MPArray    map[string]*[2]*Point
	MArray     map[string][2][]int
	Wrapped    [2]*[]string
	Hashes     [][][4]byte
	Box        Box[int]
	Boxes      []Box[string]
	BoxPoint   *Box[Point]
	BoxSlice   Box[[]string]
	BoxPointer Box[*Point]
	BoxBox     Box[Box[ids.ID]]
	List       List[int]
	ListOf     List[List[string]]
	Table      Table[string, Point]
	Entry      Entry[UUID, []Point]
	Alias      Alias
	AliasBox   IntBox
	AliasMap   StringMap[int]
	Any        any            `session:",json"`
	Object     map[string]any `session:",json"`
	Settings   Settings       `session:",json"`
	PSettings  *Settings      `session:",json"`
	Anonymous  struct {
		A int `json:"a"`
		B map[string]any
	} `session:",json"`
}

// Point has a field that is not kept.
type Point struct {
	X, Y float64
	Note *string
	Lost string `json:"-"`
}

// Place can be a key.
type Place struct {
	X, Y float32
	Name string
}

// Settings are kept as JSON.
type Settings struct {
	Dark  bool `json:"dark"`
	Size  *int
	Extra map[string]any
}

// Nothing has no field that is kept.
type Nothing struct{}

// UUID says nothing about how it is written.
type UUID [16]byte

// Color is a string of another type.
type Color string

// Moment is a time of another type.
type Moment time.Time

// Box holds one value.
type Box[T any] struct {
	Value T
	Rest  []T
}

// List holds many values.
type List[T any] []T

// Table finds values.
type Table[K comparable, V any] map[K]V

// Entry is a pair.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// Names for types that have other ones.
type (
	Alias            = map[string][]string
	IntBox           = Box[int]
	StringMap[T any] = map[string]T
)
