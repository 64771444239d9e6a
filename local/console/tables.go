package console

// This file shows tables. Their items are in items.go.

import (
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (c *console) serveTables(mux *http.ServeMux) {
	mux.Handle("GET /tables", c.Page(c.tableList))
	mux.Handle("GET /tables/{name}", c.Page(c.tablePage))
	mux.Handle("GET /tables/{name}/item", c.Page(c.itemPage))
	mux.Handle("GET /tables/{name}/new", c.Page(c.newItem))
	mux.Handle("POST /tables/{name}/item", c.Action(c.putItem))
	mux.Handle("GET /tables/{name}/delete", c.Page(c.askDeleteItem))
	mux.Handle("POST /tables/{name}/delete", c.Action(c.deleteItem))
}

// tablePage is the address of a table's page.
func tablePage(name string) string { return "/tables/" + url.PathEscape(name) }

// table is one as DynamoDB describes it.
type table struct{ *types.TableDescription }

func (c *console) table(r *http.Request) (table, error) {
	name := r.PathValue("name")
	told, err := c.tables.DescribeTable(r.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return table{}, err
	}
	return table{told.Table}, nil
}

// Name is the table's.
func (t table) Name() string { return aws.ToString(t.TableName) }

// index is a table's index, or the table itself.
type index struct {
	Name       string // empty: the table
	Kind       string
	Keys       []types.KeySchemaElement // the partition key, and the sort key if there is one
	Projection string
	Status     string
}

// Indexes are a table and its indexes.
func (t table) Indexes() []index {
	all := []index{{Kind: "table", Keys: t.KeySchema, Projection: "ALL", Status: string(t.TableStatus)}}
	for _, i := range t.GlobalSecondaryIndexes {
		all = append(all, index{*i.IndexName, "global", i.KeySchema, string(i.Projection.ProjectionType), string(i.IndexStatus)})
	}
	for _, i := range t.LocalSecondaryIndexes {
		all = append(all, index{*i.IndexName, "local", i.KeySchema, string(i.Projection.ProjectionType), string(t.TableStatus)})
	}
	return all
}

// index finds one by its name.
func (t table) index(name string) (index, error) {
	for _, i := range t.Indexes() {
		if i.Name == name {
			return i, nil
		}
	}
	return index{}, &Fault{http.StatusNotFound, "The table has no index " + name + "."}
}

// TypeOf is the type of a key's attribute: S, N or B.
func (t table) TypeOf(attribute *string) types.ScalarAttributeType {
	for _, d := range t.AttributeDefinitions {
		if *d.AttributeName == *attribute {
			return d.AttributeType
		}
	}
	return types.ScalarAttributeTypeS
}

// Capacity is how a table is paid for.
func (t table) Capacity() string {
	if b := t.BillingModeSummary; b != nil && b.BillingMode == types.BillingModePayPerRequest {
		return "on demand"
	}
	return "provisioned"
}

// tableList is the page of tables.
type tableList struct {
	Tables []table
	More   string // the address of what comes after, or empty
}

func (c *console) tableList(r *http.Request) (View, error) {
	query := r.URL.Query()
	listed, err := c.tables.ListTables(r.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(onPage), ExclusiveStartTableName: given(query.Get("from"))})
	if err != nil {
		return View{}, err
	}
	l := tableList{More: more(query, listed.LastEvaluatedTableName)}
	for _, name := range listed.TableNames {
		told, err := c.tables.DescribeTable(r.Context(), &dynamodb.DescribeTableInput{TableName: &name})
		if missing(err) { // meanwhile
			continue
		}
		if err != nil {
			return View{}, err
		}
		l.Tables = append(l.Tables, table{told.Table})
	}
	return View{"Tables", "tables.html", l}, nil
}

// tableView is the page of a table.
type tableView struct {
	table
	TimeToLive string // the attribute, or empty
	Items      items
}

func (c *console) tablePage(r *http.Request) (View, error) {
	t, err := c.table(r)
	if err != nil {
		return View{}, err
	}
	v := tableView{table: t}
	if v.TimeToLive, err = c.timeToLive(r, t); err != nil {
		return View{}, err
	}
	if v.Items, err = c.items(r, t); err != nil {
		return View{}, err
	}
	return View{t.Name(), "table.html", v}, nil
}

// timeToLive is the name of the attribute that says when an item expires, or empty.
func (c *console) timeToLive(r *http.Request, t table) (string, error) {
	told, err := c.tables.DescribeTimeToLive(r.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: t.TableName})
	if err != nil || told.TimeToLiveDescription == nil {
		return "", err
	}
	return aws.ToString(told.TimeToLiveDescription.AttributeName), nil
}
