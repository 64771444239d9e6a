package dynamodb

// This file is the metrics of tables.

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
type metrics struct {
	read, written, conditionFailed                       *cloud.Metric
	userErrors, systemErrors                             *cloud.Metric
	throttled, readThrottled, writeThrottled, conflicted *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	byTable, byOperation := []string{"TableName"}, []string{"TableName", "Operation"}
	metric := func(name string, dimensions []string) *cloud.Metric {
		return c.Metric("AWS/DynamoDB", name, "Count", dimensions)
	}
	return metrics{
		read:            metric("ConsumedReadCapacityUnits", byTable),
		written:         metric("ConsumedWriteCapacityUnits", byTable),
		conditionFailed: metric("ConditionalCheckFailedRequests", byTable),
		userErrors:      metric("UserErrors", nil),
		systemErrors:    metric("SystemErrors", byOperation),
		throttled:       metric("ThrottledRequests", byOperation),
		readThrottled:   metric("ReadThrottleEvents", byTable),
		writeThrottled:  metric("WriteThrottleEvents", byTable),
		conflicted:      metric("TransactionConflict", byTable),
	}
}

// Failed implements cloud.FailureObserver. No table has a limit here: only a
// Fault throttles, and makes system errors and conflicts.
func (d *DynamoDB) Failed(call cloud.Call, err error) {
	e := cloud.AsError(err)
	switch {
	case e.Status >= 500:
		d.failed(call, func(table string) {
			d.metrics.systemErrors.Observe(map[string]string{"TableName": table, "Operation": call.Action}, 1)
		})
	case slices.Contains(throttlingCodes, e.Code):
		events := d.metrics.writeThrottled
		if slices.Contains(reads, call.Action) {
			events = d.metrics.readThrottled
		}
		d.failed(call, func(table string) {
			d.metrics.throttled.Observe(map[string]string{"TableName": table, "Operation": call.Action}, 1)
			events.Observe(map[string]string{"TableName": table}, 1)
		})
	case e.Code == "TransactionConflictException":
		d.failed(call, func(table string) {
			d.metrics.conflicted.Observe(map[string]string{"TableName": table}, 1)
		})
	case e.Code != "ConditionalCheckFailedException" && e.Code != "TransactionCanceledException":
		d.metrics.userErrors.Observe(nil, 1)
	}
}

var (
	throttlingCodes = []string{"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
	reads           = []string{"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
)

// failed calls count for each table that a call is about, by its name.
func (d *DynamoDB) failed(call cloud.Call, count func(table string)) {
	type named struct{ TableName string }
	var in struct {
		named
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]named // by kind
	}
	if json.Unmarshal(call.Input, &in) != nil {
		return // it says nothing of a table
	}
	tables := map[string]bool{}
	for _, member := range in.TransactItems {
		for _, request := range member {
			tables[request.TableName] = true
		}
	}
	for name := range in.RequestItems {
		tables[name] = true
	}
	tables[in.TableName] = true
	delete(tables, "")
	for name := range tables {
		count(name[strings.LastIndex(name, "/")+1:]) // it may be an ARN
	}
}
