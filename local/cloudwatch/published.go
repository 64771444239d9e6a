package cloudwatch

// This file refuses alarms and dashboards on metrics that nothing here publishes:
// they would say nothing for ever, as if all were well.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// published returns why a metric can have no data, or nil. Outside of AWS's own
// namespaces any program may publish any metric.
func (w *CloudWatch) published(m metric) error {
	if !strings.HasPrefix(m.namespace, "AWS/") {
		return nil
	}
	names := slices.Sorted(maps.Keys(m.dimensions))
	for _, known := range w.cloud.Metrics() {
		if known.Namespace != m.namespace || known.Name != m.name {
			continue
		}
		if known.Under(names) {
			return nil
		}
		return fmt.Errorf("the local engine publishes %v, not %s", known, under(names))
	}
	return fmt.Errorf("the local engine does not publish %s of %s", m.name, m.namespace)
}

func under(names []string) string {
	if len(names) == 0 {
		return "without dimensions"
	}
	return "by " + strings.Join(names, " and ")
}

// check looks at the metrics of a dashboard's widgets. The engine draws none.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func (w *CloudWatch) check(d dashboard) error {
	var body struct {
		Widgets []struct {
			Properties struct{ Metrics [][]json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(d.DashboardBody), &body); err != nil {
		return cfn.Invalidf("DashboardBody", "%s", err)
	}
	for i, widget := range body.Widgets {
		var before []string
		for j, row := range widget.Properties.Metrics {
			at := fmt.Sprintf("DashboardBody.widgets[%d].properties.metrics[%d]", i, j)
			words, err := rowOf(row, before)
			if err != nil {
				return cfn.Invalidf(at, "%s", err)
			}
			if words == nil {
				continue // an expression over other rows
			}
			m := metric{words[0], words[1], map[string]string{}}
			for k := 2; k < len(words); k += 2 {
				m.dimensions[words[k]] = words[k+1]
			}
			if err := w.published(m); err != nil {
				return &cfn.Unsupported{Property: at, Reason: err.Error()}
			}
			before = words
		}
	}
	return nil
}

// rowOf returns the namespace, name and dimensions of a row of a widget's
// metrics. In a row "." repeats a word of the row before, and "..." all but the
// words after it. It returns nil for an expression.
func rowOf(row []json.RawMessage, before []string) ([]string, error) {
	var words []string
	for _, cell := range row {
		var word string
		if json.Unmarshal(cell, &word) != nil {
			break // the row's options, which come last
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil, nil
	}
	if words[0] == "..." && len(words) <= len(before) {
		rest := words[1:]
		words = append(slices.Clone(before[:len(before)-len(rest)]), rest...)
	}
	for i, word := range words {
		if word == "." && i < len(before) {
			words[i] = before[i]
		}
	}
	if len(words) < 2 || len(words)%2 != 0 {
		return nil, fmt.Errorf("%q is not a namespace, a metric and dimensions", words)
	}
	return words, nil
}
