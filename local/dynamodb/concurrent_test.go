package dynamodb_test

// This file changes tables from several sides at the same time.

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

const concurrentTable = `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]`

// Of updates at the same time each one lasts, whatever else the others change.
func TestUpdatesAtTheSameTimeLoseNothing(t *testing.T) {
	c, _ := service(t)
	told(c, "CreateTable", concurrentTable+"}")
	update := func(action, members, shown, description string, round int) {
		if got := told(c, action, `{"TableName": "orders", `+members+`}`); strings.Contains(got, "Exception") {
			t.Errorf("round %d: %s: %s", round, action, got)
		}
		if got := told(c, description, `{"TableName": "orders"}`); !strings.Contains(got, shown) {
			t.Errorf("round %d: after %s no %s in %s", round, members, shown, got)
		}
	}
	const rounds = 2000
	var sides sync.WaitGroup
	sides.Go(func() {
		for i := range rounds {
			on := i%2 == 0
			update("UpdateTable", fmt.Sprintf(`"DeletionProtectionEnabled": %v`, on), fmt.Sprintf(`"DeletionProtectionEnabled":%v`, on), "DescribeTable", i)
		}
	})
	sides.Go(func() {
		for i := range rounds {
			units := fmt.Sprintf(`"OnDemandThroughput": {"MaxReadRequestUnits": %d}`, i+1)
			update("UpdateTable", units, strings.ReplaceAll(units, " ", ""), "DescribeTable", i)
		}
	})
	sides.Go(func() {
		for i := range rounds {
			status := map[bool]string{true: "ENABLED", false: "DISABLED"}[i%2 == 0]
			update("UpdateTimeToLive", fmt.Sprintf(`"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": %v}`, i%2 == 0), status, "DescribeTimeToLive", i)
		}
	})
	sides.Wait()
}

// Of those who delete a table, and make one of its name, none deletes what another made.
func TestATableIsDeletedOnce(t *testing.T) {
	c, _ := service(t)
	var mu sync.Mutex
	made, deleted := 0, 0
	var sides sync.WaitGroup
	for range 4 {
		sides.Go(func() {
			for range 1000 {
				created := strings.HasPrefix(told(c, "CreateTable", concurrentTable+"}"), "{")
				gone := strings.HasPrefix(told(c, "DeleteTable", `{"TableName": "orders"}`), "{")
				mu.Lock()
				if created {
					made++
				}
				if gone {
					deleted++
				}
				mu.Unlock()
			}
		})
	}
	sides.Wait()
	if made != deleted {
		t.Errorf("%d tables were made, and %d deleted", made, deleted)
	}
}

// Answers about several tables are in an order, the same each time.
func TestSeveralTablesAreToldOfInOrder(t *testing.T) {
	c, _ := service(t)
	var names []string
	var puts, members, gets []string
	for i := range 6 {
		name := fmt.Sprintf("orders%d", i)
		told(c, "CreateTable", strings.Replace(concurrentTable, "orders", name, 1)+"}")
		names = append(names, fmt.Sprintf(`"TableName":%q`, name))
		puts = append(puts, fmt.Sprintf(`%q: [{"PutRequest": {"Item": {"id": {"S": "1"}}}}]`, name))
		members = append(members, fmt.Sprintf(`{"Put": {"TableName": %q, "Item": {"id": {"S": "2"}}}}`, name))
		gets = append(gets, fmt.Sprintf(`{"Get": {"TableName": %q, "Key": {"id": {"S": "2"}}}}`, name))
	}
	for _, row := range []struct{ action, members string }{
		{"BatchWriteItem", `"RequestItems": {` + strings.Join(puts, ",") + `}`},
		{"TransactWriteItems", `"TransactItems": [` + strings.Join(members, ",") + `]`},
		{"TransactGetItems", `"TransactItems": [` + strings.Join(gets, ",") + `]`},
	} {
		got := told(c, row.action, `{"ReturnConsumedCapacity": "TOTAL", `+row.members+`}`)
		place := -1
		for _, name := range names {
			at := strings.Index(got, name)
			if at <= place {
				t.Errorf("%s: %s is not in its place in %s", row.action, name, got)
			}
			place = at
		}
		if got := told(c, row.action, `{"ReturnConsumedCapacity": "ALL", `+row.members+`}`); !strings.Contains(got, "Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]") {
			t.Errorf("%s tells of ALL: %s", row.action, got)
		}
	}
	none := `{"RequestItems": {` + strings.ReplaceAll(strings.Join(puts, ","), `[{"PutRequest": {"Item": {"id": {"S": "1"}}}}]`, "[]") + `}}`
	for range 10 {
		if got := told(c, "BatchWriteItem", none); !strings.Contains(got, "requestItems.orders0.member") {
			t.Fatalf("not the first is told of: %s", got)
		}
	}
}
