// Package dynamodb is Amazon DynamoDB in memory: tables, indexes, expressions,
// transactions and times to live, with the answers and errors of AWS.
package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Options of New.
type Options struct {
	// Assets returns the path of a file with the content of an S3 object, for
	// tables that import their first items. Without it, such a table fails.
	Assets func(bucket, key string) (path string, err error)
}

// DynamoDB is the service. Reads and writes are serializable: one lock guards
// all rows, and what is parsed, checked and encoded is so outside of it.
type DynamoDB struct {
	cloud   *cloud.Cloud
	options Options
	actions map[string]action

	mu     sync.RWMutex
	tables map[string]*table
	tokens tokens
}

type action func(caller cloud.Caller, input json.RawMessage) (any, error)

// New returns the service, without tables. Items expire until c is closed.
func New(c *cloud.Cloud, options Options) *DynamoDB {
	d := &DynamoDB{cloud: c, options: options, tables: map[string]*table{}, tokens: newTokens()}
	d.actions = map[string]action{
		"BatchGetItem":       handle(d.batchGetItem),
		"BatchWriteItem":     handle(d.batchWriteItem),
		"CreateTable":        handle(d.createTable),
		"DeleteItem":         handle(d.deleteItem),
		"DeleteTable":        handle(d.deleteTable),
		"DescribeTable":      handle(d.describeTable),
		"DescribeTimeToLive": handle(d.describeTimeToLive),
		"GetItem":            handle(d.getItem),
		"ListTables":         handle(d.listTables),
		"PutItem":            handle(d.putItem),
		"Query":              handle(d.query),
		"Scan":               handle(d.scan),
		"TransactGetItems":   handle(d.transactGetItems),
		"TransactWriteItems": handle(d.transactWriteItems),
		"UpdateItem":         handle(d.updateItem),
	}
	c.Go(d.expireItems)
	return d
}

// Supports implements cloud.API.
func (d *DynamoDB) Supports(action string) bool { return d.actions[action] != nil }

// Call implements cloud.API. Its errors are those of the DynamoDB API;
// parameters that expressions have replaced, such as Expected, are refused
// with a ValidationException.
func (d *DynamoDB) Call(_ context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	perform, ok := d.actions[action]
	if !ok {
		return nil, cloud.Errorf(400, "UnknownOperationException", "the local engine does not serve dynamodb:%s", action)
	}
	output, err := perform(caller, input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(output)
}

// handle makes an action of a function over the request's shape.
func handle[In, Out any](perform func(cloud.Caller, In) (Out, error)) action {
	return func(caller cloud.Caller, input json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(input, &in); err != nil {
			if documented, ok := errors.AsType[*cloud.Error](err); ok {
				return nil, documented
			}
			return nil, cloud.Errorf(400, "SerializationException", "%v", err)
		}
		return perform(caller, in)
	}
}

const (
	expiryInterval = time.Minute
	expiryBatch    = 1000 // rows per table between two releases of the lock
)

// expireItems deletes rows whose time to live has passed, once a minute.
func (d *DynamoDB) expireItems(ctx context.Context) {
	ticker := time.NewTicker(expiryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, t := range d.allTables() {
				for ctx.Err() == nil && d.expireBatch(t, now) {
				}
			}
		}
	}
}

// expireBatch tells whether there may be more to delete.
func (d *DynamoDB) expireBatch(t *table, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return t.expire(now, expiryBatch) == expiryBatch
}

func (d *DynamoDB) allTables() []*table {
	d.mu.RLock()
	defer d.mu.RUnlock()
	tables := make([]*table, 0, len(d.tables))
	for _, t := range d.tables {
		tables = append(tables, t)
	}
	return tables
}
