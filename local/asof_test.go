package local_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const remembered = `{"Resources": {
	"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
	"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}}}},
	"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "flow", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"DefinitionString": "{\"StartAt\": \"Wait\", \"States\": {\"Wait\": {\"Type\": \"Wait\", \"Seconds\": 3600, \"End\": true}}}"}}},
	"Outputs": {"Flow": {"Value": {"Ref": "Flow"}}}}`

// past is an engine that knows what was, with its clients.
type past struct {
	*testing.T
	tables  *dynamodb.Client
	queues  *sqs.Client
	states  *sfn.Client
	machine string
}

func openPast(t *testing.T, o local.Options) past {
	engine := startTemplate(t, remembered, o)
	cfg := client(engine)
	return past{t, dynamodb.NewFromConfig(cfg), sqs.NewFromConfig(cfg), sfn.NewFromConfig(cfg), output(t, engine, "Flow")}
}

// at makes the clients ask for what was at a moment.
func (p past) at(moment string) past {
	header := smithyhttp.SetHeaderValue(wire.AsOf, moment)
	p.tables = dynamodb.New(p.tables.Options(), dynamodb.WithAPIOptions(header))
	p.queues = sqs.New(p.queues.Options(), sqs.WithAPIOptions(header))
	p.states = sfn.New(p.states.Options(), sfn.WithAPIOptions(header))
	return p
}

// moment is one that is later than what was before, and earlier than what comes after, also for who counts milliseconds.
func moment() string {
	began := time.Now()
	for time.Since(began) < 2*time.Millisecond {
	}
	then := time.Now()
	for time.Since(then) < 2*time.Millisecond {
	}
	return then.UTC().Format(time.RFC3339Nano)
}

// told is what there is: the order's state, how many items the table and messages the queue have, and how the execution
// is and how many events it has.
func (p past) told() string {
	ctx, key := p.Context(), map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}}
	state := "none"
	got, err := p.tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key})
	if err != nil {
		p.Fatal(err)
	}
	if text, ok := got.Item["state"].(*dynamodbtypes.AttributeValueMemberS); ok {
		state = text.Value
	}
	scanned, err := p.tables.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil {
		p.Fatal(err)
	}
	table, err := p.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("orders")})
	if err != nil {
		p.Fatal(err)
	}
	queue, err := p.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String("jobs"), AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		p.Fatal(err)
	}
	execution := "none"
	arn := strings.Replace(p.machine, ":stateMachine:", ":execution:", 1) + ":one"
	if described, err := p.states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn}); err == nil {
		history, err := p.states.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
		if err != nil {
			p.Fatal(err)
		}
		execution = fmt.Sprint(described.Status, " ", len(history.Events))
	}
	listed, err := p.states.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &p.machine})
	if err != nil {
		p.Fatal(err)
	}
	return fmt.Sprintf("%s, %d of %d items (%d bytes), %s+%s messages, %s of %d", state, scanned.Count, *table.Table.ItemCount, *table.Table.TableSizeBytes,
		queue.Attributes["ApproximateNumberOfMessages"], queue.Attributes["ApproximateNumberOfMessagesNotVisible"], execution, len(listed.Executions))
}

func TestReadsAsOfAMomentSeeWhatWasThen(t *testing.T) {
	p := openPast(t, local.Options{Past: time.Hour})
	ctx := t.Context()
	did := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(id, state string) {
		did(p.tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]dynamodbtypes.AttributeValue{
			"id": &dynamodbtypes.AttributeValueMemberS{Value: id}, "state": &dynamodbtypes.AttributeValueMemberS{Value: state},
		}}))
	}
	arn := strings.Replace(p.machine, ":stateMachine:", ":execution:", 1) + ":one"
	var moments, wants []string
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "none, 0 of 0 items (0 bytes), 0+0 messages, none of 0"},
		{func() {
			put("1", "open")
			did(p.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("jobs"), MessageBody: aws.String("1")}))
			did(p.states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &p.machine, Name: aws.String("one")}))
			eventually(t, "the execution waits", func() bool { return strings.HasSuffix(p.told(), "RUNNING 2 of 1") })
		}, "open, 1 of 1 items (12 bytes), 1+0 messages, RUNNING 2 of 1"},
		{func() {
			put("1", "paid")
			put("2", "open")
			did(p.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String("jobs")}))
			did(p.states.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &arn}))
		}, "paid, 2 of 2 items (24 bytes), 0+1 messages, ABORTED 3 of 1"},
		{func() {
			did(p.tables.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("orders"), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}}}))
		}, "none, 1 of 1 items (12 bytes), 0+1 messages, ABORTED 3 of 1"},
	} {
		step.do()
		moments, wants = append(moments, moment()), append(wants, step.want)
		if got := p.told(); got != step.want {
			t.Fatalf("there is %s, want %s", got, step.want)
		}
		if got := p.at("now").told(); got != step.want {
			t.Fatalf("as of now there is %s, want %s", got, step.want)
		}
	}
	for i, then := range moments {
		if got := p.at(then).told(); got != wants[i] {
			t.Errorf("at moment %d there was %s, want %s", i, got, wants[i])
		}
	}
}

func TestWhatCannotBeAnsweredAsOfAMomentIsRefused(t *testing.T) {
	p, forgetful := openPast(t, local.Options{Past: time.Hour}), openPast(t, local.Options{})
	now := moment()
	get := func(p past, consistent bool) error {
		_, err := p.tables.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"), ConsistentRead: &consistent,
			Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}}})
		return err
	}
	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"what is no moment":              {get(p.at("yesterday"), false), `Tradepost-As-Of is "yesterday", not now or a moment like 2026-11-28T10:00:00.5Z`},
		"the moment before all":          {get(p.at("0001-01-01T00:00:00Z"), false), "not now or a moment"},
		"a receive that would go on":     {receiveBehind(t.Context(), p), "the header Tradepost-After goes with Tradepost-As-Of only"},
		"what has not come yet":          {get(p.at(time.Now().Add(time.Hour).Format(time.RFC3339)), false), "has not come yet"},
		"what was before the engine":     {get(p.at("2020-01-01T00:00:00Z"), false), "does not know any more what was at 2020-01-01T00:00:00Z"},
		"an engine that keeps nothing":   {get(forgetful.at(now), false), "does not know any more"},
		"a consistent read":              {get(p.at(now), true), "A consistent read sees what is there, not what was"},
		"what tells nothing of the past": {tagsOf(t.Context(), p.at(now)), "dynamodb:ListTagsOfResource tells nothing of the past"},
		"what changes something":         {sendLate(t.Context(), p.at(now)), "sqs:SendMessage tells nothing of the past"},
	} {
		t.Run(name, func(t *testing.T) {
			if row.err == nil || !strings.Contains(row.err.Error(), row.want) {
				t.Errorf("answered with %v, want %q", row.err, row.want)
			}
		})
	}
	if got := p.told(); !strings.Contains(got, "0+0 messages") {
		t.Errorf("there is %s: something was done after all", got)
	}
}

// A program sees by the same header what a queue has, and nobody notices it, also where no past is kept.
func TestALookAtAQueueTakesNothing(t *testing.T) {
	p := openPast(t, local.Options{})
	for _, body := range []string{"1", "2", "3"} {
		if _, err := p.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("jobs"), MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	for after := "0"; len(seen) < 4; {
		now := sqs.New(p.at(wire.Now).queues.Options(), sqs.WithAPIOptions(smithyhttp.SetHeaderValue(wire.After, after)))
		got, err := now.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String("jobs"), MaxNumberOfMessages: 2, WaitTimeSeconds: 20, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			break
		}
		for _, m := range got.Messages {
			after = m.Attributes["Place"]
			seen = append(seen, *m.Body+" "+m.Attributes["State"]+" "+m.Attributes["ApproximateReceiveCount"])
		}
	}
	if got := strings.Join(seen, ", "); got != "1 Visible 0, 2 Visible 0, 3 Visible 0" {
		t.Errorf("one sees %s", got)
	}
	if got := p.told(); !strings.Contains(got, "3+0 messages") {
		t.Errorf("after the looks there is %s", got)
	}
}

func receiveBehind(ctx context.Context, p past) error {
	queues := sqs.New(p.queues.Options(), sqs.WithAPIOptions(smithyhttp.SetHeaderValue(wire.After, "1")))
	_, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String("jobs")})
	return err
}

func tagsOf(ctx context.Context, p past) error {
	_, err := p.tables.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/orders")})
	return err
}

func sendLate(ctx context.Context, p past) error {
	_, err := p.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("jobs"), MessageBody: aws.String("late")})
	return err
}
