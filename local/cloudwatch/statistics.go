package cloudwatch

// This file computes statistics, percentiles among them, of values that are
// not kept one by one.

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// statistics sums up values. Its zero value is that of no values.
type statistics struct {
	sum, count, minimum, maximum float64

	// histogram counts values by their step on a scale on which each is ten
	// percent above the one before, as CloudWatch does. Statistic sets that
	// callers computed themselves are not in it.
	histogram map[int]float64
}

func single(value float64) (s statistics) {
	s.observe(value, 1)
	return s
}

// observe adds a value that there was so often.
func (s *statistics) observe(value, count float64) {
	if count == 0 {
		return
	}
	s.widen(value*count, count, value, value)
	s.histogram[step(value)] += count
}

func (s *statistics) merge(t statistics) {
	if t.count == 0 {
		return
	}
	s.widen(t.sum, t.count, t.minimum, t.maximum)
	for step, count := range t.histogram {
		s.histogram[step] += count
	}
}

func (s *statistics) widen(sum, count, minimum, maximum float64) {
	if s.count == 0 {
		s.minimum, s.maximum = minimum, maximum
	}
	s.minimum, s.maximum = min(s.minimum, minimum), max(s.maximum, maximum)
	s.sum += sum
	s.count += count
	if s.histogram == nil {
		s.histogram = map[int]float64{}
	}
}

const (
	growth = 1.1

	// zeroStep is the step of values too near to zero to tell apart; steps of
	// negative values mirror those of positive ones.
	zeroStep = 0
	stepBase = 1000
	tiny     = 1e-30
)

func step(value float64) int {
	if math.Abs(value) < tiny {
		return zeroStep
	}
	n := stepBase + int(math.Round(math.Log(math.Abs(value))/math.Log(growth)))
	if value < 0 {
		return -n
	}
	return n
}

func valueOfStep(n int) float64 {
	switch {
	case n == zeroStep:
		return 0
	case n < 0:
		return -valueOfStep(-n)
	default:
		return math.Pow(growth, float64(n-stepBase))
	}
}

// get computes a statistic by its name in the API. It is meaningless without
// values, and false for a name that supported does not accept.
func (s statistics) get(name string) (float64, bool) {
	switch name {
	case "Sum":
		return s.sum, true
	case "SampleCount":
		return s.count, true
	case "Average":
		return s.sum / s.count, true
	case "Minimum":
		return s.minimum, true
	case "Maximum":
		return s.maximum, true
	}
	percent, ok := percentile(name)
	return s.percentile(percent), ok
}

// supported tells whether get knows a statistic.
func supported(name string) bool {
	_, ok := statistics{}.get(name)
	return ok
}

// percentile reads "p99" or "p99.9".
func percentile(name string) (float64, bool) {
	digits, ok := strings.CutPrefix(name, "p")
	percent, err := strconv.ParseFloat(digits, 64)
	return percent, ok && err == nil && percent >= 0 && percent <= 100
}

func (s statistics) percentile(percent float64) float64 {
	total := 0.0
	for _, count := range s.histogram {
		total += count
	}
	rank, seen := total*percent/100, 0.0
	for _, n := range slices.Sorted(maps.Keys(s.histogram)) {
		if seen += s.histogram[n]; seen >= rank {
			return min(max(valueOfStep(n), s.minimum), s.maximum)
		}
	}
	return s.maximum
}
