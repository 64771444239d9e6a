package dynamodb_test

// This file updates tables that have items.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

// tableStack is a stack of one table.
type tableStack struct {
	*cfn.Created
	t    *testing.T
	d    *dynamodb.DynamoDB
	kind string
}

func deploy(t *testing.T, d *dynamodb.DynamoDB, kind, properties string) *tableStack {
	t.Helper()
	s := &tableStack{t: t, d: d, kind: kind}
	stack, types := s.stack(properties)
	var err error
	if s.Created, err = stack.Create(t.Context(), types); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *tableStack) stack(properties string) (*cfn.Stack, map[string]cfn.Type) {
	s.t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {"Table": {"Type": "` + s.kind + `", "Properties": {` + properties + `}}}}`))
	if err != nil {
		s.t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range s.d.Types() {
		types[typ.Name] = typ
	}
	return &cfn.Stack{Name: "app", Site: site, Template: template}, types
}

// update returns why the table could not be updated, when it is what it was again.
func (s *tableStack) update(properties string) error {
	s.t.Helper()
	to, _ := s.stack(properties)
	err := s.Update(s.t.Context(), to)
	if err != nil {
		if err := s.Rollback(s.t.Context(), nil); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.CleanUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if failure, ok := err.(*cfn.Failure); ok {
		return failure.Cause
	}
	return err
}

func (s *tableStack) mustUpdate(properties string) {
	s.t.Helper()
	if err := s.update(properties); err != nil {
		s.t.Fatal(err)
	}
}

// ordersOf define "id" and others, all of type S.
func ordersOf(others ...string) string {
	defined := []string{`{"AttributeName": "id", "AttributeType": "S"}`}
	for _, name := range others {
		defined = append(defined, `{"AttributeName": "`+name+`", "AttributeType": "S"}`)
	}
	return `"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [` + strings.Join(defined, ", ") + `]`
}

// indexed are global indexes, each by the attribute of its name.
func indexed(names ...string) string {
	var indexes []string
	for _, name := range names {
		indexes = append(indexes, `{"IndexName": "by-`+name+`", "KeySchema": [{"AttributeName": "`+name+`", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}`)
	}
	return `, "GlobalSecondaryIndexes": [` + strings.Join(indexes, ", ") + `]`
}

func TestAnIndexIsAddedToATableWithItemsAndTakenAway(t *testing.T) {
	for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"} {
		t.Run(kind, func(t *testing.T) {
			c, d := service(t)
			s := deploy(t, d, kind, ordersOf())
			for _, item := range []string{`"id": {"S": "a"}, "city": {"S": "Bonn"}`, `"id": {"S": "b"}, "city": {"N": "7"}`, `"id": {"S": "c"}`} {
				call(c, "PutItem", `{"TableName": "orders", "Item": {`+item+`}}`)
			}
			id := s.Handles["Table"].Attributes["TableId"]
			found := func() string {
				return call(c, "Query", `{"TableName": "orders", "IndexName": "by-city", "KeyConditionExpression": "city = :c", "ExpressionAttributeValues": {":c": {"S": "Bonn"}}, "Select": "COUNT"}`)
			}
			s.mustUpdate(ordersOf("city") + indexed("city"))
			if got := found(); got != `{"Count":1,"ScannedCount":1}` {
				t.Errorf("the new index has %s", got)
			}
			call(c, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "b"}, "city": {"S": "Bonn"}}}`)
			if got := found(); got != `{"Count":2,"ScannedCount":2}` {
				t.Errorf("with another item it has %s", got)
			}
			call(c, "DeleteItem", `{"TableName": "orders", "Key": {"id": {"S": "a"}}}`)
			if got := found(); got != `{"Count":1,"ScannedCount":1}` {
				t.Errorf("without one it has %s", got)
			}
			if got := call(c, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "d"}, "city": {"N": "7"}}}`); !strings.Contains(got, "Type mismatch for Index Key city") {
				t.Errorf("an item that cannot be in it: %s", got)
			}
			s.mustUpdate(ordersOf())
			if got := found(); !strings.Contains(got, "does not have the specified index") {
				t.Errorf("taken away, it has %s", got)
			}
			if got := call(c, "Scan", `{"TableName": "orders", "Select": "COUNT"}`); got != `{"Count":2,"ScannedCount":2}` || s.Handles["Table"].Attributes["TableId"] != id {
				t.Errorf("the table has %s", got)
			}
		})
	}
}

func TestAnIndexIsFullFromTheStartWhereOthersAreKept(t *testing.T) {
	c, d := service(t)
	s := deploy(t, d, "AWS::DynamoDB::Table", ordersOf("city")+indexed("city"))
	call(c, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "a"}, "city": {"S": "Bonn"}, "street": {"S": "Am Markt"}}}`)
	s.mustUpdate(ordersOf("city", "street") + indexed("street", "city"))
	for _, name := range []string{"by-city", "by-street"} {
		if got := call(c, "Scan", `{"TableName": "orders", "IndexName": "`+name+`", "Select": "COUNT"}`); got != `{"Count":1,"ScannedCount":1}` {
			t.Errorf("%s has %s", name, got)
		}
	}
}

func TestDynamoDBRefusesSomeUpdates(t *testing.T) {
	local := func(name string) string {
		return `"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
			"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "S"}],
			"LocalSecondaryIndexes": [{"IndexName": "` + name + `", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}]`
	}
	mortal := func(attribute string) string {
		return ordersOf() + `, "TimeToLiveSpecification": {"AttributeName": "` + attribute + `", "Enabled": true}`
	}
	for _, row := range []struct{ name, before, after, want string }{
		{"two new indexes", ordersOf(), ordersOf("a", "b") + indexed("a", "b"), "Cannot perform more than one GSI creation or deletion in a single update"},
		{"two indexes less", ordersOf("a", "b") + indexed("a", "b"), ordersOf(), "Cannot perform more than one GSI creation or deletion in a single update"},
		{"one for another", ordersOf("a") + indexed("a"), ordersOf("b") + indexed("b"), "Cannot perform more than one GSI creation or deletion in a single update"},
		{"another projection", ordersOf("a") + indexed("a"), strings.Replace(ordersOf("a")+indexed("a"), `"ALL"`, `"KEYS_ONLY"`, 1), "Cannot update GSI's properties other than"},
		{"another local index", local("one"), local("two"), "Updates of LocalSecondaryIndexes are not supported"},
		{"another time to live at once", mortal("a"), mortal("b"), "TimeToLive is active on a different AttributeName: current AttributeName is a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, d := service(t)
			s := deploy(t, d, "AWS::DynamoDB::Table", row.before)
			before := call(c, "DescribeTable", `{"TableName": "orders"}`)
			if err := s.update(row.after); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %s", err, row.want)
			}
			if after := call(c, "DescribeTable", `{"TableName": "orders"}`); after != before {
				t.Errorf("the table is %s, and was %s", after, before)
			}
		})
	}
}

func TestATableIsReplacedForAnotherTypeOfAnAttribute(t *testing.T) {
	_, d := service(t)
	unnamed := func(properties string) string { return strings.Replace(properties, `"TableName": "orders", `, "", 1) }
	s := deploy(t, d, "AWS::DynamoDB::Table", unnamed(ordersOf("city")+indexed("city")))
	ref := s.Handles["Table"].Ref
	s.mustUpdate(strings.Replace(unnamed(ordersOf("city")+indexed("city")), `"city", "AttributeType": "S"`, `"city", "AttributeType": "N"`, 1))
	if s.Handles["Table"].Ref == ref {
		t.Errorf("%s is still the table", ref)
	}
}

func TestItemsThatAreThereExpireWhenATimeToLiveIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(site)
		defer c.Close()
		d := dynamodb.New(c, dynamodb.Options{})
		c.Register("dynamodb", d)
		mortal := ordersOf() + `, "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}`
		s := deploy(t, d, "AWS::DynamoDB::Table", ordersOf())
		put := func(id string, after time.Duration) {
			call(c, "PutItem", fmt.Sprintf(`{"TableName": "orders", "Item": {"id": {"S": %q}, "until": {"N": "%d"}}}`, id, time.Now().Add(after).Unix()))
		}
		count := func() string { return call(c, "Scan", `{"TableName": "orders", "Select": "COUNT"}`) }
		put("a", time.Minute)
		put("b", time.Hour)
		s.mustUpdate(mortal)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := count(); got != `{"Count":1,"ScannedCount":1}` {
			t.Errorf("with a time to live, %s are left", got)
		}
		s.mustUpdate(ordersOf())
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := count(); got != `{"Count":1,"ScannedCount":1}` {
			t.Errorf("without one, %s are left", got)
		}
		s.mustUpdate(mortal)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := count(); got != `{"Count":0,"ScannedCount":0}` {
			t.Errorf("with one again, %s are left", got)
		}
	})
}

func TestDeletionProtectionAndBillingAreUpdated(t *testing.T) {
	for kind, protection := range map[string]string{
		"AWS::DynamoDB::Table":       `, "DeletionProtectionEnabled": true`,
		"AWS::DynamoDB::GlobalTable": `, "Replicas": [{"Region": "eu-west-1", "DeletionProtectionEnabled": true}]`,
	} {
		t.Run(kind, func(t *testing.T) {
			c, d := service(t)
			s := deploy(t, d, kind, strings.Replace(ordersOf(), "PAY_PER_REQUEST", "PROVISIONED", 1))
			s.mustUpdate(ordersOf() + protection)
			got := call(c, "DescribeTable", `{"TableName": "orders"}`)
			if !strings.Contains(got, `"BillingMode":"PAY_PER_REQUEST"`) || !strings.Contains(got, `"DeletionProtectionEnabled":true`) {
				t.Errorf("the table is %s", got)
			}
			if err := s.Delete(t.Context(), cfn.Deletion{}); err == nil {
				t.Error("a protected table is deleted")
			}
			s.mustUpdate(ordersOf())
			if err := s.Delete(t.Context(), cfn.Deletion{}); err != nil {
				t.Error(err)
			}
		})
	}
}
