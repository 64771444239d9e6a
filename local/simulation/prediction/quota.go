package prediction

// This file is the quotas of an account that asked for no more, in us-east-1.

import (
	"encoding/json"
	"time"

	"golang.org/x/time/rate"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// quota is a token bucket of AWS.
type quota struct {
	name      string
	perSecond rate.Limit
	burst     int
	refusal   func() *cloud.Error
}

type bucket = *rate.Limiter

func rateExceeded() *cloud.Error { return cloud.Errorf(400, "ThrottlingException", "Rate exceeded") }

func throughputExceeded() *cloud.Error {
	return cloud.Errorf(400, "ProvisionedThroughputExceededException", "Throughput exceeds the maximum of a partition key value or of a new table.")
}

// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
var (
	startsStandard = quota{"StartExecution of Standard workflows", 300, 1300, rateExceeded}
	startsExpress  = quota{"StartExecution of Express workflows", 6000, 6000, rateExceeded}
	transitions    = quota{"state transitions", 5000, 5000, rateExceeded}
)

// Of on-demand tables: 1,000 write units a second for what has one partition key
// value, and 4,000 for a table that was not busier before. Reads have three times
// as much and are not held to it; neither are indexes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
var (
	writesOfKey   = quota{"writes of one partition key value", 1000, 1000, throughputExceeded}
	writesOfTable = quota{"writes of a table", 4000, 4000, throughputExceeded}
)

// demand is what a call takes of a bucket.
type demand struct {
	quota quota
	of    string // whose bucket it is
	units int
}

// demands are what a call takes.
func (m *meter) demands(call cloud.Call) []demand {
	switch call.Service + ":" + call.Action {
	case "states:StateTransition":
		if m.machines[last(call.Caller.ARN)] == standard {
			return []demand{{transitions, "", 1}}
		}
	case "states:StartExecution":
		var input struct {
			StateMachineArn string `json:"stateMachineArn"`
		}
		if json.Unmarshal(call.Input, &input) == nil && m.machines[last(input.StateMachineArn)] == standard {
			return []demand{{startsStandard, "", 1}}
		}
		return []demand{{startsExpress, "", 1}}
	case "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem":
		return m.writes([]json.RawMessage{call.Input}, 1)
	case "dynamodb:TransactWriteItems":
		var input struct{ TransactItems []map[string]json.RawMessage }
		if json.Unmarshal(call.Input, &input) != nil {
			return nil
		}
		var writes []json.RawMessage
		for _, item := range input.TransactItems {
			for kind, write := range item {
				if kind != "ConditionCheck" {
					writes = append(writes, write)
				}
			}
		}
		return m.writes(writes, 2)
	}
	return nil
}

// writes are what items take that are put, changed or deleted: so many units per KB
// of what is sent.
func (m *meter) writes(items []json.RawMessage, perKB int) []demand {
	var demands []demand
	for _, raw := range items {
		var write struct {
			TableName string
			Item, Key map[string]json.RawMessage
		}
		if json.Unmarshal(raw, &write) != nil {
			continue
		}
		table := last(write.TableName)
		units := perKB * (1 + len(raw)/1024)
		key := write.Key[m.keys[table]]
		if key == nil {
			key = write.Item[m.keys[table]]
		}
		demands = append(demands, demand{writesOfTable, table, units}, demand{writesOfKey, table + " " + string(key), units})
	}
	return demands
}

// admit takes what a call demands of all buckets, or of none and tells which one
// has too little.
func (m *meter) admit(call cloud.Call) error {
	now := time.Now()
	var taken []*rate.Reservation
	for _, d := range m.demands(call) {
		name := d.quota.name + " " + d.of
		if m.buckets[name] == nil {
			m.buckets[name] = rate.NewLimiter(d.quota.perSecond, d.quota.burst)
		}
		r := m.buckets[name].ReserveN(now, min(d.units, d.quota.burst))
		taken = append(taken, r)
		if r.DelayFrom(now) > 0 {
			for _, r := range taken {
				r.CancelAt(now)
			}
			m.throttled[d.quota.name]++
			return d.quota.refusal()
		}
	}
	return nil
}
