// What Step Functions adds to JSONata, and takes away from it.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions

package jsonata

import (
	"math"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

// StepFunctions is the library of state machines' expressions.
var StepFunctions = Standard.with([]definition{
	{"partition", "<an:a>", 2, given(partition)},
	{"range", "<nnn:a>", 3, given(rangeFunction)},
	{"hash", "<ss:s>", 2, given(hash)},
	{"parse", "<s-:x>", 1, given(parseFunction)},
	{"random", "<n?:n>", 1, seededRandom},
	{"uuid", "<:s>", 0, uuid},
}, "eval")

// failPlain is an error that Step Functions has no code for.
func failPlain(message string) error { return &Error{Message: message} }

func partition(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	if args[1] == undefined {
		return undefined, nil
	}
	size := native.RoundHalfUp(floatArg(args[1]))
	if !(size >= 1) {
		return nil, failPlain("The chunk size of $partition must be a positive integer")
	}
	var chunks []any
	for len(items) > 0 {
		n := int(min(size, float64(len(items))))
		if err := ev.grow(n); err != nil {
			return nil, err
		}
		chunks = append(chunks, newArray(items[:n:n]))
		items = items[n:]
	}
	return newArray(chunks), nil
}

func rangeFunction(ev *evaluation, args []any) (any, error) {
	if args[1] == undefined || args[2] == undefined {
		return undefined, nil
	}
	first, last, step := native.RoundHalfUp(floatArg(args[0])), native.RoundHalfUp(floatArg(args[1])), native.RoundHalfUp(floatArg(args[2]))
	if step == 0 {
		return nil, failPlain("The step of $range must not be 0")
	}
	count := math.Floor((last-first)/step) + 1
	if !(count <= float64(ev.limits.list)) {
		return nil, failPlain("$range must not yield more than " + numberText(float64(ev.limits.list)) + " numbers")
	}
	items := make([]any, int(max(count, 0)))
	if err := ev.grow(len(items)); err != nil {
		return nil, err
	}
	for i := range items {
		items[i] = first + float64(i)*step
	}
	if len(items) == 1 {
		return items[0], nil // recorded
	}
	return newArray(items), nil
}

func hash(ev *evaluation, args []any) (any, error) {
	algorithm, ok := args[1].(string)
	if !ok {
		return undefined, nil
	}
	text := args[0].(string)
	digest, ok := native.Hash(wellFormed(text), algorithm)
	if !ok {
		return nil, failPlain(`$hash does not know the algorithm "` + algorithm + `": use MD5, SHA-1, SHA-256, SHA-384 or SHA-512`)
	}
	return digest, ev.ticks(len(text) / 16)
}

func parseFunction(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if err := ev.charge(8 * len(text)); err != nil { // about what values take more than their text
		return nil, err
	}
	value, err := jsonvalue.Decode([]byte(wellFormed(text)))
	if err != nil {
		return nil, failPlain("$parse was given a string that is not JSON: " + err.Error())
	}
	if strings.Contains(text, "-0") {
		value = unsigned(value)
	}
	return value, nil
}

// unsigned replaces each whole number -0 in a value that nobody else has yet by 0,
// which is what AWS reads.
func unsigned(value any) any {
	switch v := value.(type) {
	case jsonvalue.Number:
		if v == "-0" {
			return 0.0
		}
	case []any:
		for i := range v {
			v[i] = unsigned(v[i])
		}
	case *jsonvalue.Object:
		for name, member := range v.All() {
			v.Set(name, unsigned(member))
		}
	}
	return value
}

func seededRandom(ev *evaluation, args []any) (any, error) {
	if args[0] == undefined {
		return random(ev, args)
	}
	return native.SeededRandom(int64(native.RoundHalfUp(floatArg(args[0])))), nil
}

func uuid(*evaluation, []any) (any, error) { return native.UUID(), nil }
