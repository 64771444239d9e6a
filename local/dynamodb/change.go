package dynamodb

// This file updates tables that have items.

import (
	"maps"
	"reflect"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// update gives the table of a name the shape of another one, as a template has it.
func (d *DynamoDB) update(wanted *table, before []cloud.Tag) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tables[wanted.name]
	if !ok {
		return notFound()
	}
	if err := d.reshape(t, wanted.shape.Load()); err != nil {
		return err
	}
	tags := cloud.RedeclaredTagMap(t.tags, before, nil)
	maps.Copy(tags, wanted.tags)
	t.tags = tags
	return nil
}

// reshape gives a table another shape, which nobody knows, and fits its rows and
// its stream to it. The lock is held.
func (d *DynamoDB) reshape(t *table, next *shape) error {
	now := t.shape.Load()
	if err := now.becomes(next); err != nil {
		return err
	}
	for i, x := range next.indexes {
		if old := now.index(x.name); old != nil {
			next.indexes[i] = old
			continue
		}
		t.eachRow(func(r *row, i item) { x.replace(nil, r, nil, i) })
	}
	if next.ttl != now.ttl {
		t.expiries = sorted{}
		t.eachRow(func(r *row, i item) { t.replaceExpiry(next.ttl, nil, r, nil, i) })
	}
	if next.spec.BillingMode == now.spec.BillingMode {
		next.since = now.since
	}
	t.shape.Store(next)
	d.follow(t, time.Now())
	return nil
}

func (t *table) eachRow(do func(*row, item)) {
	for _, block := range t.rows.blocks {
		for _, e := range block {
			do(e.row, e.row.item())
		}
	}
}

// becomes refuses what DynamoDB does not do in one update.
func (s *shape) becomes(next *shape) error {
	for _, old := range s.spec.AttributeDefinitions {
		for _, definition := range next.spec.AttributeDefinitions {
			if definition.AttributeName == old.AttributeName && definition != old {
				return cfn.ErrReplace
			}
		}
	}
	if !reflect.DeepEqual(s.spec.LocalSecondaryIndexes, next.spec.LocalSecondaryIndexes) {
		return invalid("Updates of LocalSecondaryIndexes are not supported: local secondary indexes are created with their table")
	}
	if s.ttl != "" && next.ttl != "" && s.ttl != next.ttl {
		return errOtherTimeToLive(s.ttl)
	}
	return s.indexesBecome(next)
}

func errOtherTimeToLive(attribute string) error {
	return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", attribute)
}

func (s *shape) indexesBecome(next *shape) error {
	changes := 0
	for _, spec := range next.spec.GlobalSecondaryIndexes {
		old := s.spec.globalIndex(spec.IndexName)
		switch {
		case old == nil:
			changes++
		case !reflect.DeepEqual(old.withoutThroughput(), spec.withoutThroughput()):
			return invalid("Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.")
		}
	}
	for _, spec := range s.spec.GlobalSecondaryIndexes {
		if next.spec.globalIndex(spec.IndexName) == nil {
			changes++
		}
	}
	if changes > 1 {
		return invalid("Cannot perform more than one GSI creation or deletion in a single update")
	}
	return nil
}

// withoutThroughput is what an index is made of, which does not change.
func (s indexSpec) withoutThroughput() indexSpec {
	s.ProvisionedThroughput, s.OnDemandThroughput, s.WarmThroughput = nil, nil, nil
	return s
}

func (s tableSpec) globalIndex(name string) *indexSpec {
	for i, spec := range s.GlobalSecondaryIndexes {
		if spec.IndexName == name {
			return &s.GlobalSecondaryIndexes[i]
		}
	}
	return nil
}
