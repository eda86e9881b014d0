package model

import "github.com/sessiongen/sessiongen/runtime/wire"

// Kind is how a type is written. All that differs from one kind to the next without
// regard to a type's parts stands in the kind's row: see [Facts].
type Kind uint8

// The kinds of types that a session can hold, in two groups. A value of a single
// kind is one entry of a message. A value of a repeated kind is any number of
// entries: where there is room for one only (an element of a slice, the value of
// a map's entry, behind a pointer), it is wrapped in a message, as its field 1.
const (
	Bool     Kind = iota
	Int           // sint64
	Uint          // uint64
	Float         // float or double
	Complex       // a message of two doubles, real and imaginary
	String        // string
	Bytes         // bytes, of []byte and arrays of bytes
	Binary        // bytes, made by MarshalBinary
	Text          // string, made by MarshalText
	Gob           // bytes, made by GobEncode
	Proto         // bytes, made by the official library of Protocol Buffers
	JSON          // bytes, made by encoding/json
	Time          // google.protobuf.Timestamp
	Duration      // google.protobuf.Duration
	Message       // a struct

	Slice   // repeated: packed for Bool, Int, Uint and Float
	Array   // as Slice, with exactly as many elements
	Map     // repeated messages of key 1 and value 2, by ascending key
	Pointer // what it points to, even if that is zero; absent if nil

	kindCount
)

// Shape is which parts a type of a kind has. What goes through the parts of a type
// switches over its shape.
type Shape uint8

// The shapes.
const (
	Scalar   Shape = iota // no parts
	Record                // the fields of a Struct
	List                  // Elem, any number of times
	Table                 // Key and Elem, any number of times
	Optional              // Elem or nothing
)

// Wire is the wire type of an entry, by its number in Protocol Buffers.
type Wire = wire.Type

// The wire types that records have.
const (
	Varint  = wire.TypeVarint
	Fixed64 = wire.TypeFixed64
	Len     = wire.TypeBytes
	Fixed32 = wire.TypeFixed32
)

// Find is whether sessions can be found by values of a kind.
type Find uint8

// Sessions are found by single values.
const (
	NotFound          Find = iota
	Found                  // by values of every type
	FoundIfComparable      // by those that Go can compare; a zero value need not look so on the wire
)

// Absence is which values of a kind are not written at all.
type Absence uint8

// What is absent from a record.
const (
	NeverAbsent   Absence = iota
	AbsentIfNil           // nil, if the Go type has it
	AbsentIfEmpty         // nil, or without elements
)

// Zero is how generated code tells a zero value.
type Zero uint8

// The ways to tell that a value is zero.
const (
	ZeroByValue    Zero = iota // it equals the zero value
	ZeroByFunction             // Facts.ZeroFunction says so
	ZeroByMethod               // its method IsZero says so
	ZeroByLength               // its length is 0, if it has one
	ZeroByNil                  // it is nil, if it can be
	ZeroByAbsence              // nothing is written anyway
)

// Memory is whether a copy of a value shares memory with it.
type Memory uint8

// Where the memory of a value may be.
const (
	Unshared      Memory = iota
	Shared               // a copy leads to the same memory
	SharedByGo           // if the Go type has a pointer in it
	SharedByParts        // if a part is
)

// Change is a way to change a field's newest value that only some kinds have.
type Change uint8

// The changes beside Set, Clear and Update.
const (
	NoChange Change = iota
	Adds            // AddVisits
	Appends         // AppendCart
	Puts            // PutPrefs and RemovePrefs
)

// Facts are all that the generator knows about a kind: one row of a table. What a kind
// lacks is zero.
type Facts struct {
	Shape Shape
	Wire  Wire   // of an entry; of a Pointer's that of what it points to
	Lock  string // in sessions.lock; empty: made of the parts

	Proto         string // in a .proto file; empty: a message of our own, or made of the parts
	ProtoImport   string // the file that declares it
	ProtoImplicit bool   // zero and absent are the same inside a struct
	ProtoKey      bool   // a map with such keys is one there

	Function          string // what the runtime's functions for one value are called after Size and Append
	Read              string // the Reader's method that returns a value; empty: there is none
	ReadFunction      string // the runtime's function that returns a value of any type of the kind
	GoPackage, GoName string // the type that those functions take; no name: every type of the kind
	EncodesItself     bool   // methods write a value, those of a pointer where there is one
	ReadInto          string // the runtime's function that reads such a value into a variable
	Library           string // the package whose Message, MarshalOptions and Unmarshal those functions are given
	Packed            bool   // a list of such values is one entry
	Pair              bool   // a scalar that is a message of two numbers
	Large             bool   // functions take a value by its address
	KeySort           string // the runtime's function that sorts such keys of a map; empty: by their bytes

	Zero         Zero
	ZeroFunction string // the runtime's function for one value
	ZeroElements string // and for an array
	Absence      Absence
	Memory       Memory
	Live         string // what is said of a value that shares memory; empty: it depends on the parts

	Text     string // the runtime's function that makes text of a value, for a cookie as it is; empty: none
	Constant bool   // Go has constants of the kind
	Find     Find
	Change   Change

	InspectZero any // what is shown of a part of a map's entry that is not there
}

// kinds is the table.
var kinds = [kindCount]Facts{
	Bool: {
		Wire: Varint, Lock: "bool", Proto: "bool", ProtoImplicit: true, ProtoKey: true,
		Function: "Bool", Read: "Bool", GoName: "bool", Packed: true, KeySort: "SortedBools",
		Text: "BoolText", Constant: true, Find: Found, InspectZero: false,
	},
	Int: {
		Wire: Varint, Lock: "sint64", Proto: "sint64", ProtoImplicit: true, ProtoKey: true,
		Function: "Int", ReadFunction: "ReadInt", GoName: "int64", Packed: true, KeySort: "SortedKeys",
		Text: "IntText", Constant: true, Find: Found, Change: Adds, InspectZero: int64(0),
	},
	Uint: {
		Wire: Varint, Lock: "uint64", Proto: "uint64", ProtoImplicit: true, ProtoKey: true,
		Function: "Uint", ReadFunction: "ReadUint", GoName: "uint64", Packed: true, KeySort: "SortedKeys",
		Text: "UintText", Constant: true, Find: Found, Change: Adds, InspectZero: int64(0),
	},
	Float: {
		Wire: Fixed64, Lock: "double", Proto: "double", ProtoImplicit: true,
		Function: "Float64", Read: "Float64", GoName: "float64", Packed: true, KeySort: "SortedFloats",
		Zero: ZeroByFunction, ZeroFunction: "IsZeroFloat", ZeroElements: "AreZeroFloats",
		Text: "FloatText", Constant: true, Find: Found, Change: Adds, InspectZero: int64(0),
	},
	Complex: {
		Wire: Len, Lock: "complex",
		Function: "Complex", Read: "Complex", GoName: "complex128", Pair: true,
		Zero: ZeroByFunction, ZeroFunction: "IsZeroComplex",
	},
	String: {
		Wire: Len, Lock: "string", Proto: "string", ProtoImplicit: true, ProtoKey: true,
		Function: "String", Read: "String", KeySort: "SortedKeys",
		Text: "StringText", Constant: true, Find: Found, InspectZero: "",
	},
	Bytes: {
		Wire: Len, Lock: "bytes", Proto: "bytes", ProtoImplicit: true, // a []byte; see IsByteArray
		Function: "String", Read: "Bytes",
		Zero: ZeroByLength, Absence: AbsentIfNil, Memory: SharedByGo, Find: FoundIfComparable,
		Live: "The slice is live: changes made in it are saved, too.",
	},
	Binary: {
		Wire: Len, Lock: "binary", Proto: "bytes",
		Function: "Binary", EncodesItself: true, ReadInto: "ReadBinary", Memory: SharedByGo, Find: FoundIfComparable,
		Live: "The value is live: changes made in it are saved, too.",
	},
	Text: {
		Wire: Len, Lock: "text", Proto: "string", ProtoKey: true,
		Function: "Text", EncodesItself: true, ReadInto: "ReadText", Memory: SharedByGo, Find: FoundIfComparable,
		Live: "The value is live: changes made in it are saved, too.",
		Text: "MarshalerText", InspectZero: "",
	},
	Gob: {
		Wire: Len, Lock: "gob", Proto: "bytes",
		Function: "Gob", EncodesItself: true, ReadInto: "ReadGob", Memory: SharedByGo,
		Live: "The value is live: changes made in it are saved, too.",
	},
	Proto: { // always behind a pointer
		Wire: Len, Lock: "proto", Proto: "bytes",
		Function: "Proto", EncodesItself: true, ReadInto: "ReadProto", Library: "google.golang.org/protobuf/proto", Memory: Shared,
		Live: "The message is live: changes made in it are saved, too.",
	},
	JSON: {
		Wire: Len, Lock: "json", Proto: "bytes",
		Function: "JSON", EncodesItself: true, ReadInto: "ReadJSON",
		Zero: ZeroByNil, Absence: AbsentIfNil, Memory: SharedByGo,
		Live: "The value is live: changes made in it are saved, too.",
	},
	Time: {
		Wire: Len, Lock: "timestamp", Proto: "google.protobuf.Timestamp", ProtoImport: "google/protobuf/timestamp.proto",
		Function: "Time", Read: "Time", GoPackage: "time", GoName: "Time", Pair: true,
		Zero: ZeroByMethod, Text: "TimeText", Find: Found,
	},
	Duration: {
		Wire: Len, Lock: "duration", Proto: "google.protobuf.Duration", ProtoImport: "google/protobuf/duration.proto",
		Function: "Duration", Read: "Duration", GoPackage: "time", GoName: "Duration", Pair: true,
		Text: "DurationText", Constant: true, Find: Found, Change: Adds,
	},
	Message: {
		Shape: Record, Wire: Len, Lock: "message",
		Large: true, Memory: SharedByParts,
	},

	Slice: {
		Shape: List, Wire: Len,
		Zero: ZeroByAbsence, Absence: AbsentIfEmpty, Memory: Shared, Change: Appends,
		Live: "The slice is live: changes made in it are saved, too.",
	},
	Array: {
		Shape: List, Wire: Len,
		Large: true, Memory: SharedByParts,
	},
	Map: {
		Shape: Table, Wire: Len,
		Zero: ZeroByAbsence, Absence: AbsentIfEmpty, Memory: Shared, Change: Puts,
		Live: "The map is live: changes made in it are saved, too.",
	},
	Pointer: {
		Shape: Optional, Wire: Len,
		Zero: ZeroByAbsence, Absence: AbsentIfNil, Memory: Shared,
		Live: "What it points to is live: changes made there are saved, too.",
	},
}

// float32s is the row of a Float of 32 bits, which differs from that of 64.
var float32s = func() Facts {
	facts := kinds[Float]
	facts.Wire, facts.Lock, facts.Proto = Fixed32, "float", "float"
	facts.Function, facts.Read, facts.GoName = "Float32", "Float32", "float32"
	return facts
}()

// lossyJSON is the row of JSON that need not bring back all of a value.
var lossyJSON = func() Facts {
	facts := kinds[JSON]
	facts.Function = "LossyJSON"
	return facts
}()

// Kinds are all kinds, in order.
func Kinds() []Kind {
	all := make([]Kind, kindCount)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Facts are those of the kind.
func (k Kind) Facts() *Facts { return &kinds[k] }

// Facts are those of the type's kind.
func (t *Type) Facts() *Facts {
	switch {
	case t.Kind == Float && isFloat32(t):
		return &float32s
	case t.Kind == JSON && t.Lossy:
		return &lossyJSON
	}
	return t.Kind.Facts()
}
