package simulated

// This file is the pipeline's operator: one who stops transactions, and works up what
// is left, as docs/operations.md says.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	"github.com/tradepost-dev/tradepost/internal/replay"
)

// stop stops a few of the transactions that are under way in the next seconds, and then
// a settlement.
func stop(ctx context.Context, d *b2b.Desk) error {
	return errors.Join(stopOf(ctx, d, "WorkflowARN", 2), stopOf(ctx, d, "SettlementARN", 1))
}

// stopOf stops so many executions of a state machine, if there are as many.
func stopOf(ctx context.Context, d *b2b.Desk, output string, most int) error {
	machine, err := d.Output(d.Stack, output)
	if err != nil {
		return err
	}
	stopped := 0
	for range 100 {
		running, err := executions(ctx, d.Laptop, machine, sfntypes.ExecutionStatusRunning)
		if err != nil {
			return err
		}
		for _, e := range running {
			if _, err := sfn.NewFromConfig(d.AWS()).StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: e.ExecutionArn}); err != nil {
				return err
			}
			if stopped++; stopped == most {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// hand is an operator's, who makes calls at once, none of them at the same moment as
// another: they would be made in any order.
type hand struct {
	aws.HTTPClient
	of string // whose
}

func (h hand) Do(r *http.Request) (*http.Response, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, h.of, r.Method, r.URL)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var members any // which an SDK writes in any order
		if json.Unmarshal(body, &members) == nil {
			body, _ = json.Marshal(members)
		}
		sum.Write(body)
	}
	time.Sleep(time.Duration(binary.LittleEndian.Uint32(sum.Sum(nil)))) // four seconds at most
	return h.HTTPClient.Do(r)
}

// replayer is what `tradepost replay` has, of one operator.
func replayer(d *b2b.Desk, operator string) (*replay.Replayer, error) {
	found := map[string]string{}
	for _, name := range []string{"FilesTable", "TransactionsTable", "OutcomesTable", "QueueURL", "PostedQueueURL", "WorkflowARN", "SettlementARN"} {
		value, err := d.Output(d.Stack, name)
		if err != nil {
			return nil, err
		}
		found[name] = value
	}
	cfg := d.AWS()
	cfg.HTTPClient = hand{cfg.HTTPClient, operator}
	return &replay.Replayer{
		Pipeline: replay.Pipeline{
			FilesTable: found["FilesTable"], TransactionsTable: found["TransactionsTable"], OutcomesTable: found["OutcomesTable"],
			QueueURL: found["QueueURL"], PostedQueueURL: found["PostedQueueURL"],
			WorkflowARN: found["WorkflowARN"], SettlementARN: found["SettlementARN"], SettlementTimeout: 15 * time.Minute, SettlementRate: 100,
		},
		DynamoDB: dynamodb.NewFromConfig(cfg), S3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		SQS: sqs.NewFromConfig(cfg), StepFunctions: sfn.NewFromConfig(cfg), Formats: batch.Formats{xml.Format{}},
		Tell: func(string, ...any) {},
	}, nil
}

// replayedAtOnce has two operators replay at once. What one leaves to the other, or
// cannot replay yet, is found again.
func replayedAtOnce(ctx context.Context, d *b2b.Desk) {
	var group sync.WaitGroup
	for _, operator := range []string{"one", "another"} {
		group.Go(func() { _ = replayed(ctx, d, operator) })
	}
	group.Wait()
}

// replayed has an operator replay all that has failed today.
func replayed(ctx context.Context, d *b2b.Desk, operator string) error {
	r, err := replayer(d, operator)
	if err != nil {
		return err
	}
	failures, err := r.Find(ctx, replay.Selection{Since: time.Now().Add(-24 * time.Hour)})
	if err != nil {
		return err
	}
	_, err = r.Run(ctx, failures)
	return err
}

// workUp does what alarms ask for, when nothing happens any more, and wants nothing
// to be left then.
func workUp(ctx context.Context, d *b2b.Desk) error {
	if err := errors.Join(moveBack(ctx, d.Laptop), invokeAgain(ctx, d)); err != nil {
		return err
	}
	time.Sleep(time.Hour)
	if err := replayed(ctx, d, "one"); err != nil {
		return err
	}
	time.Sleep(time.Hour)
	left, err := undelivered(ctx, d.Laptop)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("there are messages left: %v", left)
	}
	return err
}

// invokeAgain gives functions the events that they gave up, or were never given.
func invokeAgain(ctx context.Context, d *b2b.Desk) error {
	client := sqs.NewFromConfig(d.AWS())
	queues, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return err
	}
	for _, url := range queues.QueueUrls {
		if !strings.Contains(url, "Undelivered") && !strings.Contains(url, "Unrecorded") {
			continue
		}
		for {
			got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
			if err != nil {
				return err
			}
			if len(got.Messages) == 0 {
				break
			}
			for _, message := range got.Messages {
				if err := invoke(ctx, d, *message.Body); err != nil {
					return err
				}
				if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: message.ReceiptHandle}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tellEnds tells conclude of the transactions that ended red, by what Step Functions tells
// of them.
func tellEnds(ctx context.Context, d *b2b.Desk) error {
	machine, err := d.Output(d.Stack, "WorkflowARN")
	if err != nil {
		return err
	}
	red, err := executions(ctx, d.Laptop, machine, sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut, sfntypes.ExecutionStatusAborted)
	if err != nil {
		return err
	}
	for _, e := range red {
		event, err := json.Marshal(map[string]any{"detail-type": "Step Functions Execution Status Change", "detail": map[string]any{
			"executionArn": e.ExecutionArn, "stateMachineArn": e.StateMachineArn, "name": e.Name, "status": e.Status,
			"startDate": e.StartDate, "stopDate": e.StopDate, "input": e.Input, "error": e.Error, "redriveCount": e.RedriveCount,
		}})
		if err != nil {
			return err
		}
		if err := invoke(ctx, d, string(event)); err != nil {
			return err
		}
	}
	return nil
}

// invoke gives an event to the function that it is for: it is what EventBridge could
// not deliver, or what Lambda tells of an invocation that failed.
func invoke(ctx context.Context, d *b2b.Desk, letter string) error {
	var told struct{ RequestPayload json.RawMessage }
	if err := json.Unmarshal([]byte(letter), &told); err != nil {
		return err
	}
	event := []byte(letter)
	if told.RequestPayload != nil {
		event = told.RequestPayload
	}
	function := "SFTPSplit"
	if strings.Contains(string(event), "Step Functions Execution Status Change") {
		function = "WorkflowConclude"
	}
	client := lambda.NewFromConfig(d.AWS())
	listed, err := client.ListFunctions(ctx, &lambda.ListFunctionsInput{})
	if err != nil {
		return err
	}
	for _, f := range listed.Functions {
		if strings.Contains(*f.FunctionName, function) {
			_, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: f.FunctionName, InvocationType: lambdatypes.InvocationTypeEvent, Payload: event})
			return err
		}
	}
	return fmt.Errorf("there is no function %s for %s", function, letter)
}
