// Package dynamodb is Amazon DynamoDB in memory: tables, indexes, expressions,
// transactions and times to live, with the answers and errors of AWS.
package dynamodb

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Options of New.
type Options struct {
	// Open opens an object in S3, for tables that import their first items.
	// Without it, such a table fails.
	Open func(ctx context.Context, bucket, key string) (io.Reader, error)
}

// DynamoDB is the service. It implements cloud.API.
//
// Reads and writes are serializable: one lock guards all rows, and what is
// parsed, checked and encoded is so outside of it.
type DynamoDB struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options
	metrics metrics

	mu      sync.RWMutex
	tables  map[string]*table
	streams map[string]*stream // by ARN
	tokens  tokens
}

// New returns the service, without tables. Items expire until c is closed.
func New(c *cloud.Cloud, options Options) *DynamoDB {
	d := &DynamoDB{cloud: c, options: options, metrics: newMetrics(c), tables: map[string]*table{}, streams: map[string]*stream{}, tokens: newTokens()}
	d.Operations = cloud.Operations{
		"BatchGetItem":          cloud.Handle(d.batchGetItem).TellingPast(),
		"BatchWriteItem":        cloud.Handle(d.batchWriteItem),
		"BatchExecuteStatement": cloud.Handle(d.batchExecuteStatement),
		"ExecuteStatement":      cloud.Handle(d.executeStatement),
		"ExecuteTransaction":    cloud.Handle(d.executeTransaction),
		"CreateTable":           cloud.Handle(d.createTable).Without("LocalSecondaryIndexes.ProvisionedThroughput", "LocalSecondaryIndexes.OnDemandThroughput", "LocalSecondaryIndexes.WarmThroughput"),
		"DeleteItem":            cloud.Handle(d.deleteItem),
		"DeleteTable":           cloud.Handle(d.deleteTable),
		"DescribeStream":        cloud.Handle(d.describeStream),
		"GetRecords":            cloud.Handle(d.getRecords),
		"GetShardIterator":      cloud.Handle(d.getShardIterator),
		"ListStreams":           cloud.Handle(d.listStreams),
		"DescribeTable":         cloud.Handle(d.describeTable).TellingPast(),
		"DescribeTimeToLive":    cloud.Handle(d.describeTimeToLive),
		"GetItem":               cloud.Handle(d.getItem).TellingPast().TellingCauses(),
		"ListTables":            cloud.Handle(d.listTables),
		"PutItem":               cloud.Handle(d.putItem),
		"Query":                 cloud.Handle(d.query).TellingPast(),
		"Scan":                  cloud.Handle(d.scan).TellingPast(),
		"TransactGetItems":      cloud.Handle(d.transactGetItems),
		"TransactWriteItems":    cloud.Handle(d.transactWriteItems),
		"UpdateItem":            cloud.Handle(d.updateItem),
		"ListTagsOfResource":    cloud.Handle(d.listTags),
		"TagResource":           cloud.Handle(d.tagResource),
		"UntagResource":         cloud.Handle(d.untagResource),
		"UpdateTable":           cloud.Handle(d.updateTable),
		"UpdateTimeToLive":      cloud.Handle(d.updateTimeToLive),
	}
	c.Go(d.expireItems)
	return d
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
			d.pass(now)
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
