// The operators, for the operands whose treatment is plain.

package subset

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type concat struct{ left, right node }

func (n concat) eval(f *frame) (any, bool) {
	left, right, ok := both(f, n.left, n.right)
	if !ok {
		return nil, false
	}
	l, ok := text(left)
	r, ok2 := text(right)
	return l + r, ok && ok2
}

func both(f *frame, left, right node) (l, r any, ok bool) {
	if l, ok = left.eval(f); !ok {
		return nil, nil, false
	}
	r, ok = right.eval(f)
	return plain(l), plain(r), ok
}

// plain is a value to be worked with: of a number that has kept its text, the number.
func plain(value any) any {
	if n, ok := value.(jsonvalue.Number); ok {
		value, _ = jsonvalue.Float(n)
	}
	return value
}

// text is a scalar as $string spells it; undefined is "".
func text(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	case float64:
		return decimal(v)
	case absent:
		return "", true
	default:
		return "", false
	}
}

// decimal spells the numbers that JavaScript writes without an exponent and that 15 digits tell apart,
// to which the library rounds.
func decimal(v float64) (string, bool) {
	if v == 0 {
		return "0", true
	}
	if size := math.Abs(v); size < 1e-6 || size >= 1e15 {
		return "", false
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	digits := len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(s), "0"))
	return s, digits <= 15
}

// logic is "and" or "or"; both yield booleans and leave the right side alone where the left one decides.
type logic struct {
	left, right node
	and         bool
}

func (n logic) eval(f *frame) (any, bool) {
	left, ok := n.left.eval(f)
	if !ok {
		return nil, false
	}
	if truth(left) != n.and {
		return !n.and, true
	}
	right, ok := n.right.eval(f)
	return truth(right), ok
}

// truth is the library's cast to boolean, with undefined as false.
func truth(value any) bool {
	switch v := plain(value).(type) {
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0
	case *jsonvalue.Object:
		return v.Len() > 0
	case []any:
		for _, item := range v {
			if truth(item) {
				return true
			}
		}
	}
	return false
}

// equality is = or !=; beside an undefined operand both are false.
type equality struct {
	left, right node
	negated     bool
}

func (n equality) eval(f *frame) (any, bool) {
	left, right, ok := both(f, n.left, n.right)
	if !ok {
		return nil, false
	}
	if left == undefined || right == undefined {
		return false, true
	}
	l, r := isScalar(left), isScalar(right)
	if !l && !r {
		return nil, false
	}
	return (l && r && left == right) != n.negated, true
}

type comparison struct {
	left, right node
	operator    string
}

func (n comparison) eval(f *frame) (any, bool) {
	left, right, ok := both(f, n.left, n.right)
	if !ok {
		return nil, false
	}
	var order int
	switch l := left.(type) {
	case float64:
		r, ok := right.(float64)
		if !ok {
			return nil, false
		}
		order = cmp.Compare(l, r)
	case string:
		r, ok := right.(string)
		if !ok || !isASCII(l) || !isASCII(r) {
			return nil, false // JavaScript orders by UTF-16 units
		}
		order = cmp.Compare(l, r)
	default:
		return nil, false
	}
	switch n.operator {
	case "<":
		return order < 0, true
	case "<=":
		return order <= 0, true
	case ">":
		return order > 0, true
	default:
		return order >= 0, true
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// inclusion is "in": identity with an item, of which only scalars have any.
type inclusion struct{ left, right node }

func (n inclusion) eval(f *frame) (any, bool) {
	left, right, ok := both(f, n.left, n.right)
	if !ok {
		return nil, false
	}
	if left == undefined || right == undefined {
		return false, true
	}
	if !isScalar(left) {
		return nil, false
	}
	list, isArray := right.([]any)
	if !isArray {
		list = []any{right}
	}
	for _, item := range list {
		if item = plain(item); isScalar(item) && item == left {
			return true, true
		}
	}
	return false, true
}

type arithmetic struct {
	left, right node
	operator    byte
}

func (n arithmetic) eval(f *frame) (any, bool) {
	left, right, ok := both(f, n.left, n.right)
	if !ok {
		return nil, false
	}
	l, ok := left.(float64)
	r, ok2 := right.(float64)
	if !ok || !ok2 {
		return nil, false
	}
	var result float64
	switch n.operator {
	case '+':
		result = l + r
	case '-':
		result = l - r
	case '*':
		result = l * r
	case '/':
		result = l / r
	case '%':
		result = math.Mod(l, r)
	}
	return finite(result, true)
}

func isScalar(value any) bool {
	switch value.(type) {
	case nil, string, bool, float64:
		return true
	default:
		return false
	}
}
