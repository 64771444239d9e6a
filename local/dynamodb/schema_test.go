package dynamodb_test

// This file queries indexes whose keys have several attributes.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// matches makes a table with an index of two partition and three sort attributes, full of items.
func matches(t *testing.T) *cloud.Cloud {
	t.Helper()
	c, _ := service(t)
	made := told(c, "CreateTable", matchesTable("matches",
		`[{"AttributeName": "game", "KeyType": "HASH"}, {"AttributeName": "area", "KeyType": "HASH"},
		  {"AttributeName": "stage", "KeyType": "RANGE"}, {"AttributeName": "half", "KeyType": "RANGE"}, {"AttributeName": "nr", "KeyType": "RANGE"}]`))
	if !strings.Contains(made, `"KeySchema":[{"AttributeName":"game","KeyType":"HASH"},{"AttributeName":"area","KeyType":"HASH"},{"AttributeName":"stage","KeyType":"RANGE"}`) {
		t.Fatal(made)
	}
	id := 0
	for _, region := range []string{"eu", "us"} {
		for _, round := range []int{10, 9} {
			for _, bracket := range []string{"a", "ab", "b"} {
				for match := range 2 {
					id++
					told(c, "PutItem", fmt.Sprintf(`{"TableName": "matches", "Item": {"id": {"S": "%d"}, "game": {"S": "go"}, "area": {"S": %q}, "stage": {"N": "%d"}, "half": {"S": %q}, "nr": {"N": "%d"}}}`,
						id, region, round, bracket, match))
				}
			}
		}
	}
	told(c, "PutItem", `{"TableName": "matches", "Item": {"id": {"S": "x"}, "game": {"S": "go"}, "area": {"S": "eu"}, "stage": {"N": "9"}, "nr": {"N": "1"}}}`)
	return c
}

func matchesTable(name, keys string) string {
	return `{"TableName": "` + name + `", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "game", "AttributeType": "S"}, {"AttributeName": "area", "AttributeType": "S"},
			{"AttributeName": "stage", "AttributeType": "N"}, {"AttributeName": "half", "AttributeType": "S"}, {"AttributeName": "nr", "AttributeType": "N"}],
		"GlobalSecondaryIndexes": [{"IndexName": "byRound", "Projection": {"ProjectionType": "ALL"}, "KeySchema": ` + keys + `}]}`
}

// queried tells which items a query of the index finds, two a page, or its error.
func queried(t *testing.T, c *cloud.Cloud, condition string) string {
	t.Helper()
	values := map[string]string{":g": `{"S": "go"}`, ":e": `{"S": "eu"}`, ":n": `{"N": "9"}`, ":t": `{"N": "10"}`, ":a": `{"S": "a"}`, ":b": `{"S": "b"}`, ":o": `{"N": "1"}`}
	used := map[string]json.RawMessage{}
	for name, v := range values {
		if strings.Contains(condition, name) {
			used[name] = json.RawMessage(v)
		}
	}
	in := map[string]any{"TableName": "matches", "IndexName": "byRound", "KeyConditionExpression": condition, "ExpressionAttributeValues": used, "Limit": 2}
	var found []string
	for {
		input, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Items            []map[string]map[string]string
			LastEvaluatedKey map[string]map[string]string
		}
		answer := told(c, "Query", string(input))
		if json.Unmarshal([]byte(answer), &page) != nil {
			return answer
		}
		for _, item := range page.Items {
			found = append(found, item["stage"]["N"]+item["half"]["S"]+item["nr"]["N"])
		}
		if page.LastEvaluatedKey == nil {
			return strings.Join(found, " ")
		}
		if len(page.LastEvaluatedKey) != 6 {
			t.Fatalf("a page ends at %v", page.LastEvaluatedKey)
		}
		in["ExclusiveStartKey"] = page.LastEvaluatedKey
	}
}

func TestAnIndexIsQueriedByItsAttributesFromLeftToRight(t *testing.T) {
	c := matches(t)
	const partition = "game = :g AND area = :e"
	for _, row := range []struct{ condition, want string }{
		{partition, "9a0 9a1 9ab0 9ab1 9b0 9b1 10a0 10a1 10ab0 10ab1 10b0 10b1"},
		{partition + " AND stage = :n", "9a0 9a1 9ab0 9ab1 9b0 9b1"},
		{partition + " AND stage > :n", "10a0 10a1 10ab0 10ab1 10b0 10b1"},
		{"half = :a AND " + partition + " AND stage = :n", "9a0 9a1"},
		{partition + " AND stage = :n AND half BETWEEN :a AND :b", "9a0 9a1 9ab0 9ab1 9b0 9b1"},
		{partition + " AND stage = :n AND begins_with(half, :a)", "9a0 9a1 9ab0 9ab1"},
		{partition + " AND stage = :t AND half = :a AND nr >= :o", "10a1"},
		{"game = :g", "every HASH key attribute of the index needs an equality condition. Key: area"},
		{"game = :g AND area > :e", "every HASH key attribute of the index needs an equality condition. Key: area"},
		{partition + " AND half = :a", "queried from left to right, and all but the last one need an equality condition. Key: stage"},
		{partition + " AND stage = :n AND nr = :o", "all but the last one need an equality condition. Key: half"},
		{partition + " AND stage > :n AND half = :a", "all but the last one need an equality condition. Key: stage"},
		{partition + " AND stage = :n AND half = :a AND nr = :o AND id = :a", "Query key condition not supported"},
		{partition + " AND stage = :a", "Condition parameter type does not match schema type"},
	} {
		if got := queried(t, c, row.condition); got != row.want && (!strings.Contains(got, row.want) || !strings.HasPrefix(got, "ValidationException")) {
			t.Errorf("%s: %s, want %s", row.condition, got, row.want)
		}
	}
}

func TestOnlyAGlobalIndexHasSeveralAttributesAKey(t *testing.T) {
	const (
		hash   = `{"AttributeName": %q, "KeyType": "HASH"}`
		ranged = `{"AttributeName": %q, "KeyType": "RANGE"}`
	)
	keys := func(kinds ...string) string {
		names := []string{"id", "game", "area", "stage", "half", "nr"}
		for i := range kinds {
			kinds[i] = fmt.Sprintf(kinds[i], names[i])
		}
		return "[" + strings.Join(kinds, ", ") + "]"
	}
	for _, row := range []struct{ name, keys, want string }{
		{"four and two", keys(hash, hash, hash, hash, ranged, ranged), `"TableStatus":"CREATING"`},
		{"two and four", keys(hash, hash, ranged, ranged, ranged, ranged), `"TableStatus":"CREATING"`},
		{"five to part by", keys(hash, hash, hash, hash, hash, ranged), "at most 4 HASH elements"},
		{"five to sort by", keys(hash, ranged, ranged, ranged, ranged, ranged), "at most 4 RANGE elements"},
		{"one of each, one more", keys(hash, ranged, hash, hash, hash, hash), "every HASH element has to precede the RANGE elements"},
		{"nothing to part by", keys(ranged, ranged, ranged, ranged, ranged, ranged), "The first KeySchemaElement is not a HASH key type"},
		{"one twice", strings.ReplaceAll(keys(hash, hash, hash, hash, ranged, ranged), "nr", "id"), "have the same name"},
	} {
		c, _ := service(t)
		if got := told(c, "CreateTable", matchesTable("matches", row.keys)); !strings.Contains(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
		local := strings.ReplaceAll(strings.ReplaceAll(matchesTable("matches", row.keys), "Global", "Local"), `"id", "KeyType": "HASH"}]`, `"id", "KeyType": "HASH"}, {"AttributeName": "nr", "KeyType": "RANGE"}]`)
		if got := told(c, "CreateTable", local); !strings.Contains(got, "Member must have length less than or equal to 2") {
			t.Errorf("%s: a local index: got %s", row.name, got)
		}
	}
}
