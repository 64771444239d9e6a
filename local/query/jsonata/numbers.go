// Functions of numbers.

package jsonata

import (
	"math"
	"regexp"

	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

var (
	decimalPattern = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$`)
	// basedPattern is anchored as the reference implementation's is.
	basedPattern = regexp.MustCompile(`^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$`)
)

func numberFunction(_ *evaluation, args []any) (any, error) {
	switch v := args[0].(type) {
	case bool:
		return float64(boolToInt(v)), nil
	case string:
		f := toNumber(v)
		if decimalPattern.MatchString(v) && !math.IsInf(f, 0) || basedPattern.MatchString(v) {
			return f, nil
		}
	default:
		if _, ok := numberOf(v); ok {
			return v, nil
		}
	}
	return nil, failValue("D3030", args[0])
}

func abs(_ *evaluation, args []any) (any, error)   { return math.Abs(floatArg(args[0])), nil }
func floor(_ *evaluation, args []any) (any, error) { return math.Floor(floatArg(args[0])), nil }
func ceil(_ *evaluation, args []any) (any, error)  { return math.Ceil(floatArg(args[0])), nil }

func round(_ *evaluation, args []any) (any, error) {
	precision := 0.0
	if args[1] != undefined {
		precision = floatArg(args[1])
	}
	return roundHalfEven(floatArg(args[0]), precision), nil
}

func power(_ *evaluation, args []any) (any, error) {
	base, exponent := floatArg(args[0]), floatArg(args[1])
	result := math.Pow(base, exponent)
	if math.IsInf(result, 0) || math.IsNaN(result) {
		err := failValue("D3061", args[0])
		err.exponent = args[1]
		return nil, err
	}
	return result, nil
}

func sqrt(_ *evaluation, args []any) (any, error) {
	f := floatArg(args[0])
	if f < 0 {
		return nil, failValue("D3060", args[0])
	}
	return math.Sqrt(f), nil
}

func random(*evaluation, []any) (any, error) { return chance.Rand.Float64(), nil }

func formatBase(_ *evaluation, args []any) (any, error) {
	radix := 10.0
	if args[1] != undefined {
		radix = roundHalfEven(floatArg(args[1]), 0)
	}
	if radix < 2 || radix > 36 {
		return nil, failValue("D3100", radix)
	}
	return inBase(roundHalfEven(floatArg(args[0]), 0), int(radix)), nil
}

// floats are the numbers of an array.
func (ev *evaluation) floats(array any) ([]float64, error) {
	items, _ := itemsOf(array)
	numbers := make([]float64, len(items))
	for i, item := range items {
		numbers[i] = floatArg(item)
	}
	return numbers, ev.ticks(len(items))
}

func sum(ev *evaluation, args []any) (any, error) {
	numbers, err := ev.floats(args[0])
	return total(numbers), err
}

func total(numbers []float64) float64 {
	total := 0.0
	for _, n := range numbers {
		total += n
	}
	return total
}

func average(ev *evaluation, args []any) (any, error) {
	numbers, err := ev.floats(args[0])
	if len(numbers) == 0 {
		return undefined, err
	}
	return total(numbers) / float64(len(numbers)), err
}

func maximum(ev *evaluation, args []any) (any, error) { return ev.extreme(args[0], math.Max) }
func minimum(ev *evaluation, args []any) (any, error) { return ev.extreme(args[0], math.Min) }

func (ev *evaluation) extreme(array any, better func(x, y float64) float64) (any, error) {
	numbers, err := ev.floats(array)
	if len(numbers) == 0 {
		return undefined, err
	}
	best := numbers[0]
	for _, n := range numbers[1:] {
		best = better(best, n)
	}
	return best, err
}
