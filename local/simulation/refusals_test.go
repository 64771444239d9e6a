package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// code is that of the error that a service answered with, or empty.
func code(err error) string {
	if answered, ok := errors.AsType[smithy.APIError](err); ok {
		return answered.ErrorCode()
	}
	return ""
}

func nothing(context.Context, *simulation.World) error { return nil }

// A table is called each second for ten minutes, and another one now and then.
func TestABurstRefusesAllCallsOfOneTableForAWhile(t *testing.T) {
	var refused []time.Duration
	r := within(t, 1, simulation.Rates{simulation.Burst: 0.01}, func(ctx context.Context, cfg aws.Config) error {
		client, began := dynamodb.NewFromConfig(cfg), time.Now()
		for time.Since(began) < 10*time.Minute {
			at := time.Since(began)
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: key(fmt.Sprint(at))})
			switch code(err) {
			case "":
				if err != nil {
					return err
				}
			case "ProvisionedThroughputExceededException":
				refused = append(refused, at)
			default:
				return err
			}
			time.Sleep(time.Second)
		}
		return nil
	}, nothing)
	// Each burst is a span without a gap, which one fault began.
	spans, longest := 0, time.Duration(0)
	for i, at := range refused {
		if i == 0 || at-refused[i-1] > 2*time.Second {
			spans++
		} else {
			longest = max(longest, at-refused[i-1])
		}
	}
	if r.Err != nil || spans == 0 || spans > len(r.Faults) || len(refused) < 3*spans || len(refused) > 31*len(r.Faults) {
		t.Errorf("%v: %d calls were refused in %d bursts by %d faults", r.Err, len(refused), spans, len(r.Faults))
	}
}

func TestNoBurstOutlastsTheFaults(t *testing.T) {
	var heard []string
	r := within(t, 1, simulation.Rates{simulation.Burst: 1}, func(ctx context.Context, cfg aws.Config) error {
		_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: key("order-1")})
		heard = append(heard, code(err))
		return nil
	}, func(ctx context.Context, w *simulation.World) error {
		w.Calm()
		_, err := awslambda.NewFromConfig(w.AWS()).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("work")})
		return err
	})
	if want := []string{"ProvisionedThroughputExceededException", ""}; r.Err != nil || !slices.Equal(heard, want) {
		t.Errorf("the function heard %q, want %q; %v", heard, want, r.Err)
	}
}

func TestABurstIsOfOneTableOrQueueOnly(t *testing.T) {
	put := func(ctx context.Context, cfg aws.Config, table string) string {
		_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: key("a")})
		return code(err)
	}
	for seed := uint64(1); ; seed++ { // until one call of the first table begins one, and the other's does not
		var codes []string
		r := within(t, seed, simulation.Rates{simulation.Burst: 0.3}, func(ctx context.Context, cfg aws.Config) error {
			codes = []string{put(ctx, cfg, "orders"), put(ctx, cfg, "others"), put(ctx, cfg, "orders")}
			return nil
		}, nothing)
		if r.Err != nil || seed == 100 {
			t.Fatalf("%v: %v", r.Err, codes)
		}
		if len(r.Faults) == 1 && codes[0] != "" {
			if codes[1] != "" || codes[2] != codes[0] {
				t.Errorf("answered %q", codes)
			}
			return
		}
	}
}

func TestEachServiceSaysInItsOwnWayThatThereAreTooManyCalls(t *testing.T) {
	for _, row := range []struct {
		name string
		call func(ctx context.Context, cfg aws.Config) error
		want string
	}{
		{"a table", func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key("a")})
			return err
		}, "ProvisionedThroughputExceededException"},
		{"a transaction", func(ctx context.Context, cfg aws.Config) error {
			write := types.TransactWriteItem{Put: &types.Put{TableName: aws.String("orders"), Item: key("a")}}
			other := types.TransactWriteItem{Put: &types.Put{TableName: aws.String("others"), Item: key("a")}}
			_, err := dynamodb.NewFromConfig(cfg).TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{write, other}})
			if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); !ok || len(cancelled.CancellationReasons) != 2 ||
				*cancelled.CancellationReasons[0].Code != "ProvisionedThroughputExceeded" || *cancelled.CancellationReasons[1].Code != "None" {
				return fmt.Errorf("answered %v", err)
			}
			return err
		}, "TransactionCanceledException"},
		{"a queue", func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("a")})
			return err
		}, "RequestThrottled"},
		{"a function", func(ctx context.Context, cfg aws.Config) error {
			_, err := awslambda.NewFromConfig(cfg).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("work")})
			return err
		}, "TooManyRequestsException"},
		{"a state machine", func(ctx context.Context, cfg aws.Config) error {
			_, err := sfn.NewFromConfig(cfg).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN + "standard")})
			return err
		}, "ThrottlingException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			r := within(t, 1, simulation.Rates{simulation.Burst: 1}, func(ctx context.Context, cfg aws.Config) error {
				err := row.call(ctx, cfg)
				if got = code(err); got == "" {
					return err
				}
				return nil
			}, nothing)
			if r.Err != nil || got != row.want {
				t.Errorf("%v: got %q, want %q", r.Err, got, row.want)
			}
		})
	}
}
