// This file makes JSON of the values of Parquet. AWS does not document how it
// does: numbers stay numbers with all their digits, and what JSON has no type for
// is a text. See docs/decisions/0071.

package items

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// checkTypes finds a column whose values cannot be read.
func checkTypes(c *parquet.Column, path string) error {
	if c.Leaf() {
		if logical := c.Type().LogicalType(); logical != nil {
			switch logical.Value.(type) {
			case *format.Float16Type, *format.BsonType, *format.VariantType, *format.GeometryType, *format.GeographyType:
				return faultf("The column %s of the Parquet file has the type %s, which cannot be read.", path, logical)
			}
		}
	}
	for _, member := range c.Columns() {
		if err := checkTypes(member, strings.TrimPrefix(path+"."+member.Name(), ".")); err != nil {
			return err
		}
	}
	return nil
}

// leafValue is a value as JSON.
func leafValue(v parquet.Value, t parquet.Type) any {
	if v.IsNull() {
		return nil
	}
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
			return strings.ToValidUTF8(string(v.ByteArray()), "\uFFFD")
		case *format.UUIDType:
			b := v.ByteArray()
			return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
		case *format.DecimalType:
			return decimal(v, int(l.Scale))
		case *format.DateType:
			return time.Unix(int64(v.Int32())*secondsPerDay, 0).UTC().Format(time.DateOnly)
		case *format.TimestampType:
			at := instant(v.Int64(), l.Unit)
			if !l.IsAdjustedToUTC {
				return at.Format("2006-01-02T15:04:05.999999999")
			}
			return at.Format(time.RFC3339Nano)
		case *format.TimeType:
			if t.Kind() == parquet.Int32 {
				return instant(int64(v.Int32()), l.Unit).Format("15:04:05.999999999")
			}
			return instant(v.Int64(), l.Unit).Format("15:04:05.999999999")
		case *format.IntType:
			if !l.IsSigned {
				return unsigned(v)
			}
		}
	}
	return physical(v)
}

const secondsPerDay = 24 * 60 * 60

// instant is a count of units since 1970.
func instant(n int64, unit format.TimeUnit) time.Time {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(n).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(n).UTC()
	default:
		return time.Unix(0, n).UTC()
	}
}

func unsigned(v parquet.Value) any {
	if v.Kind() == parquet.Int32 {
		return float64(v.Uint32())
	}
	return number(strconv.FormatUint(v.Uint64(), 10))
}

// physical is a value that has nothing but its physical type.
func physical(v parquet.Value) any {
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return float64(v.Int32())
	case parquet.Int64:
		return number(strconv.FormatInt(v.Int64(), 10))
	case parquet.Int96:
		return julian(v.Int96()).Format(time.RFC3339Nano)
	case parquet.Float:
		return float(float64(v.Float()), 32)
	case parquet.Double:
		return float(v.Double(), 64)
	default:
		return base64.StdEncoding.EncodeToString(v.ByteArray())
	}
}

// number is a number that keeps its digits.
func number(text string) any {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		panic(fmt.Sprintf("%s is no number", text))
	}
	return value
}

// float is a number, or the name of what JSON has no number for.
func float(f float64, bits int) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	shortest, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, bits), 64)
	if err != nil {
		return f
	}
	return shortest
}

// decimal is a number with so many digits behind the point.
func decimal(v parquet.Value, scale int) any {
	var n big.Int
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default: // two's complement
		b := v.ByteArray()
		n.SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 {
			n.Sub(&n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	digits := new(big.Int).Abs(&n).String()
	if scale > 0 {
		if missing := scale + 1 - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		digits = "-" + digits
	}
	return number(digits)
}

// julian is a time as old writers write it: nanoseconds of a day, and the day's
// number, which is 2440588 for the first one of 1970.
func julian(v deprecated.Int96) time.Time {
	nanoseconds := int64(v[1])<<32 | int64(v[0])
	return time.Unix((int64(v[2])-2440588)*secondsPerDay, nanoseconds).UTC()
}
