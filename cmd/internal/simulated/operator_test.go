package simulated

// This file has what operators do when alarms have told them, as docs/operations.md
// says, and what persons do by the links of mails.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// redrive redrives the executions of a state machine that ended red, but for those
// that failed with certain errors: these have come to their end.
func redrive(ctx context.Context, l *laptop.Laptop, machine string, ended ...string) error {
	red, err := executions(ctx, l, machine, sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut)
	if err != nil {
		return err
	}
	for _, e := range red {
		if slices.Contains(ended, aws.ToString(e.Error)) {
			continue
		}
		if _, err := sfn.NewFromConfig(l.AWS()).RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: e.ExecutionArn}); err != nil {
			return fmt.Errorf("redrive %s, which failed with %s: %w", *e.Name, aws.ToString(e.Error), err)
		}
	}
	return nil
}

// ended waits until no execution is at work, for a day at most, and wants none to
// have ended red.
func ended(ctx context.Context, l *laptop.Laptop, machine string) error {
	for range 25 {
		running, err := executions(ctx, l, machine, sfntypes.ExecutionStatusRunning)
		if err != nil {
			return err
		}
		if len(running) == 0 {
			break
		}
		time.Sleep(time.Hour)
	}
	left, err := executions(ctx, l, machine, sfntypes.ExecutionStatusRunning, sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut)
	for _, e := range left {
		err = errors.Join(err, fmt.Errorf("execution %s is %s: %s: %s", *e.Name, e.Status, aws.ToString(e.Error), aws.ToString(e.Cause)))
	}
	return err
}

// deliverAgain starts executions by the same inputs as those that there are, some
// times later: what EventBridge does when it delivers an event more than once.
func deliverAgain(ctx context.Context, l *laptop.Laptop, machine string, later ...time.Duration) error {
	began := time.Now()
	delivered := map[string]bool{}
	for _, wait := range later {
		time.Sleep(wait - time.Since(began))
		all, err := executions(ctx, l, machine)
		if err != nil {
			return err
		}
		for _, e := range all {
			if time.Since(*e.StartDate) > wait+time.Minute || delivered[*e.ExecutionArn] {
				continue
			}
			started, err := sfn.NewFromConfig(l.AWS()).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Input: e.Input})
			if err != nil {
				return err
			}
			delivered[*started.ExecutionArn] = true
		}
	}
	return nil
}

// mended redrives what has ended red until nothing has, within an hour.
func mended(ctx context.Context, l *laptop.Laptop, machine string) error {
	for range 12 {
		red, err := executions(ctx, l, machine, sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut)
		if err != nil || len(red) == 0 {
			return err
		}
		if err := redrive(ctx, l, machine); err != nil {
			return err
		}
		time.Sleep(5 * time.Minute)
	}
	return nil
}

// executions are those of a state machine, in some statuses: all if there are none.
func executions(ctx context.Context, l *laptop.Laptop, machine string, statuses ...sfntypes.ExecutionStatus) (all []*sfn.DescribeExecutionOutput, err error) {
	client := sfn.NewFromConfig(l.AWS())
	if len(statuses) == 0 {
		statuses = append(statuses, "")
	}
	for _, status := range statuses {
		pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: status})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("list executions: %w", err)
			}
			for _, listed := range page.Executions {
				e, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: listed.ExecutionArn})
				if err != nil {
					return nil, fmt.Errorf("describe an execution: %w", err)
				}
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// moveBack moves all dead letters to the queues that they could not be worked on
// from.
func moveBack(ctx context.Context, l *laptop.Laptop) error {
	client := sqs.NewFromConfig(l.AWS())
	return eachDeadLetters(ctx, client, func(url, source string) error { return move(ctx, client, url, source) })
}

// deadLetters tells whether there are some.
func deadLetters(ctx context.Context, l *laptop.Laptop) (some bool, err error) {
	client := sqs.NewFromConfig(l.AWS())
	err = eachDeadLetters(ctx, client, func(url, _ string) error {
		const count = types.QueueAttributeNameApproximateNumberOfMessages
		got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{count}})
		if err != nil {
			return err
		}
		some = some || got.Attributes[string(count)] != "0"
		return nil
	})
	return some, err
}

// eachDeadLetters goes through queues of dead letters, and whose they are.
func eachDeadLetters(ctx context.Context, client *sqs.Client, do func(url, source string) error) error {
	queues, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return err
	}
	for _, url := range queues.QueueUrls {
		sources, err := client.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &url})
		if err != nil {
			return fmt.Errorf("find whose dead letters are in %s: %w", url, err)
		}
		for _, source := range sources.QueueUrls {
			if err := do(url, source); err != nil {
				return err
			}
		}
	}
	return nil
}

func move(ctx context.Context, client *sqs.Client, from, to string) error {
	var arns [2]string
	for i, url := range []string{from, to} {
		got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
		if err != nil {
			return err
		}
		arns[i] = got.Attributes[string(types.QueueAttributeNameQueueArn)]
	}
	if _, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &arns[0], DestinationArn: &arns[1]}); err != nil {
		return fmt.Errorf("move the messages of %s back: %w", from, err)
	}
	return nil
}

// person decides on what mails ask: the verdict on a question, and whether there is
// one. A page that cannot be shown is opened again.
type person struct {
	*laptop.Laptop
	decide  func(question string) (verdict approval.Verdict, comment string, ok bool)
	clicked map[string]bool // links that have been
}

// look reads mails for a while: every few seconds at first, and then now and then.
func (p *person) look(ctx context.Context, while time.Duration) error {
	pause := 5 * time.Second
	for end := time.Now().Add(while); time.Now().Before(end); time.Sleep(pause) {
		pause = min(2*pause, 10*time.Minute)
		questions, err := approver.Questions(p.Laptop, "")
		if err != nil {
			return err
		}
		for _, q := range questions {
			if err := p.answer(ctx, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer decides, and clicks a second time: on the other button.
func (p *person) answer(ctx context.Context, q approver.Question) error {
	verdict, comment, ok := p.decide(q.Text)
	if !ok || p.clicked[q.Link] {
		return nil
	}
	p.clicked[q.Link] = true
	err := again(func() error {
		err := approver.Decide(ctx, q.Link, verdict, comment)
		if err != nil && strings.Contains(err.Error(), ": 409 ") { // an earlier click has done it
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("decide on %.60q: %w", q.Text, err)
	}
	other := approval.Approved
	if verdict == other {
		other = approval.Denied
	}
	if err := approver.Decide(ctx, q.Link, other, "a second thought"); err == nil {
		return fmt.Errorf("of two decisions on %.60q both were taken", q.Text)
	}
	return nil
}
