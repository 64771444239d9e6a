// The functions of the subset, for the arguments whose treatment is plain.

package subset

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

// call applies a function, unless a variable of its name hides it.
type call struct {
	name  string
	args  []node
	apply func(f *frame, args []any) (any, bool)
}

func (n call) eval(f *frame) (any, bool) {
	if _, hidden := f.lookup(n.name); hidden {
		return nil, false
	}
	var few [3]any
	args := few[:0]
	for _, arg := range n.args {
		value, ok := arg.eval(f)
		if !ok {
			return nil, false
		}
		args = append(args, plain(value))
	}
	return n.apply(f, args)
}

type function struct {
	least, most int // of the arguments
	apply       func(f *frame, args []any) (any, bool)
}

var functions = map[string]function{
	"exists":    {1, 1, func(_ *frame, a []any) (any, bool) { return a[0] != undefined, true }},
	"not":       {1, 1, func(_ *frame, a []any) (any, bool) { return !truth(a[0]), a[0] != undefined }},
	"boolean":   {1, 1, func(_ *frame, a []any) (any, bool) { return truth(a[0]), a[0] != undefined }},
	"string":    {1, 1, func(_ *frame, a []any) (any, bool) { return stringOf(a[0]) }},
	"number":    {1, 1, func(_ *frame, a []any) (any, bool) { return numberOf(a[0]) }},
	"count":     {1, 1, func(_ *frame, a []any) (any, bool) { return countOf(a[0]), true }},
	"length":    {1, 1, ofASCII(func(s string) any { return float64(len(s)) })},
	"uppercase": {1, 1, ofASCII(func(s string) any { return strings.ToUpper(s) })},
	"lowercase": {1, 1, ofASCII(func(s string) any { return strings.ToLower(s) })},
	"substring": {2, 3, func(_ *frame, a []any) (any, bool) { return substring(a) }},
	"contains":  {2, 2, func(_ *frame, a []any) (any, bool) { return contains(a[0], a[1]) }},
	"append":    {2, 2, func(_ *frame, a []any) (any, bool) { return appended(a[0], a[1]) }},
	"merge":     {1, 1, func(_ *frame, a []any) (any, bool) { return merged(a[0]) }},
	"floor":     {1, 1, ofNumber(math.Floor)},
	"ceil":      {1, 1, ofNumber(math.Ceil)},
	"abs":       {1, 1, ofNumber(math.Abs)},
	"power":     {2, 2, func(_ *frame, a []any) (any, bool) { return power(a[0], a[1]) }},
	"min":       {1, 1, ofNumbers(func(a, b float64) float64 { return min(a, b) })},
	"max":       {1, 1, ofNumbers(func(a, b float64) float64 { return max(a, b) })},
	"sum":       {1, 1, ofNumbers(func(a, b float64) float64 { return a + b })},
	"random":    {0, 0, func(*frame, []any) (any, bool) { return rand.Float64(), true }},
	"now":       {0, 0, func(f *frame, _ []any) (any, bool) { return now(f), true }},
	"millis":    {0, 0, func(f *frame, _ []any) (any, bool) { return float64(f.time()), true }},
	"uuid":      {0, 0, func(*frame, []any) (any, bool) { return native.UUID(), true }},
	"hash":      {2, 2, func(_ *frame, a []any) (any, bool) { return hash(a[0], a[1]) }},
	"parse":     {1, 1, func(_ *frame, a []any) (any, bool) { return parsed(a[0]) }},
}

// functionNames are variables that the library binds to functions.
var functionNames = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`sum count max min average string substring substringBefore substringAfter
		lowercase uppercase length trim pad match contains replace split join formatNumber formatBase formatInteger
		parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single reduce sift keys
		lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode
		base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone
		now millis partition range hash parse uuid`) {
		names[name] = true
	}
	return names
}()

func stringOf(value any) (any, bool) {
	switch value.(type) {
	case []any, *jsonvalue.Object:
		json, ok := appendJSON(nil, value)
		return string(json), ok
	}
	s, ok := text(value)
	return s, ok && value != undefined
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]{1,15}$`)

func numberOf(value any) (any, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case string:
		if !wholeNumber.MatchString(v) {
			return nil, false
		}
		n, err := strconv.ParseFloat(v, 64)
		return finite(n, err == nil)
	default:
		return nil, false
	}
}

func countOf(value any) any {
	switch v := value.(type) {
	case []any:
		return float64(len(v))
	case absent:
		return 0.0
	default:
		return 1.0
	}
}

func ofASCII(f func(string) any) func(*frame, []any) (any, bool) {
	return func(_ *frame, args []any) (any, bool) {
		s, ok := args[0].(string)
		if !ok || !isASCII(s) {
			return nil, false
		}
		return f(s), true
	}
}

// substring counts positions from the end where they are negative.
func substring(args []any) (any, bool) {
	s, ok := args[0].(string)
	start, ok2 := position(args[1])
	if !ok || !ok2 || !isASCII(s) {
		return nil, false
	}
	if start < 0 {
		start = max(0, len(s)+start)
	}
	end := len(s)
	if len(args) == 3 {
		length, ok := position(args[2])
		if !ok {
			return nil, false
		}
		end = min(end, start+max(0, length))
	}
	return s[min(start, end):end], true
}

// position is a whole number that is small enough to be added to others.
func position(value any) (int, bool) {
	n, ok := value.(float64)
	return int(n), ok && n == math.Trunc(n) && math.Abs(n) < 1<<31
}

func ofNumber(f func(float64) float64) func(*frame, []any) (any, bool) {
	return func(_ *frame, args []any) (any, bool) {
		n, ok := args[0].(float64)
		return finite(f(n), ok)
	}
}

func power(base, exponent any) (any, bool) {
	b, ok := base.(float64)
	e, ok2 := exponent.(float64)
	whole := e == math.Trunc(e) && math.Abs(b) < 1<<20 && b == math.Trunc(b) && e >= 0
	return finite(math.Pow(b, e), ok && ok2 && whole && math.Pow(b, e) < 1<<53) // exact, hence the same everywhere
}

// ofNumbers combines the numbers of an array from the left.
func ofNumbers(f func(a, b float64) float64) func(*frame, []any) (any, bool) {
	return func(_ *frame, args []any) (any, bool) {
		list, ok := args[0].([]any)
		if !ok || len(list) == 0 {
			return nil, false
		}
		total := 0.0
		for i, item := range list {
			n, ok := plain(item).(float64)
			if !ok {
				return nil, false
			}
			if i == 0 {
				total = n
			} else {
				total = f(total, n)
			}
		}
		return finite(total, true)
	}
}

// finite is a number that JSON has.
func finite(n float64, ok bool) (any, bool) {
	if n == 0 {
		n = 0 // without a sign
	}
	return n, ok && !math.IsInf(n, 0) && !math.IsNaN(n)
}

func contains(value, token any) (any, bool) {
	s, ok := value.(string)
	t, ok2 := token.(string)
	return strings.Contains(s, t), ok && ok2
}

func appended(left, right any) (any, bool) {
	l, ok := left.([]any)
	r, ok2 := right.([]any)
	if !ok || !ok2 {
		return nil, false
	}
	return append(append(make([]any, 0, len(l)+len(r)), l...), r...), true
}

func merged(value any) (any, bool) {
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	result := jsonvalue.NewObject(0)
	for _, item := range list {
		members, ok := item.(*jsonvalue.Object)
		if !ok {
			return nil, false
		}
		for name, member := range members.All() {
			if name == "__proto__" {
				return nil, false
			}
			result.Set(name, member)
		}
	}
	return result, true
}

// time is the evaluation's own time: however often it is asked for, it is the same.
func (f *frame) time() int64 {
	if f.millis == 0 {
		f.millis = time.Now().UnixMilli()
	}
	return f.millis
}

func now(f *frame) string {
	return time.UnixMilli(f.time()).UTC().Format("2006-01-02T15:04:05.000Z")
}

func hash(data, algorithm any) (any, bool) {
	d, ok := data.(string)
	a, ok2 := algorithm.(string)
	if !ok || !ok2 {
		return nil, false
	}
	return native.Hash(d, a)
}

func parsed(value any) (any, bool) {
	s, ok := value.(string)
	if !ok || strings.Contains(s, "-0") { // perhaps a negative zero, which the library makes a zero
		return nil, false
	}
	v, err := jsonvalue.Decode([]byte(s))
	return v, err == nil
}
