package cloudwatch

// This file reads the embedded metric format: metrics in the log lines of
// handlers.

import (
	"bytes"
	"encoding/json"
	"time"
)

// embedded is a log line in the embedded metric format. The values of metrics
// and dimensions are further members of the line.
type embedded struct {
	AWS *struct {
		Timestamp         int64 // milliseconds since 1970
		CloudWatchMetrics []directive
	} `json:"_aws"`
}

type directive struct {
	Namespace  string
	Dimensions [][]string // each a set of names
	Metrics    []struct {
		Name string
		Unit string
	}
}

// Ingest turns the metrics of a log line into data. Lines that are not in the
// embedded metric format are none of its business, so it can be given any. A
// metric without dimensions of its own has those of its log group, LogGroup.
func (w *CloudWatch) Ingest(logGroup string, line []byte) {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("{")) || !bytes.Contains(line, []byte(`"_aws"`)) {
		return
	}
	var head embedded
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &head) != nil || json.Unmarshal(line, &members) != nil || head.AWS == nil {
		return
	}
	at := time.Now()
	if head.AWS.Timestamp > 0 {
		at = time.UnixMilli(head.AWS.Timestamp)
	}
	for _, d := range head.AWS.CloudWatchMetrics {
		sets := d.Dimensions
		if len(sets) == 0 {
			members["LogGroup"], _ = json.Marshal(logGroup)
			sets = [][]string{{"LogGroup"}}
		}
		for _, names := range sets {
			if dimensions, ok := texts(members, names); ok {
				w.ingest(d, dimensions, members, at)
			}
		}
	}
}

func (w *CloudWatch) ingest(d directive, dimensions map[string]string, members map[string]json.RawMessage, at time.Time) {
	for _, m := range d.Metrics {
		for _, value := range numbers(members[m.Name]) {
			w.metrics.observe(metric{d.Namespace, m.Name, dimensions}, m.Unit, at, value)
		}
	}
}

// texts returns the members with these names; all must be strings.
func texts(members map[string]json.RawMessage, names []string) (map[string]string, bool) {
	found := make(map[string]string, len(names))
	for _, name := range names {
		var text string
		if json.Unmarshal(members[name], &text) != nil {
			return nil, false
		}
		found[name] = text
	}
	return found, true
}

// numbers reads a number or a list of them, and nothing else.
func numbers(raw json.RawMessage) []float64 {
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		return []float64{one}
	}
	var many []float64
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}
