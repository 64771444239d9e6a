package endtoend

// This file breaks what orders depend on.

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/start"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// crashingStart is the start function, whose process ends when it has started
// the executions of a batch, at the first four times. Each time the messages are
// delivered again at once.
type crashingStart struct {
	ready chan struct{} // is closed when there is a shop
	shop  *ordering.Shop
	calls atomic.Int32
}

func (c *crashingStart) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	<-c.ready
	s := c.shop
	queue := sqs.NewFromConfig(s.AWS())
	handler := lambda.NewHandler((&start.Handler{
		StepFunctions: sfn.NewFromConfig(s.AWS()), WorkflowARN: s.Workflow, SQS: queue, DeadLettersURL: s.DeadLetters,
	}).Handle)
	answer, err := handler.Invoke(ctx, payload)
	if err != nil || c.calls.Add(1) == 5 {
		return answer, err
	}
	var batch events.SQSEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	for _, message := range batch.Records {
		if _, err := queue.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &s.Queue, ReceiptHandle: &message.ReceiptHandle}); err != nil {
			return nil, err
		}
	}
	return nil, messages.InvokeResponse_Error{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: exit status 2"}
}

func TestAnOrderThatIsDeliveredFiveTimesIsPlacedAndToldOnce(t *testing.T) {
	t.Parallel()
	const item, customer = "delivered often", "who is told once"
	notices, counting := noticesTo(customer)
	crashing := &crashingStart{ready: make(chan struct{})}
	l := another(t, local.Options{
		Fault:    counting,
		Handlers: map[string]locallambda.Handler{shop.Stack + "/" + logicalID(t, shop.Stack, "OrderingStart"): crashing},
	})
	s, err := ordering.Connect(l)
	if err != nil {
		t.Fatal(err)
	}
	crashing.shop = s
	close(crashing.ready)
	stock(t, s, item, 10)
	id := order(t, s, orderOf(item, customer))
	eventually(t, "the message to be delivered five times", func() bool { return crashing.calls.Load() == 5 })
	wantTold(t, s, id, true)
	wantLeft(t, s, item, 9)
	wantPlaced(t, s, customer, 1)
	if n := notices.Load(); n != 1 {
		t.Errorf("%d notices", n)
	}
	if n, err := l.Executions(deadline(t), s.Workflow, types.ExecutionStatusSucceeded); n != 1 || err != nil {
		t.Errorf("%d executions, %v", n, err)
	}
	eventually(t, "the queue to be empty", func() bool {
		return waiting(t, l, s.Queue) == "0+0" && waiting(t, l, s.DeadLetters) == "0+0"
	})
}

// waiting is how many messages a queue has, visible or not.
func waiting(t *testing.T, l *laptop.Laptop, queue string) string {
	t.Helper()
	got, err := sqs.NewFromConfig(l.AWS()).GetQueueAttributes(deadline(t), &sqs.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Attributes["ApproximateNumberOfMessages"] + "+" + got.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

// The answer to a write is lost: the order is placed all the same, and the stock
// is not asked for it twice.
func TestAnOrderOfTheLastItemWhoseAnswerIsLostIsPlaced(t *testing.T) {
	t.Parallel()
	const item, customer = "the last of its kind", "who waits for an answer"
	var lost atomic.Bool
	fault.add(func(ctx context.Context, call cloud.Call) error {
		if call.Action != "TransactWriteItems" || call.Caller.Root || !about(call, customer) || !lost.CompareAndSwap(false, true) {
			return nil
		}
		if err := here.Engine.Cloud.Do(ctx, here.Engine.Cloud.Administrator(), call.Service, call.Action, call.Input, nil); err != nil {
			return err
		}
		return cloud.Errorf(500, "InternalServerError", "the answer is lost")
	})
	stock(t, shop, item, 1)
	id := order(t, shop, orderOf(item, customer))
	wantTold(t, shop, id, true)
	wantLeft(t, shop, item, 0)
	wantPlaced(t, shop, customer, 1)
	if !lost.Load() {
		t.Error("no answer was lost")
	}
}

func TestANoticeThatFailsThreeTimesIsGivenOnce(t *testing.T) {
	t.Parallel()
	const item, customer = "told late", "who is told late"
	var calls atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action == "Publish" && about(call, customer) && calls.Add(1) <= 3 {
			return cloud.Errorf(500, "InternalError", "the topic is away")
		}
		return nil
	})
	stock(t, shop, item, 1)
	wantTold(t, shop, order(t, shop, orderOf(item, customer)), true)
	wantPlaced(t, shop, customer, 1)
	if n := calls.Load(); n != 4 {
		t.Errorf("published %d times in all, want three in vain and once", n)
	}
}

func TestAnOrderWhoseNoticeFailsForGoodIsKeptAndARedriveGivesTheNotice(t *testing.T) {
	t.Parallel()
	const item, customer = "not told", "who is told by a redrive"
	var away atomic.Bool
	away.Store(true)
	var published atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action != "Publish" || !about(call, customer) {
			return nil
		}
		if away.Load() {
			return cloud.Errorf(404, "NotFound", "Topic does not exist")
		}
		published.Add(1)
		return nil
	})
	stock(t, shop, item, 2)
	id := order(t, shop, orderOf(item, customer))
	_, err := shop.Told(deadline(t), id)
	if failed, ok := errors.AsType[*laptop.Failed](err); !ok || failed.Name != "ServiceRefused" || failed.Status != types.ExecutionStatusFailed {
		t.Fatalf("told, or another error: %v", err)
	}
	wantPlaced(t, shop, customer, 1)
	wantLeft(t, shop, item, 1)
	eventually(t, "the metric that the alarm watches", func() bool {
		return sum(t, here, "AWS/States", "ExecutionsFailed", "StateMachineArn", shop.Workflow) > 0
	})

	away.Store(false)
	execution := shop.Execution(id)
	if _, err := sfn.NewFromConfig(shop.AWS()).RedriveExecution(deadline(t), &sfn.RedriveExecutionInput{ExecutionArn: &execution}); err != nil {
		t.Fatal(err)
	}
	wantTold(t, shop, id, true)
	wantPlaced(t, shop, customer, 1)
	wantLeft(t, shop, item, 1)
	if n := published.Load(); n != 1 {
		t.Errorf("%d notices", n)
	}
}

// An execution that somebody starts past the queue is refused by name, and
// nobody is told.
func TestAnExecutionThatIsNoOrderFailsByName(t *testing.T) {
	t.Parallel()
	for _, input := range []string{`{}`, `{"order_id": "o", "message": {"itemName": "x", "customerId": "past the queue", "quantity": -5}}`} {
		started, err := sfn.NewFromConfig(shop.AWS()).StartExecution(deadline(t), &sfn.StartExecutionInput{StateMachineArn: &shop.Workflow, Input: &input})
		if err != nil {
			t.Fatal(err)
		}
		_, err = shop.Ended(deadline(t), *started.ExecutionArn)
		if failed, ok := errors.AsType[*laptop.Failed](err); !ok || failed.Name != contract.ErrorOrderInvalid {
			t.Errorf("%s: %v", input, err)
		}
	}
	wantPlaced(t, shop, "past the queue", 0)
}

// What start has failed on is started after all, and what is no order comes back
// with its reason.
func TestDeadLettersOfOrdersAreMovedBackAsTheRunbookSays(t *testing.T) {
	t.Parallel()
	const item, customer = "moved back", "who waits for the operator"
	var blocked atomic.Bool
	blocked.Store(true)
	l := another(t, local.Options{Fault: func(_ context.Context, call cloud.Call) error {
		if blocked.Load() && call.Action == "ReceiveMessage" && !call.Caller.Root {
			return cloud.Errorf(400, "AccessDeniedException", "start may not receive")
		}
		return nil
	}})
	s, err := ordering.Connect(l)
	if err != nil {
		t.Fatal(err)
	}
	stock(t, s, item, 1)
	order(t, s, orderOf(item, customer))
	receiveInVain(t, sqs.NewFromConfig(l.AWS()), &s.Queue, &s.DeadLetters)
	blocked.Store(false)
	order(t, s, `{"itemName": "without a customer"}`)
	eventually(t, "two dead letters", func() bool { return waiting(t, l, s.DeadLetters) == "2+0" })
	for _, command := range manual.Commands(t, "docs/operations.md", "Orders among the dead letters") {
		if said := operateOn(t, l, command); !strings.Contains(said, "2 dead letters moved back") {
			t.Errorf("%s says %s", command, said)
		}
	}
	eventually(t, "the order to be placed", func() bool {
		placed, err := s.Placed(deadline(t), customer)
		return err == nil && len(placed) == 1
	})
	eventually(t, "what is no order to come back alone", func() bool { return waiting(t, l, s.DeadLetters) == "1+0" })
}
