package prediction_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
	"github.com/tradepost-dev/tradepost/local/simulation/prediction"
)

// orders is an app: a function starts two executions for each message of a queue, a
// Standard one that writes an item, and an Express one.
const orders = `{
	"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "VisibilityTimeout": 60}},
		"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
			"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}, "Action": "sts:AssumeRole"}]},
			"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:*", "dynamodb:*", "states:*", "ssm:*"], "Resource": "*"}]}}]}},
		"Start": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10, "MemorySize": 512,
			"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "b", "S3Key": "k"}}},
		"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"BatchSize": 10, "FunctionName": {"Ref": "Start"},
			"EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}}},
		"Store": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "store", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
			"DefinitionString": "{\"StartAt\":\"Mark\",\"States\":{\"Mark\":{\"Type\":\"Pass\",\"Next\":\"Put\"},\"Put\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\",\"Parameters\":{\"TableName\":\"orders\",\"Item\":{\"id\":{\"S.$\":\"$.id\"}}},\"End\":true}}}"}},
		"Look": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "look", "StateMachineType": "EXPRESS", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
			"DefinitionString": "{\"StartAt\":\"Wait\",\"States\":{\"Wait\":{\"Type\":\"Wait\",\"Seconds\":2,\"End\":true}}}"}}
	}
}`

// predict predicts what so many orders take and cost, until all are in the table.
func predict(t *testing.T, many int) prediction.Prediction {
	t.Helper()
	template := filepath.Join(t.TempDir(), "app.template.json")
	if err := os.WriteFile(template, []byte(orders), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := prediction.Of(t, prediction.Options{
		Compute: map[string]time.Duration{"app/Start": 100 * time.Millisecond},
		Simulation: simulation.Options{
			Assembly:  template,
			Functions: map[string]simulation.Function{"app/Start": start},
			Scenario: func(ctx context.Context, w *simulation.World) error {
				queue, table := sqs.NewFromConfig(w.AWS()), dynamodb.NewFromConfig(w.AWS())
				for i := range many {
					_, err := queue.SendMessage(ctx, &sqs.SendMessageInput{
						QueueUrl: aws.String(w.Endpoints.AWS + "/000000000000/orders"), MessageBody: aws.String(fmt.Sprintf(`{"id": "%d"}`, i)),
					})
					if err != nil {
						return err
					}
				}
				for {
					stored, err := table.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders"), Select: "COUNT"})
					if err != nil {
						return err
					}
					if int(stored.Count) == many {
						return nil
					}
					time.Sleep(100 * time.Millisecond)
				}
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// coldStart is at least how long it takes a function to start.
const coldStart = 100 * time.Millisecond

// start is the function.
func start(cfg aws.Config, _ lambda.Environment) (any, error) {
	machines, parameters := sfn.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	return func(ctx context.Context, event events.SQSEvent) error {
		for _, message := range event.Records {
			for _, machine := range []string{"store", "look"} {
				_, err := machines.StartExecution(ctx, &sfn.StartExecutionInput{
					StateMachineArn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:" + machine),
					Name:            &message.MessageId, Input: &message.Body,
				})
				if err != nil {
					return err
				}
			}
		}
		_, err := parameters.DescribeParameters(ctx, &ssm.DescribeParametersInput{})
		return err
	}, nil
}

func TestAPredictionCountsWhatAWSTakesMoneyFor(t *testing.T) {
	p := predict(t, 3)
	amounts, usd := map[string]float64{}, map[string]float64{}
	for i, u := range p.Usage {
		amounts[u.Of], usd[u.Of] = u.Amount, u.USD
		if i > 0 && u.USD > p.Usage[i-1].USD {
			t.Errorf("%s is told of after what is cheaper", u.Of)
		}
	}
	called := amounts["Lambda, invocations"]
	for of, want := range map[string]float64{
		"Step Functions, state transitions":     3 * 2,
		"Step Functions, Express executions":    3,
		"DynamoDB, write units":                 3,
		"Step Functions, GB-seconds of Express": 3 * 2 * 64.0 / 1024,
	} {
		if got := amounts[of]; got < want || got > 1.2*want {
			t.Errorf("%s: %v, not %v", of, got, want)
		}
	}
	if called < 1 || called > 3 {
		t.Errorf("the function was called %v times for three messages", called)
	}
	if got, least := amounts["Lambda, GB-seconds"], called*0.100*0.5; got < least || got > 5*least {
		t.Errorf("%v GB-seconds for %v calls of 512 MB, which compute for 100 ms each", got, called)
	}
	if least := coldStart + 100*time.Millisecond; p.Took < least {
		t.Errorf("it took %v, though a function starts and computes for %v", p.Took, least)
	}
	if worth := amounts["DynamoDB, write units"] * 0.625e-6; usd["DynamoDB, write units"] != worth || p.USD() < worth {
		t.Errorf("write units cost %v, all %v", usd["DynamoDB, write units"], p.USD())
	}
	if len(p.Unpriced) > 0 || len(p.Throttled) > 0 {
		t.Errorf("unpriced %v, throttled %v", p.Unpriced, p.Throttled)
	}
}

func TestAPredictionIsTheSameEachTime(t *testing.T) {
	if one, other := predict(t, 20), predict(t, 20); one.String() != other.String() {
		t.Errorf("predicted is\n%v\nand then\n%v", one, other)
	}
}
