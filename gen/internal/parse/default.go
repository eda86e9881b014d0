package parse

import (
	"fmt"
	"go/constant"
	"go/types"
	"math"
	"strconv"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// parseDefault reads the option default of a field, nil if there is none.
func (p *parser) parseDefault(path string, t *model.Type, of *tag) *model.Literal {
	if !of.has("default") {
		return nil
	}
	text, pos := of.value("default")
	literal := &model.Literal{Text: text}
	var err error
	switch {
	case t.Kind == model.Time:
		literal.Time, err = time.Parse(time.RFC3339Nano, text)
		if err != nil {
			err = fmt.Errorf("is not a time: write it as in RFC 3339, such as 2006-01-02T15:04:05Z")
		}
	case t.Facts().Constant:
		literal.Constant, err = constants[t.Kind](t, text)
	default:
		p.Errorf(of.where("default"), "%s is a %s, which has no default: use default on a bool, number, string, time or duration", path, p.formString(t))
		return nil
	}
	if err != nil {
		p.Errorf(pos, "default=%s %v", text, err)
		return nil
	}
	return literal
}

// constants read a constant of each kind that Go has constants of; errors continue
// "default=…".
var constants = map[model.Kind]func(t *model.Type, text string) (constant.Value, error){
	model.Bool: func(_ *model.Type, text string) (constant.Value, error) {
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("is not a bool: write true or false")
		}
		return constant.MakeBool(text == "true"), nil
	},
	model.Int: func(t *model.Type, text string) (constant.Value, error) {
		bits := bitSize(t)
		v, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return nil, notWhole(t, strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10))
		}
		return constant.MakeInt64(v), nil
	},
	model.Uint: func(t *model.Type, text string) (constant.Value, error) {
		bits := bitSize(t)
		v, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return nil, notWhole(t, "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10))
		}
		return constant.MakeUint64(v), nil
	},
	model.Float: func(t *model.Type, text string) (constant.Value, error) {
		v, err := strconv.ParseFloat(text, bitSize(t))
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("is not a finite %s: write a number such as 0.5", model.BasicOf(t))
		}
		return constant.MakeFloat64(v), nil
	},
	model.String: func(_ *model.Type, text string) (constant.Value, error) { return constant.MakeString(text), nil },
	model.Duration: func(_ *model.Type, text string) (constant.Value, error) {
		d, err := parseDuration(text)
		return constant.MakeInt64(int64(d)), err
	},
}

// notWhole says which numbers a type holds.
func notWhole(t *model.Type, least, most string) error {
	basic := model.BasicOf(t)
	wider := widerThan[basic.Kind()]
	if wider == "" {
		return fmt.Errorf("is not a valid %s: write a whole number from %s to %s", basic, least, most)
	}
	return fmt.Errorf("is not a valid %s wherever the generated code is compiled, which may be for 32 bits: write a whole number from %s to %s, or declare the type as %s", basic, least, most, wider)
}

// widerThan are what to declare in the place of types that have 32 or 64 bits.
var widerThan = map[types.BasicKind]string{types.Int: "int64", types.Uint: "uint64", types.Uintptr: "uint64"}

// bitSize is how many bits a type has wherever the generated code is compiled.
func bitSize(t *model.Type) int {
	switch model.BasicOf(t).Kind() {
	case types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16:
		return 16
	case types.Int, types.Uint, types.Uintptr, types.Int32, types.Uint32, types.Float32:
		return 32
	}
	return 64
}
