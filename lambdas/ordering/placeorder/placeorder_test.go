package placeorder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

// shop has a stock of an item "a".
type shop struct {
	*dynamotest.Tables
	t *testing.T
}

func open(t *testing.T, stock int) shop {
	t.Helper()
	s := shop{dynamotest.Empty(t), t}
	s.Create("Stock", contract.AttrItemName)
	s.Create("Orders", contract.AttrCustomerID, contract.AttrOrderID)
	s.Put("Stock", map[string]types.AttributeValue{contract.AttrItemName: attribute.Text("a"), contract.AttrQuantity: attribute.Number(stock)})
	return s
}

// wantStock checks what is left.
func (s shop) wantStock(want int64) {
	s.t.Helper()
	stock := s.All("Stock")
	if got, err := attribute.Int(stock[0], contract.AttrQuantity); err != nil || got != want || len(stock) != 1 {
		s.t.Errorf("stock %d, %v; want %d", got, err, want)
	}
}

// order is one, available as CheckAvailability saw it.
func order(id, item string, quantity int) contract.Checked {
	return contract.Checked{Available: true, Request: contract.Request{OrderID: id, Message: contract.Order{ItemName: item, CustomerID: "1045", CustomerEmail: "e", Quantity: quantity}}}
}

func (s shop) place(through DynamoDB, in contract.Checked) bool {
	s.t.Helper()
	got, err := (&Handler{DynamoDB: through, StockTable: "Stock", OrdersTable: "Orders"}).Handle(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	want := in
	if want.Available = got.Available; got != want {
		s.t.Errorf("%+v was answered for %+v", got, in)
	}
	return got.Available
}

func TestAPlacedOrderIsWrittenAndTakenOutOfTheStock(t *testing.T) {
	s := open(t, 5)
	if !s.place(s, order("o", "a", 3)) {
		t.Error("it is not placed")
	}
	s.wantStock(2)
	orders := s.All("Orders")
	if len(orders) != 1 {
		t.Fatalf("orders %v", orders)
	}
	at, err := time.Parse(time.RFC3339, attribute.String(orders[0], "placed_at"))
	if err != nil || time.Since(at).Abs() > time.Minute || at.Location() != time.UTC {
		t.Errorf("placed at %v, %v", at, err)
	}
	quantity, err := attribute.Int(orders[0], "quantity")
	if attribute.String(orders[0], "customer_id") != "1045" || attribute.String(orders[0], "order_id") != "o" || attribute.String(orders[0], "item_name") != "a" || quantity != 3 || err != nil {
		t.Errorf("order %v", orders[0])
	}
	if names := slices.Sorted(maps.Keys(orders[0])); len(names) != 5 {
		t.Errorf("attributes %q", names)
	}
}

func TestWhatIsNotThereIsNotPlacedAndChangesNothing(t *testing.T) {
	for _, row := range []struct {
		item     string
		quantity int
	}{{"a", 4}, {"a", contract.MaxQuantity}, {"unknown", 1}} {
		s := open(t, 3)
		if s.place(s, order("o", row.item, row.quantity)) {
			t.Errorf("%d of %s were placed", row.quantity, row.item)
		}
		s.wantStock(3)
		if orders := s.All("Orders"); len(orders) != 0 {
			t.Errorf("orders %v", orders)
		}
	}
}

func TestAnOrderThatIsPlacedAgainIsPlacedOnce(t *testing.T) {
	s := open(t, 3)
	for range 3 { // the second one finds a stock of 1, the third as well
		if !s.place(s, order("o", "a", 2)) {
			t.Error("it is not placed")
		}
	}
	s.wantStock(1)
	if orders := s.All("Orders"); len(orders) != 1 {
		t.Errorf("orders %v", orders)
	}
}

func TestOfManyOrdersForTheLastThreeThreeArePlaced(t *testing.T) {
	s := open(t, 3)
	var placed sync.Map
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			if s.place(s, order(fmt.Sprint(i), "a", 1)) {
				placed.Store(fmt.Sprint(i), true)
			}
		})
	}
	group.Wait()
	s.wantStock(0)
	orders := s.All("Orders")
	for _, o := range orders {
		if _, ok := placed.LoadAndDelete(attribute.String(o, contract.AttrOrderID)); !ok {
			t.Errorf("order %v was not said to be placed", o)
		}
	}
	placed.Range(func(id, _ any) bool { t.Errorf("order %v was said to be placed", id); return true })
	if len(orders) != 3 {
		t.Errorf("%d orders", len(orders))
	}
}

// scripted fails calls by its errors, one after the other, and then has them
// through. After a lost answer the call has been performed all the same.
type scripted struct {
	DynamoDB
	errs []error
	lost bool
}

func (s *scripted) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if len(s.errs) == 0 {
		return s.DynamoDB.TransactWriteItems(ctx, in, options...)
	}
	err := s.errs[0]
	s.errs = s.errs[1:]
	if s.lost {
		if _, err := s.DynamoDB.TransactWriteItems(ctx, in, options...); err != nil {
			return nil, err
		}
	}
	return nil, err
}

func cancelled(codes ...string) error {
	e := &types.TransactionCanceledException{Message: aws.String("Transaction cancelled")}
	for _, code := range codes {
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
	}
	return fmt.Errorf("operation error: %w", e)
}

func TestAnOrderWhoseAnswerIsLostIsPlacedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, 2)
		if !s.place(&scripted{DynamoDB: s, errs: []error{&smithy.GenericAPIError{Code: "RequestTimeout"}}, lost: true}, order("o", "a", 2)) {
			t.Error("it is not placed")
		}
		s.wantStock(0)
	})
}

func TestContentionIsWaitedOutAndWhatDoesNotPassIsRefused(t *testing.T) {
	busy, denied := &smithy.GenericAPIError{Code: "ThrottlingException"}, &smithy.GenericAPIError{Code: "AccessDeniedException"}
	for _, row := range []struct {
		name   string
		errs   []error
		placed bool
		want   string // the error's type
	}{
		{"others order the same", []error{cancelled("TransactionConflict", "None"), cancelled("TransactionConflict", "None")}, true, "<nil>"},
		{"the order's row is busy", []error{cancelled("None", "TransactionConflict")}, true, "<nil>"},
		{"too many write", []error{cancelled("ThrottlingError", "None"), cancelled("None", "ProvisionedThroughputExceeded"), busy}, true, "<nil>"},
		{"too many write, and the stock is too small", []error{cancelled("ConditionalCheckFailed", "ThrottlingError")}, true, "<nil>"},
		{"too small", []error{cancelled("ConditionalCheckFailed", "None")}, false, "<nil>"},
		{"too small now, and placed before", []error{cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")}, true, "<nil>"},
		{"a write that cannot be", []error{cancelled("ValidationError", "None")}, false, "*patience.ServiceRefused"},
		{"denied", []error{denied}, false, "*patience.ServiceRefused"},
		{"reasons that are not told", []error{cancelled()}, false, "*patience.ServiceRefused"},
		{"others for too long", slices.Repeat([]error{cancelled("TransactionConflict", "None")}, 1000), false, "*patience.ServiceBusy"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, 1)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				got, err := (&Handler{DynamoDB: &scripted{DynamoDB: s, errs: row.errs}, StockTable: "Stock", OrdersTable: "Orders"}).Handle(ctx, order("o", "a", 1))
				if fmt.Sprintf("%T", err) != row.want || got.Available != row.placed || ctx.Err() != nil {
					t.Errorf("%+v, %T %v, %v", got, err, err, ctx.Err())
				}
			})
		})
	}
}

func TestWhatIsNoOrderIsNeverPlaced(t *testing.T) {
	s := open(t, 3)
	for _, in := range []contract.Checked{{}, {Available: true, Request: contract.Request{OrderID: "o"}}} {
		_, err := (&Handler{DynamoDB: s, StockTable: "Stock", OrdersTable: "Orders"}).Handle(t.Context(), in)
		if _, ok := errors.AsType[*contract.OrderInvalid](err); !ok {
			t.Errorf("%+v: %v", in, err)
		}
	}
	s.wantStock(3)
}
