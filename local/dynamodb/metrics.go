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
		tables, _ := about(call)
		for _, table := range tables {
			d.metrics.systemErrors.Observe(map[string]string{"TableName": table, "Operation": call.Action}, 1)
		}
	case slices.Contains(throttlingCodes, e.Code):
		tables, reading := about(call)
		events := d.metrics.writeThrottled
		if reading {
			events = d.metrics.readThrottled
		}
		for _, table := range tables {
			d.metrics.throttled.Observe(map[string]string{"TableName": table, "Operation": call.Action}, 1)
			events.Observe(map[string]string{"TableName": table}, 1)
		}
	case e.Code == "TransactionConflictException":
		tables, _ := about(call)
		for _, table := range tables {
			d.metrics.conflicted.Observe(map[string]string{"TableName": table}, 1)
		}
	case e.Code != "ConditionalCheckFailedException" && e.Code != "TransactionCanceledException":
		d.metrics.userErrors.Observe(nil, 1)
	}
}

var (
	throttlingCodes = []string{"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
	reads           = []string{"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
)

// about are the names of the tables that a call is about, and whether it reads them:
// of several statements, all read or none does.
func about(call cloud.Call) (tables []string, reading bool) {
	type named struct{ TableName string }
	var in struct {
		named
		statementRequest
		RequestItems       map[string]json.RawMessage
		TransactItems      []map[string]named // by kind
		Statements         []statementRequest
		TransactStatements []statementRequest
	}
	if json.Unmarshal(call.Input, &in) != nil {
		return nil, false // it says nothing of a table
	}
	reading = slices.Contains(reads, call.Action)
	names := []string{in.TableName}
	for _, member := range in.TransactItems {
		for _, request := range member {
			names = append(names, request.TableName)
		}
	}
	for name := range in.RequestItems {
		names = append(names, name)
	}
	for _, one := range slices.Concat([]statementRequest{in.statementRequest}, in.Statements, in.TransactStatements) {
		if s, err := one.parse(); err == nil {
			names = append(names, s.table)
			reading = reading || s.reads()
		}
	}
	for i, name := range names {
		names[i] = name[strings.LastIndex(name, "/")+1:] // it may be an ARN
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" }), reading
}
