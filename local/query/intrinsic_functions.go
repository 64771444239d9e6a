// The intrinsic functions, with the argument checks and limits that AWS documents.

package query

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/internal/chance"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

const (
	maxRange      = 1000   // items of States.ArrayRange
	maxCharacters = 10_000 // of what is hashed, encoded or decoded
)

type intrinsic struct {
	min, max int // arguments; max -1: any number
	apply    func(args []any) (any, error)
}

func (f intrinsic) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("at least %d arguments", f.min)
	case f.min == f.max:
		return fmt.Sprintf("%d arguments", f.min)
	default:
		return fmt.Sprintf("%d to %d arguments", f.min, f.max)
	}
}

var intrinsics = map[string]intrinsic{
	"States.Array":          {0, -1, func(args []any) (any, error) { return args, nil }},
	"States.ArrayPartition": {2, 2, arrayPartition},
	"States.ArrayContains":  {2, 2, arrayContains},
	"States.ArrayRange":     {3, 3, arrayRange},
	"States.ArrayGetItem":   {2, 2, arrayGetItem},
	"States.ArrayLength":    {1, 1, arrayLength},
	"States.ArrayUnique":    {1, 1, arrayUnique},
	"States.Base64Encode":   {1, 1, base64Encode},
	"States.Base64Decode":   {1, 1, base64Decode},
	"States.Hash":           {2, 2, hashText},
	"States.JsonMerge":      {3, 3, jsonMerge},
	"States.StringToJson":   {1, 1, stringToJSON},
	"States.JsonToString":   {1, 1, func(args []any) (any, error) { return jsonvalue.Text(args[0]), nil }},
	"States.MathRandom":     {2, 3, mathRandom},
	"States.MathAdd":        {2, 2, mathAdd},
	"States.StringSplit":    {2, 2, stringSplit},
	"States.UUID":           {0, 0, func([]any) (any, error) { return native.UUID(), nil }},
	"States.Format":         {1, -1, format},
}

func array(args []any, i int) ([]any, error) {
	list, ok := args[i].([]any)
	if !ok {
		return nil, fmt.Errorf("argument %d must be an array, not %s", i+1, jsonvalue.Text(args[i]))
	}
	return list, nil
}

func text(args []any, i int) (string, error) {
	s, ok := args[i].(string)
	if !ok {
		return "", fmt.Errorf("argument %d must be a string, not %s", i+1, jsonvalue.Text(args[i]))
	}
	return s, nil
}

// integer rounds a number to the nearest integer as AWS does.
func integer(args []any, i int) (int, error) {
	n, ok := jsonvalue.Float(args[i])
	if !ok || math.Abs(n) > math.MaxInt32+1 {
		return 0, fmt.Errorf("argument %d must be an integer of 32 bits, not %s", i+1, jsonvalue.Text(args[i]))
	}
	return int(native.RoundHalfUp(n)), nil
}

func shortText(args []any, i int) (string, error) {
	s, err := text(args, i)
	if err == nil && utf8.RuneCountInString(s) > maxCharacters {
		err = fmt.Errorf("argument %d must not be longer than %d characters", i+1, maxCharacters)
	}
	return s, err
}

func arrayPartition(args []any) (any, error) {
	list, err := array(args, 0)
	size, err2 := integer(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, errors.New("the chunk size must be a positive integer")
	}
	chunks := []any{}
	for ; len(list) > size; list = list[size:] {
		chunks = append(chunks, list[:size:size])
	}
	if len(list) > 0 {
		chunks = append(chunks, list)
	}
	return chunks, nil
}

func arrayContains(args []any) (any, error) {
	list, err := array(args, 0)
	if err != nil {
		return nil, err
	}
	return contains(list, args[1]), nil
}

func contains(list []any, value any) bool {
	for _, item := range list {
		if jsonvalue.Equal(item, value) {
			return true
		}
	}
	return false
}

func arrayRange(args []any) (any, error) {
	first, err := integer(args, 0)
	last, err2 := integer(args, 1)
	step, err3 := integer(args, 2)
	if err = errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, errors.New("the step must not be 0")
	}
	if (last-first)/step >= maxRange {
		return nil, fmt.Errorf("the range must not have more than %d items", maxRange)
	}
	list := []any{}
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		list = append(list, float64(n))
	}
	return list, nil
}

func arrayGetItem(args []any) (any, error) {
	list, err := array(args, 0)
	index, err2 := integer(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	if index < 0 || index >= len(list) {
		return nil, fmt.Errorf("index %d is outside of the array of %d items", index, len(list))
	}
	return list[index], nil
}

func arrayLength(args []any) (any, error) {
	list, err := array(args, 0)
	return float64(len(list)), err
}

func arrayUnique(args []any) (any, error) {
	list, err := array(args, 0)
	if err != nil {
		return nil, err
	}
	seen, unique := map[string][]any{}, []any{} // by a text that equal values share
	for _, item := range list {
		key := jsonvalue.Text(jsonvalue.Of(jsonvalue.Plain(item)))
		if !contains(seen[key], item) {
			seen[key] = append(seen[key], item)
			unique = append(unique, item)
		}
	}
	return unique, nil
}

func base64Encode(args []any) (any, error) {
	s, err := shortText(args, 0)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func base64Decode(args []any) (any, error) {
	s, err := shortText(args, 0)
	if err != nil {
		return nil, err
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("argument 1 is not Base64: %w", err)
	}
	return string(decoded), nil
}

func hashText(args []any) (any, error) {
	s, err := shortText(args, 0)
	algorithm, err2 := text(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	sum, ok := native.Hash(s, algorithm)
	if !ok {
		return nil, fmt.Errorf("%q is not an algorithm: use MD5, SHA-1, SHA-256, SHA-384 or SHA-512", algorithm)
	}
	return sum, nil
}

func jsonMerge(args []any) (any, error) {
	left, ok := args[0].(*jsonvalue.Object)
	right, ok2 := args[1].(*jsonvalue.Object)
	if !ok || !ok2 {
		return nil, errors.New("arguments 1 and 2 must be JSON objects")
	}
	if args[2] != false {
		return nil, errors.New("argument 3 must be false: only shallow merging is supported")
	}
	merged := left.Clone()
	for name, value := range right.All() {
		merged.Set(name, value)
	}
	return merged, nil
}

// stringToJSON takes a text of nothing but white space for null.
func stringToJSON(args []any) (any, error) {
	s, err := text(args, 0)
	if err != nil || strings.TrimSpace(s) == "" {
		return nil, err
	}
	value, err := jsonvalue.Decode([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("argument 1 is not JSON: %w", err)
	}
	return value, nil
}

func mathRandom(args []any) (any, error) {
	first, err := integer(args, 0)
	end, err2 := integer(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	if first >= end {
		return nil, errors.New("the start must be below the end")
	}
	fraction := chance.Rand.Float64()
	if len(args) == 3 {
		seed, err := integer(args, 2)
		if err != nil {
			return nil, err
		}
		fraction = native.SeededRandom(int64(seed))
	}
	return float64(first) + math.Floor(fraction*float64(end-first)), nil
}

func mathAdd(args []any) (any, error) {
	a, err := integer(args, 0)
	b, err2 := integer(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	if sum := a + b; sum >= math.MinInt32 && sum <= math.MaxInt32 {
		return float64(sum), nil
	}
	return nil, errors.New("the sum is not an integer of 32 bits")
}

// stringSplit takes every character of its second argument for a delimiter, several in a row for one.
func stringSplit(args []any) (any, error) {
	s, err := text(args, 0)
	delimiters, err2 := text(args, 1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	parts := []any{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(delimiters, r) }) {
		parts = append(parts, part)
	}
	return parts, nil
}

// format replaces each {} of its first argument by the next one.
func format(args []any) (any, error) {
	raw, escapes := args[0].(formatText)
	template := string(raw)
	if !escapes {
		var err error
		if template, err = text(args, 0); err != nil {
			return nil, err
		}
	}
	var b strings.Builder
	used := 0
	for i := 0; i < len(template); i++ {
		switch {
		case escapes && template[i] == '\\':
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			i++
			if used++; used < len(args) {
				b.WriteString(javaText(args[used]))
			}
		case template[i] == '{' || template[i] == '}':
			return nil, errors.New(`a brace of the template that does not belong to {} must be escaped by \`)
		default:
			b.WriteByte(template[i])
		}
	}
	if used != len(args)-1 {
		return nil, fmt.Errorf("the template has %d times {} for %d values", used, len(args)-1)
	}
	return b.String(), nil
}

// javaText is a value's text as Java prints it: {a=1, b=[x, null]}.
func javaText(value any) string {
	switch v := value.(type) {
	case formatText:
		return v.unescaped()
	case string:
		return v
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = javaText(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *jsonvalue.Object:
		members := make([]string, 0, v.Len())
		for name, member := range v.All() {
			members = append(members, name+"="+javaText(member))
		}
		return "{" + strings.Join(members, ", ") + "}"
	default:
		return jsonvalue.Text(v)
	}
}
