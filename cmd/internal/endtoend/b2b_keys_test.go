package endtoend

// This file counts which keys of the tables and their indexes the pipeline
// writes to.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	// startsPerSecond is what Step Functions grants an account in the large
	// regions, partitionUnits what DynamoDB lets one partition write.
	startsPerSecond = 300
	partitionUnits  = 1000
)

// A partition that is asked for more than it takes throttles, and transactions
// that are throttled for long fail.
func TestALargeFileOfOnePartnerHeatsNoKey(t *testing.T) {
	t.Parallel()
	const records, size, hottest = 800, 5 << 10, 0.05
	counter := newCounter(t, "TransactionsTable", "OutcomesTable")
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Service == "dynamodb" && about(call, `"spread-`) {
			counter.see(call)
		}
		return nil
	})
	var all []string
	for i := range records {
		all = append(all, record(fmt.Sprintf("spread-%d", i), strings.Repeat("x", size)))
	}
	wantTotals(t, settle(t, "acme", "spread.xml", batch(all...)), records, 0, 0, 0)

	counter.mu.Lock()
	defer counter.mu.Unlock()
	want := 4 // two tables, two indexes
	for place, keys := range counter.units {
		highest, key := 0, ""
		for k, units := range keys {
			if units > highest {
				highest, key = units, k
			}
		}
		rate := float64(highest) / records * startsPerSecond
		t.Logf("%s: %d keys, at most %.1f write units per second (%s)", place, len(keys), rate, key)
		if rate > hottest*partitionUnits {
			t.Errorf("%s: key %s gets %.0f write units per second, more than %.0f%% of a partition", place, key, rate, 100*hottest)
		}
		want--
	}
	if want != 0 {
		t.Errorf("counted writes to %d places", 4-want)
	}
}

// counter adds up the write units that each key takes. The units are
// DynamoDB's: one per KB begun, two in a transaction, and those of an index for
// what it projects.
type counter struct {
	tables map[string]table

	mu    sync.Mutex
	units map[string]map[string]int // by table or index, by key
}

type table struct {
	key     string
	indexes []index
}

type index struct {
	name, key string
	projected map[string]bool
}

// newCounter looks up the keys of the stack's tables, by their outputs.
func newCounter(t *testing.T, outputs ...string) *counter {
	t.Helper()
	c := &counter{tables: map[string]table{}, units: map[string]map[string]int{}}
	for _, name := range outputs {
		name := output(t, name)
		described, err := dynamodb.NewFromConfig(desk.AWS()).DescribeTable(deadline(t), &dynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			t.Fatal(err)
		}
		counted := table{key: *described.Table.KeySchema[0].AttributeName}
		for _, x := range described.Table.GlobalSecondaryIndexes {
			i := index{name: *x.IndexName, key: *x.KeySchema[0].AttributeName, projected: map[string]bool{}}
			for _, key := range append(x.KeySchema, described.Table.KeySchema...) {
				i.projected[*key.AttributeName] = true
			}
			for _, attribute := range x.Projection.NonKeyAttributes {
				i.projected[attribute] = true
			}
			counted.indexes = append(counted.indexes, i)
		}
		c.tables[name] = counted
	}
	return c
}

type put struct {
	TableName string
	Item      map[string]json.RawMessage
}

func (c *counter) see(call cloud.Call) {
	var input struct {
		TransactItems []struct{ Put put }
		put
	}
	if json.Unmarshal(call.Input, &input) != nil {
		return
	}
	for _, write := range input.TransactItems {
		c.count(write.Put, 2)
	}
	c.count(input.put, 1)
}

func (c *counter) count(p put, price int) {
	written, ok := c.tables[p.TableName]
	if !ok || p.Item == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	add := func(place, key string, projects func(string) bool, price int) {
		if _, ok := p.Item[key]; !ok {
			return // an index without the item
		}
		if c.units[place] == nil {
			c.units[place] = map[string]int{}
		}
		bytes := 0
		for name, value := range p.Item {
			if projects(name) {
				bytes += len(name) + len(value)
			}
		}
		c.units[place][string(p.Item[key])] += (bytes + 1023) / 1024 * price
	}
	add(p.TableName, written.key, func(string) bool { return true }, price)
	for _, x := range written.indexes {
		add(p.TableName+"/"+x.name, x.key, func(name string) bool { return x.projected[name] }, 1)
	}
}
