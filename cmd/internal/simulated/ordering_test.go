package simulated

// This file proves order placement: nothing is sold twice, and every order comes to
// an end that somebody is told of.

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

const (
	inStock = 3
	ordered = 8 // each of one of them, and besides one of an item that nobody knows, and one that is no order
)

// shop is what happens to it, with so much time before the faults end, and after.
func shop(quiet time.Duration) simulation.Options {
	faults := simulation.Storm()
	delete(faults, simulation.Repeated) // no service delivers anything but the queue
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: faults,
		Engine: local.Options{Stacks: []string{"Tradepost-Ordering-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			s, err := ordering.Connect(here(w, ""))
			if err != nil {
				return err
			}
			ids, err := orders(ctx, s)
			if err != nil {
				return err
			}
			time.Sleep(quiet)
			w.Calm()
			time.Sleep(quiet)
			return sold(ctx, s, ids)
		},
	}
}

func TestNothingIsSoldTwiceAndEveryOrderEndsWhateverHappens(t *testing.T) {
	explore(t, shop(2*time.Hour))
}

// orders stocks items and orders them, and returns the ids of the messages.
func orders(ctx context.Context, s *ordering.Shop) (ids []string, err error) {
	if err := s.Stock(ctx, "chair", inStock); err != nil {
		return nil, err
	}
	bodies := []string{`{"itemName": "table", "customerId": "1"}`, `{"customerId": "1"}`}
	for range ordered {
		bodies = append(bodies, `{"itemName": "chair", "customerId": "1", "customerEmail": "c@example.com"}`)
	}
	for _, body := range bodies {
		id, err := s.Order(ctx, body)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// sold wants the stock to be what was not placed, each placed order once, and each
// message to have an execution that has ended, or to be a dead letter.
func sold(ctx context.Context, s *ordering.Shop, ids []string) error {
	left, err := s.Left(ctx, "chair")
	if err != nil {
		return err
	}
	placed, err := s.Placed(ctx, "1")
	if err != nil {
		return err
	}
	letters, err := undelivered(ctx, s.Laptop)
	if err != nil {
		return err
	}
	var faults []error
	if left < 0 || int(left)+len(placed) != inStock {
		faults = append(faults, fmt.Errorf("%d of %d are left after %d orders were placed", left, inStock, len(placed)))
	}
	rows := map[string]bool{}
	for _, row := range placed {
		rows[attribute.String(row, contract.AttrOrderID)] = true
	}
	for i, id := range ids {
		ended, told, err := ending(ctx, s, id)
		switch {
		case err != nil:
			return err
		case i == 1 && ended:
			faults = append(faults, fmt.Errorf("message %s is no order, and has an execution", id))
		case !ended && !letters.have(id):
			faults = append(faults, fmt.Errorf("order %s has no execution that has ended, and is not among the dead letters", id))
		case told && !rows[id]:
			faults = append(faults, fmt.Errorf("the customer was told that order %s is placed, and it is not", id))
		}
	}
	return errors.Join(faults...)
}

// ending tells whether an order's execution has ended, and whether the customer was
// told then that it is placed.
func ending(ctx context.Context, s *ordering.Shop, id string) (ended, told bool, err error) {
	described, err := sfn.NewFromConfig(s.AWS()).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(s.Execution(id))})
	if _, none := errors.AsType[*types.ExecutionDoesNotExist](err); none {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if described.Status != types.ExecutionStatusSucceeded {
		return described.Status != types.ExecutionStatusRunning, false, nil
	}
	notification, err := s.Told(ctx, id)
	return true, notification.OrderID != nil, err
}
