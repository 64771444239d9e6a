package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

const machineARN = "arn:aws:states:us-east-1:000000000000:stateMachine:"

// counted are how often the executions of each name have run.
func counted(ctx context.Context, w *simulation.World) (times []string, err error) {
	time.Sleep(2 * time.Minute)
	rows, err := dynamodb.NewFromConfig(w.AWS()).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil {
		return nil, err
	}
	for _, row := range rows.Items {
		times = append(times, row["times"].(*types.AttributeValueMemberN).Value)
	}
	return times, nil
}

func TestAnExpressExecutionMayRunTwiceAndAStandardOneDoesNot(t *testing.T) {
	for _, row := range []struct {
		machine, name string
		want          string
	}{{"express", "", "[2]"}, {"express", "mine", "[2]"}, {"standard", "", "[1]"}} {
		t.Run(row.machine+row.name, func(t *testing.T) {
			r := within(t, 1, simulation.Rates{simulation.Twice: 1}, func(ctx context.Context, cfg aws.Config) error {
				in := &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN + row.machine)}
				if row.name != "" {
					in.Name = &row.name
				}
				_, err := sfn.NewFromConfig(cfg).StartExecution(ctx, in)
				return err
			}, func(ctx context.Context, w *simulation.World) error {
				times, err := counted(ctx, w)
				if got := fmt.Sprint(times); got != row.want {
					err = errors.Join(err, fmt.Errorf("executions by their names ran %s times, want %s", got, row.want))
				}
				return err
			})
			if r.Err != nil || len(r.Faults) != r.Chances[simulation.Twice] {
				t.Errorf("%v after %v", r.Err, r.Faults)
			}
		})
	}
}

// A rule starts an Express workflow, which nobody waits for.
func TestAnExpressWorkflowThatARuleStartsIsProvedToStandASecondRunOrToldOtherwise(t *testing.T) {
	const task = `{"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:ACTION", "End": true, "Parameters": {"TableName": "orders", INPUT}}}}`
	for _, row := range []struct{ action, input, want string }{
		{"putItem", `"Item": {"id": {"S.$": "$.detail.id"}}`, ""},
		{"updateItem", `"Key": {"id": {"S.$": "$.detail.id"}}, "UpdateExpression": "ADD times :one", "ExpressionAttributeValues": {":one": {"N": "1"}}`,
			`table orders: 0 instead of 1 of id={"S":"a"} times={"N":"1"}` + "\n" + `table orders: 1 instead of 0 of id={"S":"a"} times={"N":"2"}`},
	} {
		t.Run(row.action, func(t *testing.T) {
			o := simulation.Redelivered(t, simulation.Options{
				Assembly: template(t, strings.ReplaceAll(bench, "DEFINITION", strings.NewReplacer("ACTION", row.action, "INPUT", row.input).Replace(task))),
				Functions: map[string]simulation.Function{"app/Work": func(aws.Config, lambda.Environment) (any, error) {
					return func(context.Context) {}, nil
				}},
				Scenario: func(ctx context.Context, w *simulation.World) error {
					_, err := eventbridge.NewFromConfig(w.AWS()).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
						{Source: aws.String("billed"), DetailType: aws.String("Billed"), Detail: aws.String(`{"id": "a"}`)},
					}})
					time.Sleep(10 * time.Minute)
					return err
				},
			})
			o.Faults = simulation.Rates{simulation.Twice: 1}
			r := simulation.Run(t, 1, o)
			if len(r.Faults) != 1 || r.Faults[0].Kind != simulation.Twice {
				t.Errorf("it hit %v", r.Faults)
			}
			if got := fmt.Sprint(r.Err); got != row.want && !(row.want == "" && r.Err == nil) {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// sell puts an event that a rule starts an execution by, with the rule's role.
func sell(ctx context.Context, w *simulation.World) error {
	_, err := eventbridge.NewFromConfig(w.AWS()).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("sold"), DetailType: aws.String("Sold"), Detail: aws.String("{}")},
	}})
	return err
}

func TestWhatAServiceDeliversByARoleMayComeAgain(t *testing.T) {
	idle := func(context.Context, aws.Config) error { return nil }
	r := within(t, 1, simulation.Rates{simulation.Repeated: 1}, idle, func(ctx context.Context, w *simulation.World) error {
		if err := sell(ctx, w); err != nil {
			return err
		}
		times, err := counted(ctx, w)
		if n := len(times); n < 2 || n > 5 || slices.ContainsFunc(times, func(n string) bool { return n != "1" }) {
			err = errors.Join(err, fmt.Errorf("the event started executions that ran %v times", times))
		}
		return err
	})
	if r.Err != nil {
		t.Error(r.Err)
	}
}

func TestWhatAServiceDeliversMayComeUpToAMinuteLater(t *testing.T) {
	idle := func(context.Context, aws.Config) error { return nil }
	late := map[bool]int{}
	for seed := range uint64(6) {
		r := within(t, seed, simulation.Rates{simulation.Late: 1}, idle, func(ctx context.Context, w *simulation.World) error {
			if err := sell(ctx, w); err != nil {
				return err
			}
			time.Sleep(20 * time.Second)
			soon, err := sfn.NewFromConfig(w.AWS()).ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machineARN + "standard")})
			if err != nil {
				return err
			}
			late[len(soon.Executions) == 0]++
			times, err := counted(ctx, w)
			if fmt.Sprint(times) != "[1]" {
				err = errors.Join(err, fmt.Errorf("the event started executions that ran %v times", times))
			}
			return err
		})
		if r.Err != nil || !strings.Contains(string(r.Trace), "delivered late by") {
			t.Errorf("seed %d: %v", seed, r.Err)
		}
	}
	if late[true] == 0 || late[false] == 0 {
		t.Errorf("later than 20 seconds: %v", late)
	}
}
