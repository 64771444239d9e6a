package notifycustomer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
)

// topic fails by its errors, one after the other, and then takes what is
// published.
type topic struct {
	errs []error
	took []string
}

func (p *topic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if len(p.errs) > 0 {
		err := p.errs[0]
		p.errs = p.errs[1:]
		return nil, err
	}
	attribute := in.MessageAttributes["customerId"]
	p.took = append(p.took, fmt.Sprint(*in.TopicArn, " ", *attribute.DataType, " ", *attribute.StringValue, " ", *in.Message))
	return &sns.PublishOutput{}, nil
}

func checked(available bool) contract.Checked {
	return contract.Checked{Available: available, Request: contract.Request{
		OrderID: "8f1", Message: contract.Order{ItemName: "a", CustomerID: "1045", CustomerEmail: "e@example.com", Quantity: 1},
	}}
}

// The sentences are those of the text that this system follows.
func TestACustomerIsToldInTheWordsOfTheText(t *testing.T) {
	for available, want := range map[bool]string{
		true:  `{"email":"e@example.com","orderId":"8f1","message":"Order 8f1 was placed succesfully."}`,
		false: `{"email":"e@example.com","orderId":null,"message":"Unfortunately we weren't able to place your order."}`,
	} {
		var p topic
		got, err := (&Handler{SNS: &p, NoticesARN: "arn"}).Handle(t.Context(), checked(available))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil || string(text) != want || len(p.took) != 1 || p.took[0] != "arn String 1045 "+want {
			t.Errorf("available %v: %s, published %q, %v", available, text, p.took, err)
		}
	}
}

func TestANoticeIsPublishedOnceTheTopicTakesItAgain(t *testing.T) {
	fault := &smithy.GenericAPIError{Code: "ThrottlingException"}
	refused := &smithy.GenericAPIError{Code: "NotFound"}
	for _, row := range []struct {
		name      string
		errs      []error
		published int
		want      string // the error's type
	}{
		{"three times in vain", []error{fault, fault, fault}, 1, "<nil>"},
		{"in vain for long", slices.Repeat([]error{fault}, 1000), 0, "*patience.ServiceBusy"},
		{"no such topic", []error{refused}, 0, "*patience.ServiceRefused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				p := topic{errs: row.errs}
				_, err := (&Handler{SNS: &p}).Handle(ctx, checked(true))
				if fmt.Sprintf("%T", err) != row.want || ctx.Err() != nil {
					t.Errorf("%T %v, %v", err, err, ctx.Err())
				}
				if len(p.took) != row.published {
					t.Errorf("published %q", p.took)
				}
			})
		})
	}
}

func TestNobodyIsToldOfWhatIsNoOrder(t *testing.T) {
	var p topic
	_, err := (&Handler{SNS: &p, NoticesARN: "arn"}).Handle(t.Context(), contract.Checked{Available: true})
	if _, ok := err.(*contract.OrderInvalid); !ok || len(p.took) != 0 {
		t.Errorf("%T %v, published %q", err, err, p.took)
	}
}
