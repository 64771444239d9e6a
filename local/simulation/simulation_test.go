package simulation_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// orders is an app: a queue whose messages a function writes into a table.
const orders = `{
	"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "VisibilityTimeout": 60,
			"RedrivePolicy": {"maxReceiveCount": 10, "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}}},
		"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
		"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
			"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
			"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"},
				{"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}},
				{"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}]}}]}},
		"Store": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10,
			"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "b", "S3Key": "k"}, "Environment": {"Variables": {"TABLE": {"Ref": "Table"}}}}},
		"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"BatchSize": 5, "FunctionName": {"Ref": "Store"},
			"EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}}}
	}
}`

// app is a file with the app's template.
func app(t *testing.T) string { return template(t, orders) }

func template(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.template.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// store makes the app's function of what it does with one message.
func store(work func(ctx context.Context, table *dynamodb.Client, id string) error) map[string]simulation.Function {
	return map[string]simulation.Function{"app/Store": func(cfg aws.Config, env lambda.Environment) (any, error) {
		if env.Variables["TABLE"] != "orders" {
			return nil, fmt.Errorf("the variable TABLE is %q", env.Variables["TABLE"])
		}
		table := dynamodb.NewFromConfig(cfg)
		return func(ctx context.Context, event events.SQSEvent) error {
			for _, message := range event.Records {
				if err := work(ctx, table, message.Body); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}}
}

// put may be repeated.
func put(ctx context.Context, table *dynamodb.Client, id string) error {
	_, err := table.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{
		"id": &types.AttributeValueMemberS{Value: id}, "times": &types.AttributeValueMemberN{Value: "1"}}})
	return err
}

// add may not.
func add(ctx context.Context, table *dynamodb.Client, id string) error {
	_, err := table.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("orders"),
		Key:              map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
		UpdateExpression: aws.String("ADD times :one"), ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}}})
	return err
}

// hand hands over a dozen orders.
func hand(ctx context.Context, w *simulation.World) error { return handOver(ctx, w, 12) }

// handOver hands over some orders and wants each of them once in the table.
func handOver(ctx context.Context, w *simulation.World, orders int) error {
	var sent []string
	for i := range orders {
		if order := fmt.Sprint("order-", i); w.Keep(order) {
			sent = append(sent, order)
		}
	}
	if err := sendAll(ctx, w, sent); err != nil {
		return err
	}
	w.Wait(30 * time.Minute)
	w.Calm()
	w.Wait(30 * time.Minute)
	rows, err := dynamodb.NewFromConfig(w.AWS()).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil {
		return err
	}
	var faults []error
	for _, row := range rows.Items {
		if times := row["times"].(*types.AttributeValueMemberN).Value; times != "1" {
			faults = append(faults, fmt.Errorf("%s was stored %s times", row["id"].(*types.AttributeValueMemberS).Value, times))
		}
	}
	if len(rows.Items) != len(sent) {
		faults = append(faults, fmt.Errorf("%d of %d orders were stored", len(rows.Items), len(sent)))
	}
	return errors.Join(faults...)
}

// send hands over so many orders.
func send(ctx context.Context, w *simulation.World, orders int) error {
	var all []string
	for i := range orders {
		all = append(all, fmt.Sprint("order-", i))
	}
	return sendAll(ctx, w, all)
}

func sendAll(ctx context.Context, w *simulation.World, orders []string) error {
	queue := sqs.NewFromConfig(w.AWS())
	for _, order := range orders {
		_, err := queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(w.Endpoints.AWS + "/000000000000/orders"), MessageBody: &order})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows is how many orders are in the table.
func rows(ctx context.Context, w *simulation.World) (int, error) {
	scanned, err := dynamodb.NewFromConfig(w.AWS()).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil {
		return 0, err
	}
	return len(scanned.Items), nil
}

// rule is an app that puts events of a source into a queue.
func rule(t *testing.T) string {
	return template(t, `{"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "told"}},
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}},
		"Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["shop"]}, "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}
	}}`)
}

// event puts one that the rule is for.
func event(ctx context.Context, w *simulation.World) error {
	_, err := eventbridge.NewFromConfig(w.AWS()).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("shop"), DetailType: aws.String("Sold"), Detail: aws.String("{}")},
	}})
	return err
}

func TestTheSameSeedGivesTheSameRunByteForByteAndAnotherSeedAnother(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Storm(), Scenario: hand}
	var last []byte
	for seed := range uint64(5) {
		var results []simulation.Result
		for range 2 {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { results = append(results, simulation.Run(t, seed, o)) })
		}
		if err := results[0].Err; err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		if len(results[0].Faults) == 0 || results[0].Took != time.Hour {
			t.Errorf("seed %d: %d faults in %v", seed, len(results[0].Faults), results[0].Took)
		}
		if diff := firstDifference(results[0].Trace, results[1].Trace); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		if bytes.Equal(last, results[0].Trace) {
			t.Errorf("seed %d has the trace of the seed before", seed)
		}
		last = results[0].Trace
	}
}

func TestARunThatDoesNotFollowFromTheSeedIsToldByWhereItDiffers(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Scenario: func(ctx context.Context, w *simulation.World) error {
		err := send(ctx, w, 1)
		time.Sleep(time.Minute)
		return err
	}}
	runs := 0
	r := simulation.Run(t, 1, o)
	if got := simulation.Differs(o, t, r); r.Err != nil || got != "" {
		t.Errorf("%v: got %q", r.Err, got)
	}
	o.Functions = store(func(ctx context.Context, table *dynamodb.Client, id string) error {
		runs++
		return put(ctx, table, fmt.Sprint(id, " of run ", runs))
	})
	t.Run("differs", func(t *testing.T) { r = simulation.Run(t, 1, o) })
	const want = `^seed 1 is not the same once more: line \d+ of its trace is\n  .* app-Store\S* dynamodb:PutItem \w{8} #1: ok\nand then\n  .* app-Store\S* dynamodb:PutItem \w{8} #1: ok\nSomething `
	if got := simulation.Differs(o, t, r); r.Err != nil || !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("%v: got %s", r.Err, got)
	}
	r.Trace = append(r.Trace[:0:0], "1ms"...)
	if got := simulation.Differs(o, t, r); !strings.Contains(got, "line 1 of its trace is\n  1ms\n") {
		t.Errorf("got %s", got)
	}
}

// firstDifference is the first line in which two traces differ, or empty.
func firstDifference(a, b []byte) string {
	lines, others := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(lines), len(others)) {
		if lines[i] != others[i] {
			return fmt.Sprintf("line %d is\n%s\nand then\n%s", i+1, lines[i], others[i])
		}
	}
	if len(lines) != len(others) {
		return fmt.Sprintf("%d lines and then %d", len(lines), len(others))
	}
	return ""
}

func TestWhatMayNotBeRepeatedIsFoundByEachFaultThatRepeatsIt(t *testing.T) {
	for _, kind := range []simulation.Kind{simulation.Lost, simulation.DiedAfter, simulation.Forgotten} {
		t.Run(string(kind), func(t *testing.T) {
			o := simulation.Options{Assembly: app(t), Functions: store(add), Faults: simulation.Rates{kind: 0.3}, Scenario: hand}
			r := simulation.Run(t, 1, o)
			if r.Err == nil || !strings.Contains(r.Err.Error(), "was stored") || len(r.Faults) == 0 {
				t.Errorf("got %v after %d faults", r.Err, len(r.Faults))
			}
			o.Functions = store(put)
			t.Run("and not what may", func(t *testing.T) {
				if r := simulation.Run(t, 1, o); r.Err != nil || len(r.Faults) == 0 {
					t.Errorf("got %v after %d faults", r.Err, len(r.Faults))
				}
			})
		})
	}
}

func TestAFaultThatNeverBitesIsToldAndWhetherItCould(t *testing.T) {
	for _, row := range []struct {
		kind simulation.Kind
		rate float64
		want string
	}{
		{simulation.Refused, 1, ""},
		{simulation.Refused, 1e-9, `no call was hit by "refused" in 1 seeds, of 1`},
		{simulation.Repeated, 1, `no call can be hit by "delivered again": nothing is proved of it, and it needs no rate`}, // no service delivers anything
	} {
		t.Run(fmt.Sprint(row.kind, row.rate), func(t *testing.T) {
			s := simulation.Explore(t, []uint64{1}, simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Rates{row.kind: row.rate}, Scenario: over})
			if got := simulation.Missed(s, row.kind); !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestTheDocsTellEachKindOfFaultAndItsRate(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "simulation.md"))
	if err != nil {
		t.Fatal(err)
	}
	for kind, rate := range simulation.Storm() {
		told := regexp.MustCompile("(?m)^\\|[^|]*`" + string(kind) + "`[^|]*\\|[^|]*\\| " + fmt.Sprintf("%g %%( each)? \\|$", math.Round(rate*1e4)/100))
		if !told.Match(page) {
			t.Errorf("docs/simulation.md has no row of %q with its rate, %g", kind, rate)
		}
	}
}

func TestOptionsThatCannotBeSimulatedAreRefused(t *testing.T) {
	another := store(put)
	another["app/Sore"] = another["app/Store"]
	for _, row := range []struct {
		name string
		set  func(o *simulation.Options)
		want string
	}{
		{"nothing wrong", func(*simulation.Options) {}, "<nil>"},
		{"no function", func(o *simulation.Options) { o.Functions = nil }, "the options have no Function for: app/Store"},
		{"one function too many", func(o *simulation.Options) { o.Functions = another }, "the assembly does not have these functions, which the options have: app/Sore"},
		{"no scenario", func(o *simulation.Options) { o.Scenario = nil }, "the options have no Scenario"},
		{"no assembly", func(o *simulation.Options) { o.Assembly = filepath.Join(o.Assembly, "nowhere") }, "read the assembly: "},
		{"a kind that there is not", func(o *simulation.Options) { o.Faults = simulation.Rates{"lost": 0.1} }, `the options have a rate of "lost", which is no kind of fault: there are [answer late answer lost `},
		{"too often", func(o *simulation.Options) { o.Faults = simulation.Rates{simulation.Lost: 2} }, `the options have a rate of 2 for "answer lost": give 0 to 1`},
		{"less than never", func(o *simulation.Options) { o.Faults = simulation.Rates{simulation.Lost: -1} }, `the options have a rate of -1 for "answer lost": give 0 to 1`},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Storm(), Scenario: hand}
			row.set(&o)
			if _, _, err := simulation.Mains(o); !strings.HasPrefix(fmt.Sprint(err), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func TestWhatElseStandsAroundCallsIsBehindTheFaults(t *testing.T) {
	for rate, want := range map[float64]int{0: 1, 1: 0} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			puts := 0
			o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Rates{simulation.Refused: rate},
				Scenario: func(ctx context.Context, w *simulation.World) error {
					err := send(ctx, w, 1)
					time.Sleep(20 * time.Second)
					return err
				}}
			o.Engine.Around = func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
				if call.Action == "PutItem" {
					puts++
				}
				return perform(ctx, call.Input)
			}
			if r := simulation.Run(t, 1, o); r.Err != nil || puts != want {
				t.Errorf("%d calls came to it, not %d: %v", puts, want, r.Err)
			}
		})
	}
}

func TestNothingIsDrawnAgainThatWasDrawnAtTheStart(t *testing.T) {
	var early [32]byte
	o := simulation.Options{Assembly: app(t), Functions: store(put), Scenario: func(context.Context, *simulation.World) error {
		drawn := make([]byte, 1<<16)
		rand.Read(drawn)
		if early == [32]byte{} || bytes.Contains(drawn, early[:]) {
			return errors.New("what was drawn while the engine started is drawn again")
		}
		return nil
	}}
	o.Engine.Around = func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
		if early == [32]byte{} {
			rand.Read(early[:])
		}
		return perform(ctx, call.Input)
	}
	if r := simulation.Run(t, 1, o); r.Err != nil {
		t.Error(r.Err)
	}
}
