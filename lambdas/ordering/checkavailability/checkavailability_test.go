package checkavailability

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

func request(item string, quantity int) contract.Request {
	return contract.Request{OrderID: "o", Message: contract.Order{ItemName: item, CustomerID: "1045", Quantity: quantity}}
}

func TestAnItemIsAvailableIfThereIsEnoughOfIt(t *testing.T) {
	tables := dynamotest.Empty(t)
	tables.Create("Stock", contract.AttrItemName)
	for item, n := range map[string]int{"three": 3, "none": 0} {
		tables.Put("Stock", map[string]types.AttributeValue{contract.AttrItemName: attribute.Text(item), contract.AttrQuantity: attribute.Number(n)})
	}
	tables.Put("Stock", map[string]types.AttributeValue{contract.AttrItemName: attribute.Text("uncounted")})
	handler := &Handler{DynamoDB: tables, StockTable: "Stock"}
	for _, row := range []struct {
		item     string
		quantity int
		want     bool
	}{
		{"three", 1, true}, {"three", 3, true}, {"three", 4, false}, {"three", contract.MaxQuantity, false},
		{"none", 1, false}, {"unknown", 1, false}, {"uncounted", 1, false},
	} {
		in := request(row.item, row.quantity)
		got, err := handler.Handle(t.Context(), in)
		if want := (contract.Checked{Request: in, Available: row.want}); err != nil || got != want {
			t.Errorf("%d of %s: %+v, %v", row.quantity, row.item, got, err)
		}
	}
}

// scripted answers one call after the other, the last one's answer again and
// again.
type scripted []error

func (s *scripted) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if !*in.ConsistentRead {
		return nil, errors.New("what is read may be old")
	}
	err := (*s)[0]
	if len(*s) > 1 {
		*s = (*s)[1:]
	}
	return &dynamodb.GetItemOutput{Item: map[string]types.AttributeValue{contract.AttrQuantity: attribute.Number(9)}}, err
}

func TestThrottlingIsWaitedOutAndNamed(t *testing.T) {
	busy, denied := &smithy.GenericAPIError{Code: "ThrottlingException"}, &smithy.GenericAPIError{Code: "AccessDeniedException"}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		got, err := (&Handler{DynamoDB: &scripted{busy, busy, nil}}).Handle(ctx, request("a", 9))
		if err != nil || !got.Available {
			t.Errorf("busy twice: %+v, %v", got, err)
		}
		_, err = (&Handler{DynamoDB: &scripted{denied}}).Handle(ctx, request("a", 1))
		if _, ok := err.(*patience.ServiceRefused); !ok {
			t.Errorf("denied: %T %v", err, err)
		}
		_, err = (&Handler{DynamoDB: &scripted{busy}}).Handle(ctx, request("a", 1))
		if _, ok := err.(*patience.ServiceBusy); !ok || ctx.Err() != nil {
			t.Errorf("busy for long: %T %v, %v", err, err, ctx.Err())
		}
	})
}

// An execution that somebody starts by hand is refused by name as well, before
// anything is looked at.
func TestWhatIsNoOrderIsRefusedByName(t *testing.T) {
	handler := lambda.NewHandler((&Handler{}).Handle)
	for _, input := range []string{`{}`, `{"order_id": "o"}`, `{"message": {"itemName": "a", "customerId": "1"}}`,
		`{"order_id": "o", "message": {"itemName": "a"}}`, `{"order_id": "o", "message": {"itemName": "a", "customerId": "1", "quantity": 0}}`} {
		_, err := handler.Invoke(t.Context(), json.RawMessage(input))
		if _, ok := err.(*contract.OrderInvalid); !ok {
			t.Errorf("%s: %T %v", input, err, err)
		}
	}
}
