// Package metrics writes CloudWatch metrics in the embedded metric format:
// one JSON line in the function's log, which CloudWatch turns into metrics.
// That costs no call and cannot fail the work that is being counted.
// The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Emitter writes the metrics of one system.
type Emitter struct {
	Namespace  string
	Dimensions []Dimension
	Out        io.Writer // os.Stdout in a function
}

// Dimension is a name and a value of what is counted.
type Dimension struct{ Name, Value string }

// With is an emitter that counts the same under one more dimension, beside the
// metrics without it: CloudWatch does not add up over a dimension's values.
func (e *Emitter) With(name, value string) *Emitter {
	return &Emitter{Namespace: e.Namespace, Dimensions: append(slices.Clip(e.Dimensions), Dimension{name, value}), Out: e.Out}
}

// FromEnvironment is the emitter of a pipeline's function, as the constructs
// configure it.
func FromEnvironment(env *environment.Reader) *Emitter {
	return &Emitter{
		Namespace:  env.String(contract.EnvMetricNamespace),
		Dimensions: []Dimension{{contract.DimensionPipeline, env.String(contract.EnvPipeline)}},
		Out:        env.Out,
	}
}

// Value is one metric, of unit Count.
type Value struct {
	Name  string // a contract.Metric constant
	Count int
}

// Totals are the metrics of a file's or a posted transaction's outcomes.
func Totals(t contract.Totals) []Value {
	return []Value{
		{contract.MetricStored, t.Stored},
		{contract.MetricDuplicate, t.Duplicate},
		{contract.MetricRejected, t.Rejected},
		{contract.MetricFailed, t.Failed},
	}
}

// Again are the metrics of outcomes that are settled again: what is new in
// them, and every failure, which happened again or still stands. Replayed is
// how many transactions are counted once more, so that Received + Replayed =
// Stored + Duplicate + Rejected + Failed.
func Again(t, previous contract.Totals) []Value {
	return append(Totals(contract.Totals{
		Stored:    t.Stored - previous.Stored,
		Duplicate: t.Duplicate - previous.Duplicate,
		Rejected:  t.Rejected - previous.Rejected,
		Failed:    t.Failed,
	}), Value{contract.MetricReplayed, previous.Failed})
}

type definition struct {
	Name string
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64 // milliseconds
	CloudWatchMetrics []directive
}

// Count writes the values as one line, with a single Write so that lines of
// concurrent callers do not mix.
func (e *Emitter) Count(values ...Value) error {
	definitions := make([]definition, len(values))
	line := map[string]any{}
	var names []string
	var sets [][]string // of dimensions: each begins with the one before
	for _, dimension := range e.Dimensions {
		line[dimension.Name] = dimension.Value
		names = append(names, dimension.Name)
		sets = append(sets, slices.Clone(names))
	}
	for i, v := range values {
		definitions[i] = definition{Name: v.Name, Unit: "Count"}
		line[v.Name] = v.Count
	}
	line["_aws"] = metadata{
		Timestamp: time.Now().UnixMilli(),
		CloudWatchMetrics: []directive{{
			Namespace:  e.Namespace,
			Dimensions: sets,
			Metrics:    definitions,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode metrics %v: %w", values, err)
	}
	if _, err := e.Out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write metrics %v: %w", values, err)
	}
	return nil
}
