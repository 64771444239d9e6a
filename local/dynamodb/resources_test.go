package dynamodb_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

// declare creates a resource from a template.
func declare(t testing.TB, d *dynamodb.DynamoDB, kind, properties string) (cfn.Handle, error) {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {"Table": {"Type": "` + kind + `", "Properties": ` + properties + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range d.Types() {
		types[typ.Name] = typ
	}
	if faults := template.Check(types); len(faults) > 0 {
		t.Fatal(faults)
	}
	created, err := (&cfn.Stack{Name: "app", Site: site, Template: template}).Create(t.Context(), types)
	if err != nil {
		return cfn.Handle{}, err
	}
	return created.Handles["Table"], nil
}

const keyed = `"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"`

// call performs an action as the administrator and returns its answer, or
// its error's text.
func call(c *cloud.Cloud, action, input string) string {
	output, err := c.Call(context.Background(), c.Administrator(), "dynamodb", action, json.RawMessage(input))
	if err != nil {
		return err.Error()
	}
	return string(output)
}

func TestTablesAreDeclaredAsCDKDoes(t *testing.T) {
	for kind, properties := range map[string]string{
		"AWS::DynamoDB::Table": `{` + keyed + `, "TableName": "named", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "SSESpecification": {"SSEEnabled": "true"}, "Tags": [{"Key": "a", "Value": "b"}],
			"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}}`,
		"AWS::DynamoDB::GlobalTable": `{` + keyed + `, "TableName": "named", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": "true"},
			"Replicas": [{"Region": "eu-west-1", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "TableClass": "STANDARD", "Tags": []}]}`,
	} {
		c, d := service(t)
		handle, err := declare(t, d, kind, properties)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if handle.Ref != "named" || handle.Attributes["Arn"] != "arn:aws:dynamodb:eu-west-1:111122223333:table/named" {
			t.Errorf("%s: handle %v", kind, handle)
		}
		if got := call(c, "DescribeTimeToLive", `{"TableName": "named"}`); !strings.Contains(got, `"AttributeName":"ttl"`) {
			t.Errorf("%s: %s", kind, got)
		}
		if got := call(c, "DescribeTable", fmt.Sprintf(`{"TableName": %q}`, handle.Attributes["Arn"])); !strings.Contains(got, `"BillingMode":"PAY_PER_REQUEST"`) {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// Tags that a call has given stay.
func TestATableHasTheTagsOfItsTemplate(t *testing.T) {
	for kind, tags := range map[string]string{"AWS::DynamoDB::Table": `"Tags": [%s]`, "AWS::DynamoDB::GlobalTable": `"Replicas": [{"Region": "eu-west-1", "Tags": [%s]}]`} {
		t.Run(kind, func(t *testing.T) {
			c, d := service(t)
			types := map[string]cfn.Type{}
			for _, typ := range d.Types() {
				types[typ.Name] = typ
			}
			stack := func(given string) *cfn.Stack {
				template, err := cfn.Parse([]byte(`{"Resources": {"Table": {"Type": "` + kind + `", "Properties": {` + keyed + `, "TableName": "named", ` + fmt.Sprintf(tags, given) + `}}}}`))
				if err != nil {
					t.Fatal(err)
				}
				return &cfn.Stack{Name: "app", Site: site, Template: template}
			}
			created, err := stack(`{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}`).Create(t.Context(), types)
			if err != nil {
				t.Fatal(err)
			}
			arn := created.Handles["Table"].Attributes["Arn"].(string)
			list := func() string { return call(c, "ListTagsOfResource", `{"ResourceArn": "`+arn+`"}`) }
			if got, want := list(), `{"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]}`; got != want {
				t.Errorf("the tags are %s, want %s", got, want)
			}
			call(c, "TagResource", `{"ResourceArn": "`+arn+`", "Tags": [{"Key": "own", "Value": "x"}]}`)
			if err := created.Update(t.Context(), stack(`{"Key": "b", "Value": "3"}`)); err != nil {
				t.Fatal(err)
			}
			if got, want := list(), `{"Tags":[{"Key":"b","Value":"3"},{"Key":"own","Value":"x"}]}`; got != want {
				t.Errorf("updated, the tags are %s, want %s", got, want)
			}
		})
	}
}

func TestWhatCannotBeHonouredIsRefused(t *testing.T) {
	for _, test := range []struct{ kind, properties, property string }{
		{"AWS::DynamoDB::GlobalTable", `{` + keyed + `, "Replicas": [{"Region": "eu-west-1"}, {"Region": "us-east-1"}]}`, "Replicas[1].Region"},
		{"AWS::DynamoDB::Table", `{` + keyed + `, "ImportSourceSpecification": {"InputFormat": "CSV", "S3BucketSource": {"S3Bucket": "b", "S3KeyPrefix": "k"}}}`, "ImportSourceSpecification.InputFormat"},
	} {
		_, d := service(t)
		_, err := declare(t, d, test.kind, test.properties)
		refused, ok := errors.AsType[*cfn.Unsupported](err)
		if !ok || refused.Property != test.property {
			t.Errorf("%s: %v", test.property, err)
		}
	}
}

func TestATableImportsItsFirstItems(t *testing.T) {
	lines := `{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}` + "\n" + `{"Item":{"id":{"S":"b"}}}` + "\n"
	plain := filepath.Join(t.TempDir(), "plain")
	zipped := filepath.Join(t.TempDir(), "zipped")
	faulty := filepath.Join(t.TempDir(), "faulty")
	writeFile(t, plain, func(w io.Writer) { io.WriteString(w, lines) })
	writeFile(t, faulty, func(w io.Writer) { io.WriteString(w, lines+`{"Item":{"n":{"N":"1"}}}`) })
	writeFile(t, zipped, func(w io.Writer) {
		z := gzip.NewWriter(w)
		io.WriteString(z, lines)
		z.Close()
	})
	for _, test := range []struct{ path, compression, fault string }{
		{plain, "NONE", ""},
		{zipped, "GZIP", ""},
		{faulty, "NONE", "item 3: ValidationException: One or more parameter values were invalid: Missing the key id in the item"},
		{filepath.Join(t.TempDir(), "none"), "NONE", "no such file"},
	} {
		c := cloud.New(site)
		d := dynamodb.New(c, dynamodb.Options{Open: func(_ context.Context, bucket, key string) (io.Reader, error) {
			if bucket != "assets" || key != "seed" {
				return nil, fmt.Errorf("asked for %s/%s", bucket, key)
			}
			content, err := os.ReadFile(test.path)
			return bytes.NewReader(content), err
		}})
		c.Register("dynamodb", d)
		_, err := declare(t, d, "AWS::DynamoDB::Table", `{`+keyed+`, "TableName": "seeded", "ImportSourceSpecification": {"InputFormat": "DYNAMODB_JSON", "InputCompressionType": "`+test.compression+`", "S3BucketSource": {"S3Bucket": "assets", "S3KeyPrefix": "seed"}}}`)
		switch {
		case test.fault != "":
			if err == nil || !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%s: %v", test.fault, err)
			}
		case err != nil:
			t.Error(err)
		default:
			if got := call(c, "Scan", `{"TableName": "seeded", "Select": "COUNT"}`); got != `{"Count":2,"ScannedCount":2}` {
				t.Errorf("%s: %s", test.compression, got)
			}
		}
		c.Close()
	}
}

func writeFile(t *testing.T, path string, write func(io.Writer)) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	write(file)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestItemsExpireAfterTheirTimeToLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(site)
		defer c.Close()
		d := dynamodb.New(c, dynamodb.Options{})
		c.Register("dynamodb", d)
		if _, err := declare(t, d, "AWS::DynamoDB::Table", `{`+keyed+`, "TableName": "mortal", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}}`); err != nil {
			t.Fatal(err)
		}
		in := func(after time.Duration) string { return fmt.Sprint(time.Now().Add(after).Unix()) }
		for id, ttl := range map[string]string{
			"soon":    `{"N": "` + in(30*time.Second) + `.5"}`,
			"later":   `{"N": "` + in(time.Hour) + `"}`,
			"text":    `{"S": "` + in(30*time.Second) + `"}`,
			"ancient": `{"N": "` + in(-6*365*24*time.Hour) + `"}`,
			"moved":   `{"N": "` + in(30*time.Second) + `"}`,
		} {
			call(c, "PutItem", `{"TableName": "mortal", "Item": {"id": {"S": "`+id+`"}, "ttl": `+ttl+`}}`)
		}
		call(c, "UpdateItem", `{"TableName": "mortal", "Key": {"id": {"S": "moved"}}, "UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "ttl"}, "ExpressionAttributeValues": {":t": {"N": "`+in(2*time.Hour)+`"}}}`)
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 5}, {2 * time.Minute, 4}, {time.Hour, 3}, {time.Hour, 2}} {
			time.Sleep(step.wait)
			synctest.Wait()
			want := fmt.Sprintf(`{"Count":%d,"ScannedCount":%d}`, step.want, step.want)
			if got := call(c, "Scan", `{"TableName": "mortal", "Select": "COUNT"}`); got != want {
				t.Errorf("after %s: %s, want %s", step.wait, got, want)
			}
		}
	})
}

// guard allows the actions on resources that it holds.
type guard map[string]bool

func (g guard) Authorize(_ cloud.Caller, action, resource string) error {
	if g[action+" "+strings.TrimPrefix(resource, "arn:aws:dynamodb:eu-west-1:111122223333:")] {
		return nil
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (guard) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }

const someStream = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/s"

func TestEveryActionIsAuthorizedOnItsResource(t *testing.T) {
	const table = `{"TableName": "orders", ` + keyed + `}`
	key := `"TableName": "orders", "Key": {"id": {"S": "a"}}`
	for _, test := range []struct{ action, input, permission string }{
		{"GetItem", `{` + key + `}`, "dynamodb:GetItem table/orders"},
		{"PutItem", `{"TableName": "orders", "Item": {"id": {"S": "a"}}}`, "dynamodb:PutItem table/orders"},
		{"UpdateItem", `{` + key + `}`, "dynamodb:UpdateItem table/orders"},
		{"DeleteItem", `{` + key + `}`, "dynamodb:DeleteItem table/orders"},
		{"Scan", `{"TableName": "orders"}`, "dynamodb:Scan table/orders"},
		{"Query", `{"TableName": "orders", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "a"}}}`, "dynamodb:Query table/orders"},
		{"Query", `{"TableName": "orders", "IndexName": "x", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "a"}}}`, "dynamodb:Query table/orders/index/x"},
		{"BatchGetItem", `{"RequestItems": {"orders": {"Keys": [{"id": {"S": "a"}}]}}}`, "dynamodb:BatchGetItem table/orders"},
		{"BatchWriteItem", `{"RequestItems": {"orders": [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]}}`, "dynamodb:BatchWriteItem table/orders"},
		{"TransactWriteItems", `{"TransactItems": [{"Put": {"TableName": "orders", "Item": {"id": {"S": "a"}}}}]}`, "dynamodb:PutItem table/orders"},
		{"TransactWriteItems", `{"TransactItems": [{"Update": {` + key + `}}]}`, "dynamodb:UpdateItem table/orders"},
		{"TransactWriteItems", `{"TransactItems": [{"Delete": {` + key + `}}]}`, "dynamodb:DeleteItem table/orders"},
		{"TransactWriteItems", `{"TransactItems": [{"ConditionCheck": {` + key + `, "ConditionExpression": "attribute_not_exists(id)"}}]}`, "dynamodb:ConditionCheckItem table/orders"},
		{"TransactGetItems", `{"TransactItems": [{"Get": {` + key + `}}]}`, "dynamodb:GetItem table/orders"},
		{"DescribeTable", `{"TableName": "orders"}`, "dynamodb:DescribeTable table/orders"},
		{"UpdateTable", `{"TableName": "orders"}`, "dynamodb:UpdateTable table/orders"},
		{"UpdateTimeToLive", `{"TableName": "orders"}`, "dynamodb:UpdateTimeToLive table/orders"},
		{"TagResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}`, "dynamodb:TagResource table/orders"},
		{"UntagResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}`, "dynamodb:UntagResource table/orders"},
		{"ListTagsOfResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}`, "dynamodb:ListTagsOfResource table/orders"},
		{"DeleteTable", `{"TableName": "orders"}`, "dynamodb:DeleteTable table/orders"},
		{"ExecuteStatement", `{"Statement": "SELECT * FROM orders"}`, "dynamodb:PartiQLSelect table/orders"},
		{"ExecuteStatement", `{"Statement": "SELECT * FROM orders.x"}`, "dynamodb:PartiQLSelect table/orders/index/x"},
		{"ExecuteStatement", `{"Statement": "INSERT INTO orders VALUE {'id': 'a'}"}`, "dynamodb:PartiQLInsert table/orders"},
		{"ExecuteStatement", `{"Statement": "UPDATE orders SET a = 1 WHERE id = 'a'"}`, "dynamodb:PartiQLUpdate table/orders"},
		{"ExecuteStatement", `{"Statement": "DELETE FROM orders WHERE id = 'a'"}`, "dynamodb:PartiQLDelete table/orders"},
		{"ExecuteTransaction", `{"TransactStatements": [{"Statement": "EXISTS(SELECT * FROM orders WHERE id = 'a' AND b = 1)"}]}`, "dynamodb:PartiQLSelect table/orders"},
		{"ListStreams", `{}`, "dynamodb:ListStreams *"},
		{"DescribeStream", `{"StreamArn": "` + someStream + `"}`, "dynamodb:DescribeStream table/orders/stream/s"},
		{"GetShardIterator", `{"StreamArn": "` + someStream + `"}`, "dynamodb:GetShardIterator table/orders/stream/s"},
		{"GetRecords", `{"ShardIterator": "` + someStream + `|1|e30="}`, "dynamodb:GetRecords table/orders/stream/s"},
	} {
		c, _ := service(t)
		if got := call(c, "CreateTable", table); strings.Contains(got, "Exception") {
			t.Fatal(got)
		}
		c.Authorizer = guard{}
		if got := call(c, test.action, test.input); !strings.HasPrefix(got, "AccessDeniedException: "+strings.Fields(test.permission)[0]+" ") {
			t.Errorf("%s without permission: %s", test.action, got)
		}
		c.Authorizer = guard{test.permission: true}
		if got := call(c, test.action, test.input); strings.Contains(got, "AccessDenied") {
			t.Errorf("%s with %s: %s", test.action, test.permission, got)
		}
	}
}
