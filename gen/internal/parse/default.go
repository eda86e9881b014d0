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
	switch t.Kind {
	case model.Time:
		literal.Time, err = time.Parse(time.RFC3339Nano, text)
		if err != nil {
			err = fmt.Errorf("is no time: write it by RFC 3339, such as 2006-01-02T15:04:05Z")
		}
	default:
		if isConstant(t.Kind) {
			literal.Constant, err = parseConstant(t, text)
			break
		}
		p.Errorf(of.where("default"), "%s is a %s, which has no default: use default on a bool, number, string, time or duration", path, p.formString(t))
		return nil
	}
	if err != nil {
		p.Errorf(pos, "default=%s %v", text, err)
		return nil
	}
	return literal
}

// isConstant reports whether there are constants of a kind in Go, and parseConstant
// reads them.
func isConstant(k model.Kind) bool {
	switch k {
	case model.Bool, model.Int, model.Uint, model.Float, model.String, model.Duration:
		return true
	}
	return false
}

// parseConstant reads a constant of a basic type; errors continue "default=…".
func parseConstant(t *model.Type, text string) (constant.Value, error) {
	switch t.Kind {
	case model.String:
		return constant.MakeString(text), nil
	case model.Bool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("is no bool: write true or false")
		}
		return constant.MakeBool(text == "true"), nil
	case model.Duration:
		d, err := parseDuration(text)
		return constant.MakeInt64(int64(d)), err
	}
	basic := t.Go.Underlying().(*types.Basic)
	bits := bitSize(basic.Kind())
	switch t.Kind {
	case model.Int:
		v, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return nil, fmt.Errorf("is no %s: write a whole number from %d to %d", basic, math.MinInt64>>(64-bits), math.MaxInt64>>(64-bits))
		}
		return constant.MakeInt64(v), nil
	case model.Uint:
		v, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return nil, fmt.Errorf("is no %s: write a whole number from 0 to %d", basic, uint64(math.MaxUint64)>>(64-bits))
		}
		return constant.MakeUint64(v), nil
	default:
		v, err := strconv.ParseFloat(text, bits)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("is no finite %s: write a number such as 0.5", basic)
		}
		return constant.MakeFloat64(v), nil
	}
}

func bitSize(k types.BasicKind) int {
	switch k {
	case types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16:
		return 16
	case types.Int32, types.Uint32, types.Float32:
		return 32
	}
	return 64
}
