// Package everykind is for the runtime's tests: it is a schema with a field for every kind of type
// that a session can hold, and every way to put one into another. The tests in realtest/protobuf
// compare its records with the official Protocol Buffers library, read hostile bytes, and read
// the records that earlier versions wrote.
package everykind

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

//go:generate go run ../../../cmd/sessiongen

type kinds struct {
	_ struct{} `session:"idle=30m,lifetime=12h"`

	// One entry each.
	Bool       bool            `session:"bool"`
	Int        int             `session:"int"`
	Int8       int8            `session:"int8"`
	Int16      int16           `session:"int16"`
	Int32      int32           `session:"int32"`
	Int64      int64           `session:"int64"`
	Uint       uint            `session:"uint"`
	Uint8      uint8           `session:"uint8"`
	Uint16     uint16          `session:"uint16"`
	Uint32     uint32          `session:"uint32"`
	Uint64     uint64          `session:"uint64"`
	Float32    float32         `session:"float32"`
	Float64    float64         `session:"float64"`
	Complex64  complex64       `session:"complex64"`
	Complex128 complex128      `session:"complex128"`
	String     string          `session:"string"`
	Bytes      []byte          `session:"bytes"`
	Hash       [16]byte        `session:"hash"`
	Time       time.Time       `session:"time"`
	Duration   time.Duration   `session:"duration"`
	Level      Level           `session:"level"`
	Label      Label           `session:"label"`
	Stamp      Stamp           `session:"stamp"`
	Timeout    Timeout         `session:"timeout"`
	Blob       Blob            `session:"blob"`
	Address    netip.Addr      `session:"address"`
	IP         net.IP          `session:"ip"`
	Link       url.URL         `session:"link"`
	Big        big.Int         `session:"big"`
	UUID       UUID            `session:"uuid"`
	Raw        json.RawMessage `session:"raw"`
	Null       sql.NullString  `session:"null"`
	Anything   map[string]any  `session:"anything,json"`
	Item       Item            `session:"item"`

	// There or not.
	BoolPointer    *bool            `session:"bool_pointer"`
	IntPointer     *int             `session:"int_pointer"`
	FloatPointer   *float32         `session:"float_pointer"`
	StringPointer  *string          `session:"string_pointer"`
	TimePointer    *time.Time       `session:"time_pointer"`
	BytesPointer   *[]byte          `session:"bytes_pointer"`
	HashPointer    *[16]byte        `session:"hash_pointer"`
	ItemPointer    *Item            `session:"item_pointer"`
	BigPointer     *big.Int         `session:"big_pointer"`
	AddressPointer *netip.Addr      `session:"address_pointer"`
	ListPointer    *[]string        `session:"list_pointer"`
	PackedPointer  *[]int           `session:"packed_pointer"`
	ArrayPointer   *[2]int          `session:"array_pointer"`
	MapPointer     *map[string]int  `session:"map_pointer"`
	ComplexPointer *complex128      `session:"complex_pointer"`
	LinkPointer    *url.URL         `session:"link_pointer"`
	WaitPointer    *time.Duration   `session:"wait_pointer"`
	NullPointer    *sql.NullFloat64 `session:"null_pointer"`

	// Any number of entries, or one that packs them.
	Bools       []bool           `session:"bools"`
	Ints        []int            `session:"ints"`
	Int8s       []int8           `session:"int8s"`
	Uint64s     []uint64         `session:"uint64s"`
	Float32s    []float32        `session:"float32s"`
	Float64s    []float64        `session:"float64s"`
	Levels      []Level          `session:"levels"`
	Complexes   []complex64      `session:"complexes"`
	Strings     []string         `session:"strings"`
	Labels      Labels           `session:"labels"`
	Blobs       [][]byte         `session:"blobs"`
	Hashes      [][4]byte        `session:"hashes"`
	Times       []time.Time      `session:"times"`
	Durations   []time.Duration  `session:"durations"`
	Addresses   []netip.Addr     `session:"addresses"`
	IPs         []net.IP         `session:"ips"`
	Bigs        []big.Int        `session:"bigs"`
	BigPointers []*big.Int       `session:"big_pointers"`
	Items       []Item           `session:"items"`
	ItemsOrNil  []*Item          `session:"items_or_nil"`
	IntsOrNil   []*int           `session:"ints_or_nil"`
	ListsOrNil  []*[]int         `session:"lists_or_nil"`
	Matrix      [][]int          `session:"matrix"`
	Tables      [][][]string     `session:"tables"`
	Pairs       [][2]int         `session:"pairs"`
	Maps        []map[string]int `session:"maps"`

	Three    [3]int       `session:"three"`
	Flags    [4]bool      `session:"flags"`
	Names    [2]string    `session:"names"`
	TwoItems [2]Item      `session:"two_items"`
	Square   [2][2]int8   `session:"square"`
	TwoOrNil [2]*string   `session:"two_or_nil"`
	TwoTimes [2]time.Time `session:"two_times"`
	TwoMaps  [2]StringMap `session:"two_maps"`

	StringMap      StringMap                   `session:"string_map"`
	IntMap         map[int]int                 `session:"int_map"`
	UintMap        map[uint8]bool              `session:"uint_map"`
	BoolMap        map[bool]string             `session:"bool_map"`
	FloatMap       map[float64]string          `session:"float_map"`
	LabelMap       map[Label]Item              `session:"label_map"`
	TimeMap        map[time.Time]int           `session:"time_map"`
	DurationMap    map[time.Duration]float32   `session:"duration_map"`
	HashMap        map[[2]byte]string          `session:"hash_map"`
	PointMap       map[Point]string            `session:"point_map"`
	AddressMap     map[netip.Addr]string       `session:"address_map"`
	UUIDMap        map[UUID]Item               `session:"uuid_map"`
	ComplexMap     map[complex128]uint         `session:"complex_map"`
	BytesMap       map[string][]byte           `session:"bytes_map"`
	ListMap        map[string][]int            `session:"list_map"`
	StringsMap     map[string][]string         `session:"strings_map"`
	ArrayMap       map[string][2]int           `session:"array_map"`
	MapMap         map[string]map[string][]int `session:"map_map"`
	IntOrNilMap    map[string]*int             `session:"int_or_nil_map"`
	ItemOrNilMap   map[string]*Item            `session:"item_or_nil_map"`
	ListOrNilMap   map[string]*[]int           `session:"list_or_nil_map"`
	PointOrNilMap  map[Point]*Item             `session:"point_or_nil_map"`
	TimeOfStamps   map[string]time.Time        `session:"time_of_stamps"`
	BigMap         map[string]big.Int          `session:"big_map"`
	AnythingByName map[string]Any              `session:"anything_by_name"`

	// Structs of structs.
	Nested    Nested            `session:"nested"`
	NestedPtr *Nested           `session:"nested_ptr"`
	Tree      Tree              `session:"tree"`
	TreePtr   *Tree             `session:"tree_ptr"`
	Box       Box[int]          `session:"box"`
	ListBox   Box[[]string]     `session:"list_box"`
	Pair      Pair[Label, Item] `session:"pair"`
	Around    Around            `session:"around"`
	Keeper    Keeper            `session:"keeper"`
	Keepers   []Keeper          `session:"keepers"`
	Alias     Alias             `session:"alias"`
	Empty     Empty             `session:"empty"`
	Empties   []Empty           `session:"empties"`
}

// Types that are declared over others.
type (
	Level     int8
	Label     string
	Stamp     time.Time
	Timeout   time.Duration
	Blob      []byte
	Labels    []Label
	StringMap map[string]string
	Alias     = []Box[Label]
)

// Item is a plain struct.
type Item struct {
	SKU   string  `session:"sku"`
	Count int     `session:"count"`
	Price float64 `json:"price,omitempty"`
	Notes []string
	//lint:ignore U1000 it is here to be left out
	cache int `session:"-"`
	Other any `json:"-"`
}

// Point can be the key of a map.
type Point struct{ X, Y int }

// Empty has nothing to write.
type Empty struct{}

// Any holds what only JSON can.
type Any struct {
	Value any `session:"value,json"`
}

// Tree contains itself in every way.
type Tree struct {
	Value       int
	Left, Right *Tree
	Children    []Tree
	Named       map[string]Tree
	Others      []*Tree
}

// Box and Pair are generic.
type (
	Box[T any]                struct{ Content T }
	Pair[K comparable, V any] struct {
		Key   K
		Value V
		All   map[K]V
	}
)

// Around has embedded types.
type Around struct {
	Item
	*Point
	Label
	Inner Point
}

// Keeper keeps what others have written into it.
type Keeper struct {
	Name string
	Rest runtime.Unknown
}
