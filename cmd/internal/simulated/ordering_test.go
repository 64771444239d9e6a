package simulated

// This file proves order placement: nothing is sold twice, and every order comes to
// an end that somebody is told of.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	faults := without(simulation.Broken, simulation.Repeated, simulation.Twice, simulation.Stale, simulation.Paged) // no service delivers anything but the queue, and all reads are consistent
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: faults,
		Engine: local.Options{Stacks: []string{"Tradepost-Ordering-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			s, err := ordering.Connect(here(w, ""))
			if err != nil {
				return err
			}
			ids, err := orders(ctx, w, s)
			if err != nil {
				return err
			}
			w.Wait(quiet)
			w.Calm()
			w.Wait(quiet)
			return sold(ctx, s, ids)
		},
	}
}

func TestNothingIsSoldTwiceAndEveryOrderEndsWhateverHappens(t *testing.T) {
	explore(t, "ordering", shop(2*time.Hour))
}

// noOrder is a message that is none.
const noOrder = "no order"

// orders stocks items and orders them, and returns the ids of the messages, by what
// they are.
func orders(ctx context.Context, w *simulation.World, s *ordering.Shop) (ids map[string]string, err error) {
	if err := s.Stock(ctx, "chair", inStock); err != nil {
		return nil, err
	}
	bodies := [][2]string{{"a table", `{"itemName": "table", "customerId": "1"}`}, {noOrder, `{"customerId": "1"}`}}
	for n := range ordered {
		bodies = append(bodies, [2]string{fmt.Sprint("chair ", n), `{"itemName": "chair", "customerId": "1", "customerEmail": "c@example.com"}`})
	}
	ids = map[string]string{}
	for _, body := range bodies {
		if !w.Keep(body[0]) {
			continue
		}
		if ids[body[0]], err = s.Order(ctx, body[1]); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// sold wants the stock to be what was not placed, each placed order once, and each
// message to have an execution that has ended, or to be a dead letter.
func sold(ctx context.Context, s *ordering.Shop, ids map[string]string) error {
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
	for _, what := range slices.Sorted(maps.Keys(ids)) {
		id := ids[what]
		ended, told, err := ending(ctx, s, id)
		switch {
		case err != nil:
			return err
		case what == noOrder && ended:
			faults = append(faults, fmt.Errorf("message %s is no order, and has an execution", id))
		case !ended && !letters.have(id):
			faults = append(faults, fmt.Errorf("order %s (%s) has no execution that has ended, and is not among the dead letters", what, id))
		case told && !rows[id]:
			faults = append(faults, fmt.Errorf("the customer was told that order %s (%s) is placed, and it is not", what, id))
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
