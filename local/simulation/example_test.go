package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// A test of a stack with a queue and a function: whatever comes to it may come again,
// late and in any order.
func ExampleIdempotent() {
	_ = func(t *testing.T) { // TestWhatComesAgainChangesNothing
		simulation.Idempotent(t, []uint64{1, 2, 3}, simulation.Options{
			Assembly: "cdk.out",
			Functions: map[string]simulation.Function{
				"Shop/Store": func(cfg aws.Config, env lambda.Environment) (any, error) {
					return func(context.Context, events.SQSEvent) error { return nil }, nil // the function's own handler
				},
			},
			Scenario: func(ctx context.Context, w *simulation.World) error {
				for _, order := range []string{"order-1", "order-2"} {
					if !w.Keep(order) {
						continue
					}
					_, err := sqs.NewFromConfig(w.AWS()).SendMessage(ctx, &sqs.SendMessageInput{
						QueueUrl: aws.String(fmt.Sprint(w.Endpoints.Outputs["Shop"]["OrdersURL"])), MessageBody: &order,
					})
					if err != nil {
						return err
					}
				}
				w.Wait(time.Hour) // until all is quiet
				return nil
			},
		})
	}
}

// A run that failed, as Explore tells it.
func ExampleResult_Story() {
	r := simulation.Result{
		Seed: 17, Err: errors.New("order-7 was stored 2 times"),
		Steps: []simulation.Step{
			{Kind: "input", What: "order-7"},
			{Kind: "wait", What: "1s, not 30m0s"},
			{At: time.Second, Kind: "calm"},
		},
		Faults: []simulation.Fault{{
			Kind: simulation.Forgotten, At: 47 * time.Millisecond,
			Site: simulation.Site{Service: "Lambda", Caller: "Shop/Store", Action: "sqs:DeleteMessageBatch", On: "Shop/Queue"},
		}},
	}
	fmt.Println(r.Story())
	// Output:
	// seed 17: order-7 was stored 2 times
	//   0s    input             order-7
	//   0s    wait              1s, not 30m0s
	//   47ms  delete forgotten  Lambda for Store: sqs:DeleteMessageBatch of Queue
	//   1s    calm
}
