package main

// This file measures order placement from end to end.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/local"
)

const (
	// orders is how many are placed.
	orders = 10_000

	// orderers is how many order at a time, ten each with a request.
	orderers = 4

	// ordered is the item.
	ordered = "Nvidia RTX 3070"
)

// measureOrders runs orders through queue, workflow and functions, and beside
// them, for the baseline, the functions alone.
func measureOrders(ctx context.Context, o options) (results []result, err error) {
	local.LimitMemory()
	l, stop, err := o.start(ctx, laptop.Options{Systems: []laptop.System{ordering.System()}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	shop, err := ordering.Connect(l)
	if err != nil {
		return nil, err
	}
	const alone = orders / 10
	if err := shop.Stock(ctx, ordered, orders+alone+1); err != nil {
		return nil, err
	}
	if err := warm(ctx, shop); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := functionsAlone(ctx, shop, alone); err != nil {
		return nil, err
	}
	baseline := alone / time.Since(began).Seconds()
	began = time.Now()
	if err := place(ctx, shop); err != nil {
		return nil, err
	}
	rate := orders / time.Since(began).Seconds()
	if left, err := shop.Left(ctx, ordered); err != nil || left != 0 {
		return nil, fmt.Errorf("%d items are left: %w", left, err)
	}
	return []result{{fmt.Sprintf("%d orders end to end", orders), fmt.Sprintf("%.0f per second", rate),
		fmt.Sprintf("%.2f of its three functions alone, %.0f per second", rate/baseline, baseline), "500 per second"}}, nil
}

// warm places one order, so that every function has an environment.
func warm(ctx context.Context, shop *ordering.Shop) error {
	id, err := shop.Order(ctx, `{"itemName": "`+ordered+`", "customerId": "first"}`)
	if err != nil {
		return err
	}
	_, err = shop.Told(ctx, id)
	return err
}

// place orders as fast as the queue takes it, and waits until all are told.
func place(ctx context.Context, shop *ordering.Shop) error {
	client := sqs.NewFromConfig(shop.AWS())
	began := time.Now()
	before, err := succeeded(ctx, shop, began)
	if err != nil {
		return err
	}
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(orderers)
	for first := 0; first < orders; first += 10 {
		group.Go(func() error {
			input := sqs.SendMessageBatchInput{QueueUrl: &shop.Queue}
			for i := first; i < first+10; i++ {
				input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{
					Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(fmt.Sprintf(`{"itemName": %q, "customerId": "%d"}`, ordered, i)),
				})
			}
			sent, err := client.SendMessageBatch(sending, &input)
			if err == nil && len(sent.Failed) > 0 {
				err = fmt.Errorf("%d orders were not sent", len(sent.Failed))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for {
		n, err := succeeded(ctx, shop, began)
		if err != nil || n-before == orders {
			return err
		}
		if err := laptop.Pause(ctx); err != nil {
			return fmt.Errorf("%d of %d orders were placed: %w", n-before, orders, err)
		}
	}
}

// succeeded is how many executions have, since a time and a little before.
func succeeded(ctx context.Context, shop *ordering.Shop, since time.Time) (int, error) {
	return shop.Sum(ctx, since, "AWS/States", "ExecutionsSucceeded", "StateMachineArn", shop.Workflow)
}

// functionsAlone invokes what the workflow does, one function after the other,
// as many orders at a time as the engine works on.
func functionsAlone(ctx context.Context, shop *ordering.Shop, n int) error {
	steps, err := steps(ctx, shop)
	if err != nil {
		return err
	}
	client := lambda.NewFromConfig(shop.AWS())
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(10)
	for i := range n {
		group.Go(func() error {
			payload, err := json.Marshal(contract.Request{
				OrderID: fmt.Sprint("alone-", i), Message: contract.Order{ItemName: ordered, CustomerID: "alone", Quantity: 1},
			})
			for _, function := range steps {
				if err != nil {
					return err
				}
				var answer *lambda.InvokeOutput
				if answer, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload}); err == nil {
					payload = answer.Payload
				}
				if err == nil && answer.FunctionError != nil {
					err = fmt.Errorf("%s: %s", function, answer.Payload)
				}
			}
			return err
		})
	}
	return group.Wait()
}

// steps are the ARNs of the functions, in the workflow's order.
func steps(ctx context.Context, shop *ordering.Shop) ([]string, error) {
	described, err := sfn.NewFromConfig(shop.AWS()).DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &shop.Workflow})
	if err != nil {
		return nil, err
	}
	var definition struct {
		States map[string]struct{ Resource string }
	}
	if err := json.Unmarshal([]byte(*described.Definition), &definition); err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range []string{"CheckAvailability", "PlaceOrder", "NotifyCustomer"} {
		arns = append(arns, definition.States[name].Resource)
	}
	return arns, nil
}
