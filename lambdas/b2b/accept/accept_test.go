package accept

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// queue remembers bodies. before is called first.
type queue struct {
	bodies []string
	before func() error
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if q.before != nil {
		if err := q.before(); err != nil {
			return nil, err
		}
	}
	q.bodies = append(q.bodies, *in.MessageBody)
	return &sqs.SendMessageOutput{}, nil
}

type fixture struct {
	*Handler
	queue   *queue
	tables  *dynamotest.Tables
	metrics *bytes.Buffer
}

func newFixture(t *testing.T) fixture {
	f := fixture{queue: &queue{}, tables: dynamotest.New(t), metrics: &bytes.Buffer{}}
	f.Handler = &Handler{
		DynamoDB: f.tables, SQS: f.queue, TransactionsTable: dynamotest.Transactions, QueueURL: "https://queue",
		Metrics: &metrics.Emitter{Namespace: "Tradepost", Dimensions: []metrics.Dimension{{Name: contract.DimensionPipeline, Value: "test"}}, Out: f.metrics},
	}
	return f
}

const requestID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

// post is a request with a JSON body.
func post(body string) events.APIGatewayProxyRequest {
	return events.APIGatewayProxyRequest{
		HTTPMethod: http.MethodPost,
		Headers:    map[string]string{"content-type": "application/json", "Host": "api.example.com", "X-Forwarded-Proto": "https"},
		Body:       body,
		RequestContext: events.APIGatewayProxyRequestContext{
			RequestID: requestID, Path: "/prod/transactions", Authorizer: map[string]any{"partner": "acme"},
		},
	}
}

// byQuery is a request with a query string and no body.
func byQuery(parameters map[string][]string) events.APIGatewayProxyRequest {
	request := post("")
	request.Headers = map[string]string{"Host": "api.example.com"}
	request.MultiValueQueryStringParameters = parameters
	request.QueryStringParameters = map[string]string{}
	for name, values := range parameters {
		request.QueryStringParameters[name] = values[len(values)-1]
	}
	return request
}

func (f fixture) handle(t *testing.T, request events.APIGatewayProxyRequest) (status int, message string) {
	t.Helper()
	response, err := f.Handle(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal([]byte(response.Body), &body); err != nil || response.Headers["Content-Type"] != "application/json" {
		t.Fatalf("the body %s of type %q is no JSON: %v", response.Body, response.Headers["Content-Type"], err)
	}
	return response.StatusCode, body.Message
}

func TestAGoodPostIsQueuedAndShownAsReceived(t *testing.T) {
	const text = "Transaction \"made\"\n between\\ 😀 x\", \"id\" : \"999"
	encoded, err := json.Marshal(map[string]string{"transactionId": "12/a b", "transactionMessage": text})
	if err != nil {
		t.Fatal(err)
	}
	inBase64 := post(base64.StdEncoding.EncodeToString(encoded))
	inBase64.IsBase64Encoded = true
	withCharset := post(string(encoded))
	withCharset.Headers = map[string]string{"Content-Type": "application/json; charset=UTF-8", "host": "api.example.com"}
	for name, request := range map[string]events.APIGatewayProxyRequest{
		"JSON": post(string(encoded)), "JSON with a charset": withCharset, "base64": inBase64,
		"query string": byQuery(map[string][]string{"transactionId": {"12/a b"}, "transactionMessage": {text}}),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			response, err := f.Handle(t.Context(), request)
			if err != nil || response.StatusCode != http.StatusAccepted {
				t.Fatalf("%+v, %v", response, err)
			}
			const url = "https://api.example.com/prod/transactions/12%2Fa%20b"
			var body map[string]string
			_ = json.Unmarshal([]byte(response.Body), &body)
			if want := map[string]string{"transactionId": "12/a b", "status": "RECEIVED", "statusUrl": url}; !reflect.DeepEqual(body, want) || response.Headers["Location"] != url {
				t.Errorf("answer %s, headers %v", response.Body, response.Headers)
			}
			var got contract.Message
			if len(f.queue.bodies) != 1 {
				t.Fatalf("%d messages", len(f.queue.bodies))
			}
			if err := json.Unmarshal([]byte(f.queue.bodies[0]), &got); err != nil {
				t.Fatal(err)
			}
			id := contract.RequestID(requestID)
			want := contract.Message{
				Record: contract.Record{
					FileID: id, Ordinal: 1, OutcomeKey: contract.OutcomeKey(id, 1), Shard: contract.Shard(id, 1), Partner: "acme",
					Source: contract.SourceREST, TransactionID: "12/a b", TransactionKey: "acme/12/a b",
				},
				Content: contract.Content{Children: []contract.Node{{Name: "Notes", Text: text}}},
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			row := f.tables.All(dynamotest.Transactions)[0]
			if day := attribute.String(row, "partnerDay"); !regexp.MustCompile(`^acme#\d{4}-\d\d-\d\d#\d\d$`).MatchString(day) {
				t.Errorf("the index's key is %q", day)
			}
			if attribute.String(row, "transactionKey") != "acme/12/a b" || attribute.String(row, "partner") != "acme" || attribute.String(row, "status") != "RECEIVED" || attribute.String(row, "fileId") != id {
				t.Errorf("row %v", row)
			}
			if !strings.Contains(f.metrics.String(), `"Received":1`) {
				t.Errorf("metrics %s", f.metrics)
			}
		})
	}
}

func TestBadPostsAreRefusedWithASentence(t *testing.T) {
	body := func(id, message string) string {
		return `{"transactionId":` + id + `,"transactionMessage":` + message + `}`
	}
	typed := func(contentType string) events.APIGatewayProxyRequest {
		request := post(body(`"1"`, `"a"`))
		request.Headers = map[string]string{"Content-Type": contentType}
		return request
	}
	both := post(body(`"1"`, `"a"`))
	both.MultiValueQueryStringParameters = map[string][]string{"transactionId": {"1"}}
	notBase64 := post("***")
	notBase64.IsBase64Encoded = true
	tests := []struct {
		name    string
		request events.APIGatewayProxyRequest
		status  int
		names   string // what the sentence must name
	}{
		{"nothing", post(""), 400, "transactionId"},
		{"malformed JSON", post(`{"transactionId":`), 400, "JSON"},
		{"JSON with something behind", post(body(`"1"`, `"a"`) + "{}"), 400, "JSON"},
		{"no object", post(`["1"]`), 400, "object"},
		{"null", post(`null`), 400, "object"},
		{"missing id", post(`{"transactionMessage":"a"}`), 400, "transactionId"},
		{"missing message", post(`{"transactionId":"1"}`), 400, "transactionMessage"},
		{"unknown field", post(`{"transactionId":"1","transactionMessage":"a","partner":"other"}`), 400, "partner"},
		{"other letter case", post(`{"TransactionID":"1","transactionMessage":"a"}`), 400, "TransactionID"},
		{"field twice", post(`{"transactionId":"1","transactionId":"2","transactionMessage":"a"}`), 400, "transactionId"},
		{"number for an id", post(body(`1`, `"a"`)), 400, "transactionId"},
		{"object for a message", post(body(`"1"`, `{"x":1}`)), 400, "transactionMessage"},
		{"null for an id", post(body(`null`, `"a"`)), 400, "transactionId"},
		{"empty id", post(body(`""`, `"a"`)), 400, "transactionId"},
		{"blank id", post(body(`"  "`, `"a"`)), 400, "transactionId"},
		{"id of 129 characters", post(body(`"`+strings.Repeat("é", 129)+`"`, `"a"`)), 400, "129"},
		{"control character in the id", post(body(`"a\nb"`, `"a"`)), 400, "U+000A"},
		{"NUL in the message", post(body(`"1"`, `"a\u0000b"`)), 400, "U+0000"},
		{"U+FFFF in the message", post(body(`"1"`, `"\uffff"`)), 400, "U+FFFF"},
		{"bad UTF-8", post(body(`"1"`, "\"\xff\"")), 400, "UTF-8"},
		{"unpaired surrogate", post(body(`"1"`, `"a\ud800b"`)), 400, "surrogate"},
		{"unpaired surrogate beside a real U+FFFD", post(body(`"1"`, `"\uFFFD`+"\uFFFD"+`\udc00"`)), 400, "surrogate"},
		{"not base64", notBase64, 400, "body"},
		{"body and query string", both, 400, "both"},
		{"parameter twice", byQuery(map[string][]string{"transactionId": {"1", "2"}, "transactionMessage": {"a"}}), 400, "transactionId"},
		{"unknown parameter", byQuery(map[string][]string{"transactionId": {"1"}, "transactionMessage": {"a"}, "x": {""}}), 400, "x"},
		{"missing parameter", byQuery(map[string][]string{"transactionId": {"1"}}), 400, "transactionMessage"},
		{"XML", typed("application/xml"), 415, "application/xml"},
		{"no content type", typed(""), 415, "application/json"},
		{"another charset", typed("application/json; charset=latin1"), 415, "UTF-8"},
		{"300 KiB", post(body(`"1"`, `"`+strings.Repeat("x", 300<<10)+`"`)), 413, "245760"},
		{"too large as a message only", post(body(`"1"`, `"`+strings.Repeat("\u2028", 60_000)+`"`)), 413, "245760"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			status, message := f.handle(t, test.request)
			if status != test.status || !strings.Contains(message, test.names) || !strings.HasSuffix(message, ".") {
				t.Errorf("got %d %q", status, message)
			}
			if len(f.queue.bodies) != 0 || len(f.tables.All(dynamotest.Transactions)) != 0 || f.metrics.Len() != 0 {
				t.Error("something was done all the same")
			}
		})
	}
}

func TestSurrogatePairsAndReplacementCharactersAreAccepted(t *testing.T) {
	f := newFixture(t)
	status, message := f.handle(t, post(`{"transactionId":"1","transactionMessage":"\ud83d\ude00 \ufffd \uFFFD`+"\uFFFD"+`"}`))
	if status != 202 || !strings.Contains(f.queue.bodies[0], "😀 \uFFFD \uFFFD\uFFFD") {
		t.Errorf("got %d %q, queued %q", status, message, f.queue.bodies)
	}
}

func TestAnEmptyMessageIsAccepted(t *testing.T) {
	if status, message := newFixture(t).handle(t, post(`{"transactionId":"1","transactionMessage":""}`)); status != 202 {
		t.Errorf("got %d %q", status, message)
	}
}

func TestWithoutAPartnerNothingIsAccepted(t *testing.T) {
	f := newFixture(t)
	request := post(`{"transactionId":"1","transactionMessage":"a"}`)
	request.RequestContext.Authorizer = nil
	if status, _ := f.handle(t, request); status != 503 || len(f.queue.bodies) != 0 {
		t.Errorf("got %d", status)
	}
}

func row(id, status, fileID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"transactionKey": attribute.Text("acme/" + id), "partner": attribute.Text("acme"), "transactionId": attribute.Text(id), "status": attribute.Text(status), "fileId": attribute.Text(fileID)}
}

const good = `{"transactionId":"1","transactionMessage":"a"}`

func storedRow(id, message string) map[string]types.AttributeValue {
	hash := contenthash.Of(contract.Content{Children: []contract.Node{{Name: contract.ElementNotes, Text: message}}})
	stored := row(id, "STORED", "earlier")
	stored["contentHash"] = attribute.Text(hash.String())
	return stored
}

func TestAStoredTransactionStaysWhateverIsPosted(t *testing.T) {
	tests := []struct {
		name   string
		stored map[string]types.AttributeValue
		status int
		says   string
		queued int
	}{
		{"the same content goes on, to end as a duplicate", storedRow("1", "a"), 202, "", 1},
		{"other content is refused", storedRow("1", "b"), 409, "A transaction with this id is stored with other content", 0},
		{"a row without a hash is left to the workflow", row("1", "STORED", "earlier"), 202, "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.tables.Put(dynamotest.Transactions, test.stored)
			status, message := f.handle(t, post(good))
			if status != test.status || !strings.HasPrefix(message, test.says) || len(f.queue.bodies) != test.queued {
				t.Errorf("got %d %q, %d messages", status, message, len(f.queue.bodies))
			}
			if counted := f.metrics.Len() > 0; counted != (test.queued > 0) {
				t.Errorf("metrics %s", f.metrics)
			}
			if got := f.tables.All(dynamotest.Transactions); len(got) != 1 || !reflect.DeepEqual(got[0], test.stored) {
				t.Errorf("rows %v", got)
			}
		})
	}
}

// Only what is stored is final: the workflow decides about the others.
func TestOtherContentThanThatOfAnUnfinishedPostIsQueued(t *testing.T) {
	for _, status := range []string{"RECEIVED", "REJECTED", "FAILED"} {
		f := newFixture(t)
		earlier := storedRow("1", "b")
		earlier["status"] = attribute.Text(status)
		f.tables.Put(dynamotest.Transactions, earlier)
		if got, message := f.handle(t, post(good)); got != 202 || len(f.queue.bodies) != 1 {
			t.Errorf("after %s: %d %q", status, got, message)
		}
	}
}

func TestAPostThatCannotBeQueuedLeavesNoTrace(t *testing.T) {
	later := row("1", "RECEIVED", "later")
	tests := []struct {
		name         string
		before, want []map[string]types.AttributeValue
		meanwhile    map[string]types.AttributeValue
	}{
		{"a new one", nil, nil, nil},
		{"after one that failed", []map[string]types.AttributeValue{row("1", "FAILED", "earlier")}, []map[string]types.AttributeValue{row("1", "FAILED", "earlier")}, nil},
		{"after one that is stored", []map[string]types.AttributeValue{row("1", "STORED", "earlier")}, []map[string]types.AttributeValue{row("1", "STORED", "earlier")}, nil},
		{"with a later one meanwhile", nil, []map[string]types.AttributeValue{later}, later},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			for _, r := range test.before {
				f.tables.Put(dynamotest.Transactions, r)
			}
			f.queue.before = func() error {
				if test.meanwhile != nil {
					f.tables.Put(dynamotest.Transactions, test.meanwhile)
				}
				return errors.New("queue does not exist")
			}
			response, err := f.Handle(t.Context(), post(good))
			if err != nil || response.StatusCode != 503 || response.Headers["Retry-After"] == "" || strings.Contains(response.Body, "queue") {
				t.Errorf("%+v, %v", response, err)
			}
			got := f.tables.All(dynamotest.Transactions)
			if len(got) != len(test.want) || len(got) > 0 && !reflect.DeepEqual(got, test.want) {
				t.Errorf("rows %v", got)
			}
			if f.metrics.Len() != 0 {
				t.Errorf("metrics %s", f.metrics)
			}
		})
	}
}

// punctual takes no call of a caller that has gone, as the SDK's client does.
type punctual struct{ DynamoDB }

func (p punctual) PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.DynamoDB.PutItem(ctx, in, options...)
}

func (p punctual) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.DynamoDB.DeleteItem(ctx, in, options...)
}

// A row that says RECEIVED without a message would say so for ever.
func TestAPostWhoseCallerGoesBeforeItIsQueuedLeavesNoTrace(t *testing.T) {
	earlier := row("1", "FAILED", "earlier")
	for name, before := range map[string][]map[string]types.AttributeValue{"a new one": nil, "after one that failed": {earlier}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.DynamoDB = punctual{f.tables}
			for _, r := range before {
				f.tables.Put(dynamotest.Transactions, r)
			}
			ctx, leave := context.WithCancel(t.Context())
			shown := false
			f.queue.before = func() error {
				rows := f.tables.All(dynamotest.Transactions)
				shown = len(rows) == 1 && attribute.String(rows[0], contract.AttrStatus) == contract.StatusReceived
				leave()
				return ctx.Err()
			}
			response, err := f.Handle(ctx, post(good))
			if err != nil || response.StatusCode != 503 || !shown {
				t.Errorf("%+v, %v, shown as received: %v", response, err, shown)
			}
			if got := f.tables.All(dynamotest.Transactions); len(got) != len(before) || len(got) > 0 && !reflect.DeepEqual(got, before) {
				t.Errorf("rows %v, want %v", got, before)
			}
		})
	}
}

type brokenDynamoDB struct{ DynamoDB }

func (brokenDynamoDB) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, errors.New("throttled")
}

func TestWhatCannotBeShownIsNotQueued(t *testing.T) {
	f := newFixture(t)
	f.DynamoDB = brokenDynamoDB{}
	if status, _ := f.handle(t, post(good)); status != 503 || len(f.queue.bodies) != 0 {
		t.Errorf("got %d, %d messages", status, len(f.queue.bodies))
	}
}
