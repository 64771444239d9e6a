package ordering

// This file has the story of order placement.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/story"
)

const (
	// item is the one of which there are some.
	item = "Nvidia RTX 3070"

	// example is an order of it.
	example = `{ "itemName": "` + item + `", "customerId": "1045", "customerEmail": "" }`

	// stocked is how many of the item are put into the stock.
	stocked = 3
)

// messages are those of the story, all sent at once: more orders than there are
// items, one of an item that nobody knows, and one without a customer.
var messages = []string{
	example, example, example, example, example,
	`{ "itemName": "Nvidia RTX 9090", "customerId": "1045", "customerEmail": "" }`,
	`{ "itemName": "Nvidia RTX 3070" }`,
}

// Story stocks three of an item and has five ordered.
func Story() story.Story {
	return story.Of(System(), Connect, (*Shop).tell, (*Shop).usage)
}

func (s *Shop) tell(ctx context.Context) (account string, err error) {
	story.Progress("ordering %d items, of which there are %d", len(messages), stocked)
	began := time.Now()
	if err := s.Stock(ctx, item, stocked); err != nil {
		return "", err
	}
	var ids []string
	for _, body := range messages {
		id, err := s.Order(ctx, body)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	var t tally
	last := len(ids) - 1
	refused, err := s.Refused(ctx, ids[last])
	if err != nil {
		return t.account(), err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nORDER\tWHAT BECAME OF IT")
	for _, id := range ids[:last] {
		notification, err := s.Told(ctx, id)
		if err != nil {
			return t.account(), err
		}
		if notification.OrderID != nil {
			t.placed++
		} else {
			t.unavailable++
		}
		fmt.Fprintf(out, "%s\t%s\n", id, notification.Message)
	}
	for id, letter := range refused {
		t.refused++
		fmt.Fprintf(out, "%s\t%s: %s\n", id, letter.Error, letter.Reason)
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	if err := s.count(ctx, began, &t); err != nil {
		return t.account(), err
	}
	return t.account(), t.fault()
}

// count counts what is there in the end.
func (s *Shop) count(ctx context.Context, began time.Time, t *tally) error {
	left, err := s.Left(ctx, item)
	if err != nil {
		return err
	}
	orders, err := s.Placed(ctx, "1045")
	if err != nil {
		return err
	}
	t.left, t.rows = int(left), len(orders)
	t.notices, err = s.Sum(ctx, began, "AWS/SNS", "NumberOfMessagesPublished", "TopicName", s.Notices[strings.LastIndex(s.Notices, ":")+1:])
	return err
}

// tally is what was counted.
type tally struct {
	placed, unavailable, refused int
	left, rows, notices          int // in the stock, in the table of orders, by the topic
}

func (t tally) account() string {
	return fmt.Sprintf("orders=%d placed=%d unavailable=%d refused=%d left=%d notices=%d", len(messages), t.placed, t.unavailable, t.refused, t.left, t.notices)
}

// fault is what is wrong with the account.
func (t tally) fault() error {
	var faults []error
	if seen := t.placed + t.unavailable + t.refused; seen != len(messages) {
		faults = append(faults, fmt.Errorf("%d of %d orders are accounted for", seen, len(messages)))
	}
	if t.placed != stocked || t.refused != 1 {
		faults = append(faults, fmt.Errorf("%d orders were to be placed, and one to be refused", stocked))
	}
	if t.left != stocked-t.placed || t.rows != t.placed {
		faults = append(faults, fmt.Errorf("%d of %d were sold: %d are left, and the table has %d orders", t.placed, stocked, t.left, t.rows))
	}
	if t.notices != t.placed+t.unavailable {
		faults = append(faults, fmt.Errorf("%d customers were to be told, and %d were", t.placed+t.unavailable, t.notices))
	}
	return errors.Join(faults...)
}

// usage is how to stock an item and order it.
func (s *Shop) usage() string {
	return fmt.Sprintf(`Order     aws --endpoint-url %[1]s dynamodb update-item --table-name %[2]s --key '{"item_name": {"S": "%[3]s"}}' \
            --update-expression 'ADD quantity :n' --expression-attribute-values '{":n": {"N": "10"}}'
          aws --endpoint-url %[1]s sqs send-message --queue-url %[4]s \
            --message-body '%[5]s'
          aws --endpoint-url %[1]s dynamodb scan --table-name %[6]s
          aws --endpoint-url %[1]s stepfunctions list-executions --state-machine-arn %[7]s
`, s.Endpoints.AWS, s.stock, item, s.Queue, example, s.orders, s.Workflow)
}
