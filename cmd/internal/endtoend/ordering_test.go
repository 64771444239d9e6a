package endtoend

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// orderOf is an order of one item by a customer of the test's own.
func orderOf(item, customer string) string {
	return fmt.Sprintf(`{"itemName": %q, "customerId": %q, "customerEmail": "c@example.com"}`, item, customer)
}

// stock puts items into a shop.
func stock(t *testing.T, s *ordering.Shop, item string, n int) {
	t.Helper()
	if err := s.Stock(deadline(t), item, n); err != nil {
		t.Fatal(err)
	}
}

// order sends a message, and returns its id.
func order(t *testing.T, s *ordering.Shop, body string) string {
	t.Helper()
	id, err := s.Order(deadline(t), body)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantTold waits for what a customer is told of an order.
func wantTold(t *testing.T, s *ordering.Shop, id string, placed bool) {
	t.Helper()
	notification, err := s.Told(deadline(t), id)
	if err != nil {
		t.Error(err)
		return
	}
	wantNotification(t, id, notification, placed)
}

// wantNotification compares with the sentences of the text.
func wantNotification(t *testing.T, id string, got contract.Notification, placed bool) {
	t.Helper()
	switch {
	case placed && (aws.ToString(got.OrderID) != id || got.Message != "Order "+id+" was placed succesfully."),
		!placed && (got.OrderID != nil || got.Message != "Unfortunately we weren't able to place your order."):
		t.Errorf("order %s, to be placed %v: %q, %q", id, placed, aws.ToString(got.OrderID), got.Message)
	}
}

// wantLeft compares what is left of an item.
func wantLeft(t *testing.T, s *ordering.Shop, item string, want int64) {
	t.Helper()
	if left, err := s.Left(deadline(t), item); err != nil || left != want {
		t.Errorf("%d of %s are left, %v; want %d", left, item, err, want)
	}
}

// wantPlaced compares a customer's orders with how many there are to be.
func wantPlaced(t *testing.T, s *ordering.Shop, customer string, want int) []map[string]types.AttributeValue {
	t.Helper()
	orders, err := s.Placed(deadline(t), customer)
	if err != nil {
		t.Fatal(err)
	}
	if len(orders) != want {
		t.Errorf("customer %s has %d orders, want %d", customer, len(orders), want)
	}
	return orders
}

// noticesTo counts what is published for a customer.
func noticesTo(customer string) (count *atomic.Int32, counting cloud.Fault) {
	count = new(atomic.Int32)
	return count, func(_ context.Context, call cloud.Call) error {
		if call.Action == "Publish" && about(call, customer) {
			count.Add(1)
		}
		return nil
	}
}

// The message is that of the text which this system follows.
func TestTheTextsOwnOrderIsPlacedAsItStands(t *testing.T) {
	t.Parallel()
	stock(t, shop, "Nvidia RTX 3070", 2)
	id := order(t, shop, `{ "itemName": "Nvidia RTX 3070", "customerId": "1045", "customerEmail": "" }`)
	wantTold(t, shop, id, true)
	wantLeft(t, shop, "Nvidia RTX 3070", 1)
	row := wantPlaced(t, shop, "1045", 1)[0]
	if attribute.String(row, "order_id") != id || attribute.String(row, "item_name") != "Nvidia RTX 3070" {
		t.Errorf("order %v", row)
	}
	other := order(t, shop, `{ "itemName": "AMD Radeon RX 6800", "customerId": "1046", "customerEmail": "" }`)
	wantTold(t, shop, other, false)
	wantPlaced(t, shop, "1046", 0)
}

func TestOfFiftyOrdersForTheLastThreeItemsThreeArePlacedAndAllAreTold(t *testing.T) {
	t.Parallel()
	const item, customer = "the last three", "one of fifty"
	notices, counting := noticesTo(customer)
	fault.add(counting)
	stock(t, shop, item, 3)
	ids := make([]string, 50)
	var group errgroup.Group
	for i := range ids {
		group.Go(func() (err error) {
			ids[i], err = shop.Order(deadline(t), orderOf(item, customer))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	placed := map[string]bool{}
	for _, id := range ids {
		notification, err := shop.Told(deadline(t), id)
		if err != nil {
			t.Fatal(err)
		}
		wantNotification(t, id, notification, notification.OrderID != nil)
		if notification.OrderID != nil {
			placed[id] = true
		}
	}
	for _, row := range wantPlaced(t, shop, customer, 3) {
		if id := attribute.String(row, contract.AttrOrderID); !placed[id] {
			t.Errorf("nobody was told that order %s is placed", id)
		}
	}
	if len(placed) != 3 || notices.Load() != 50 {
		t.Errorf("%d were told that their order is placed, and there were %d notices", len(placed), notices.Load())
	}
	wantLeft(t, shop, item, 0)
}

func TestTwoMalformedOrdersOfABatchOfTenAreDeadLettersWithTheirReasons(t *testing.T) {
	t.Parallel()
	const item = "in a batch"
	stock(t, shop, item, 100)
	var batch sqs.SendMessageBatchInput
	batch.QueueUrl = &shop.Queue
	for i := range 10 {
		body := orderOf(item, fmt.Sprint("of a batch, ", i))
		switch i {
		case 3:
			body = strings.TrimSuffix(body, "}")
		case 7:
			body = `{"itemName": "in a batch", "customerEmail": ["ü"]}`
		}
		batch.Entries = append(batch.Entries, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: &body})
	}
	sent, err := sqs.NewFromConfig(shop.AWS()).SendMessageBatch(deadline(t), &batch)
	if err != nil || len(sent.Successful) != 10 {
		t.Fatalf("%d were sent: %v", len(sent.Successful), err)
	}
	ids := make([]string, 10)
	for i, entry := range sent.Successful {
		ids[i] = *entry.MessageId
	}
	for i, id := range ids {
		if i != 3 && i != 7 {
			wantTold(t, shop, id, true)
		}
	}
	letters, err := shop.Refused(deadline(t), ids[3], ids[7])
	if err != nil {
		t.Fatal(err)
	}
	for i, reason := range map[int]string{
		3: "the order is not JSON: unexpected end of JSON input",
		7: `customerId is missing or blank; customerEmail is ["ü"]: give a text`,
	} {
		if want := (ordering.Letter{Body: *batch.Entries[i].MessageBody, Error: "OrderInvalid", Reason: reason, MessageID: ids[i]}); letters[ids[i]] != want {
			t.Errorf("letter %+v, want %+v", letters[ids[i]], want)
		}
	}
	wantLeft(t, shop, item, 92)
}

func TestOddOrdersAreUnavailableOrRefusedByNameAndNeverPlaced(t *testing.T) {
	t.Parallel()
	const item = "of odd orders"
	stock(t, shop, item, 5)
	for _, row := range []struct{ name, order, reason string }{
		{"an unknown item", `"itemName": "of nobody", "customerId": "odd"`, ""},
		{"10^9", `"itemName": "of odd orders", "customerId": "odd", "quantity": 1000000000`, ""},
		{"one more than there are", `"itemName": "of odd orders", "customerId": "odd", "quantity": 6`, ""},
		{"no customer", `"itemName": "of odd orders"`, "customerId is missing or blank"},
		{"quantity 0", `"itemName": "of odd orders", "customerId": "odd", "quantity": 0`, "quantity is 0: give a whole number, 1 to 1000000000"},
		{"a negative quantity", `"itemName": "of odd orders", "customerId": "odd", "quantity": -1`, "quantity is -1: give a whole number, 1 to 1000000000"},
		{"one and a half", `"itemName": "of odd orders", "customerId": "odd", "quantity": 1.5`, "quantity is 1.5: give a whole number, 1 to 1000000000"},
	} {
		id := order(t, shop, "{"+row.order+"}")
		if row.reason == "" {
			wantTold(t, shop, id, false)
			continue
		}
		letters, err := shop.Refused(deadline(t), id)
		if letter := letters[id]; err != nil || letter.Error != contract.ErrorOrderInvalid || letter.Reason != row.reason {
			t.Errorf("%s: letter %+v, %v", row.name, letter, err)
		}
	}
	wantLeft(t, shop, item, 5)
	wantPlaced(t, shop, "odd", 0)
	wantTold(t, shop, order(t, shop, `{"itemName": "of odd orders", "customerId": "even", "quantity": 5}`), true)
	wantLeft(t, shop, item, 0)
}
