package console

// This file looks for items, a page at a time: no table is read as a whole.

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// condition is one on a sort key: what stands between the key and the values, and
// how many values there are.
type condition struct {
	Name, Expression string
	values           int
}

var conditions = []condition{
	{"is", "#s = :s", 1}, {"begins with", "begins_with(#s, :s)", 1}, {"between", "#s BETWEEN :s AND :e", 2},
	{"less than", "#s < :s", 1}, {"at most", "#s <= :s", 1}, {"more than", "#s > :s", 1}, {"at least", "#s >= :s", 1},
}

// columns is how many attributes a list of items shows.
const columns = 8

// items is a part of a table's items, or of an index's, with the form that asks for it.
type items struct {
	table     table
	Index     index
	Partition string // the key's value; empty: any
	Condition string // on the sort key
	Sort, End string // its values; empty: any
	Backwards bool

	Columns []string
	Rows    []item
	Scanned int32
	More    string // the address of what comes after, or empty
}

// Conditions are those that there are.
func (items) Conditions() []condition { return conditions }

// PartitionKey and SortKey are the names of the keys; a table may have no sort key.
func (l items) PartitionKey() string { return *l.Index.Keys[0].AttributeName }

func (l items) SortKey() string {
	if len(l.Index.Keys) < 2 {
		return ""
	}
	return *l.Index.Keys[1].AttributeName
}

// Address is where an item is shown, by its key.
func (l items) Address(i item) string { return l.table.address("item", i) }

func (t table) address(page string, i item) string {
	return addressOf(t.Name(), page, t.keyOf(i))
}

func addressOf(table, page string, key item) string {
	return tablePage(table) + "/" + page + "?" + url.Values{"key": {typed(key)}}.Encode()
}

// keyOf is what identifies an item.
func (t table) keyOf(i item) item {
	key := item{}
	for _, k := range t.KeySchema {
		key[*k.AttributeName] = i[*k.AttributeName]
	}
	return key
}

// items reads those that a request's address asks for.
func (c *console) items(r *http.Request, t table) (l items, err error) {
	query := r.URL.Query()
	l = items{
		table: t, Partition: query.Get("partition"), Condition: query.Get("condition"), Sort: query.Get("sort"), End: query.Get("end"), Backwards: query.Get("backwards") != "",
	}
	if l.Index, err = t.index(query.Get("index")); err != nil {
		return items{}, err
	}
	var from item
	if text := query.Get("from"); text != "" {
		if from, err = itemOf(text); err != nil {
			return items{}, err
		}
	}
	var next item
	if l.Partition == "" {
		next, err = l.scan(r.Context(), c.tables, from)
	} else {
		next, err = l.query(r.Context(), c.tables, from)
	}
	if err != nil {
		return items{}, err
	}
	if next != nil {
		l.More = more(query, aws.String(typed(next)))
	}
	l.Columns = t.columns(l.Index, l.Rows)
	return l, nil
}

// scan reads items in no order that matters, from one on.
func (l *items) scan(ctx context.Context, client *dynamodb.Client, from item) (next item, err error) {
	told, err := client.Scan(ctx, &dynamodb.ScanInput{
		TableName: l.table.TableName, IndexName: given(l.Index.Name), Limit: aws.Int32(onPage), ExclusiveStartKey: from,
	})
	if err != nil {
		return nil, err
	}
	l.show(told.Items)
	return told.LastEvaluatedKey, nil
}

// query reads the items of a partition, in the order of the sort key.
func (l *items) query(ctx context.Context, client *dynamodb.Client, from item) (next item, err error) {
	in := &dynamodb.QueryInput{
		TableName: l.table.TableName, IndexName: given(l.Index.Name), Limit: aws.Int32(onPage), ExclusiveStartKey: from,
		ScanIndexForward: aws.Bool(!l.Backwards), ExpressionAttributeNames: map[string]string{"#p": l.PartitionKey()}, ExpressionAttributeValues: item{},
	}
	if in.ExpressionAttributeValues[":p"], err = l.table.value(l.Index.Keys[0], l.Partition); err != nil {
		return nil, err
	}
	expression := "#p = :p"
	if l.SortKey() != "" && l.Sort != "" {
		place := max(0, slices.IndexFunc(conditions, func(c condition) bool { return c.Name == l.Condition }))
		expression += " AND " + conditions[place].Expression
		in.ExpressionAttributeNames["#s"] = l.SortKey()
		for i, text := range []string{l.Sort, l.End}[:conditions[place].values] {
			if in.ExpressionAttributeValues[[]string{":s", ":e"}[i]], err = l.table.value(l.Index.Keys[1], text); err != nil {
				return nil, err
			}
		}
	}
	in.KeyConditionExpression = &expression
	told, err := client.Query(ctx, in)
	if err != nil {
		return nil, err
	}
	l.show(told.Items)
	return told.LastEvaluatedKey, nil
}

func (l *items) show(found []map[string]types.AttributeValue) {
	for _, i := range found {
		l.Rows = append(l.Rows, i)
	}
}

// columns are the attributes that a list shows: the keys, and what most of the items
// have.
func (t table) columns(by index, rows []item) []string {
	var names []string
	for _, k := range append(slices.Clone(t.KeySchema), by.Keys...) {
		if !slices.Contains(names, *k.AttributeName) {
			names = append(names, *k.AttributeName)
		}
	}
	count := map[string]int{}
	for _, row := range rows {
		for name := range row {
			count[name]++
		}
	}
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(count)), func(name string) bool { return slices.Contains(names, name) })
	slices.SortStableFunc(others, func(a, b string) int { return count[b] - count[a] })
	return append(names, others[:max(0, min(len(others), columns-len(names)))]...)
}
