package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

type topic struct {
	published []*sns.PublishInput
	errs      []error // of the calls, the last one again and again
}

func (f *topic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	f.published = append(f.published, in)
	if len(f.errs) == 0 {
		return &sns.PublishOutput{}, nil
	}
	return &sns.PublishOutput{}, f.errs[min(len(f.published), len(f.errs))-1]
}

func event(data string) contract.Event {
	return contract.Event{SpecVersion: "1.0", ID: "msg_1", Source: "/webhooks/acme", Type: "a<b", Time: "t", PartitionKey: "acme/7", DataContentType: "application/json", Data: []byte(data)}
}

func TestSubscribersGetACloudEventWithTheSendersData(t *testing.T) {
	f := &topic{}
	result, err := (&Handler{SNS: f, TopicARN: "arn"}).Handle(t.Context(), event("{\"b\": 12345678901234567890.10,\r\n \"a\":\"<&\u2028\ufffe\uffff\\u0000\"}"))
	if err != nil || *result != (contract.Result{Outcome: contract.Published}) || len(f.published) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	in := f.published[0]
	want := `{"specversion":"1.0","id":"msg_1","source":"/webhooks/acme","type":"a<b","time":"t","partitionkey":"acme/7","datacontenttype":"application/json",` +
		`"data":{"b":12345678901234567890.10,"a":"<&` + "\u2028" + `\ufffe\uffff\u0000"}}`
	if *in.Message != want || *in.TopicArn != "arn" {
		t.Errorf("got  %s\nwant %s", *in.Message, want)
	}
	attributes := ""
	for _, name := range []string{"source", "type", "id"} {
		attributes += fmt.Sprint(*in.MessageAttributes[name].DataType, " ", *in.MessageAttributes[name].StringValue, "; ")
	}
	if attributes != "String acme; String a<b; String msg_1; " || len(in.MessageAttributes) != 3 {
		t.Errorf("attributes %s", attributes)
	}
}

// The group is the key's, and the deduplication id the webhook's own: the same in
// every execution.
func TestEventsOfOneKeyAreAGroupAndOfOneWebhookAreTheSame(t *testing.T) {
	f := &topic{}
	other := event("{}")
	other.PartitionKey = "acme/with a space"
	third := event("{}")
	third.Source = "/webhooks/other"
	for _, e := range []contract.Event{event("{}"), event(`{"a":1}`), other, third} {
		if _, err := (&Handler{SNS: f}).Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	p := f.published
	if *p[0].MessageGroupId != "acme/7" || *p[1].MessageGroupId != "acme/7" || len(*p[2].MessageGroupId) != 64 || *p[3].MessageGroupId != "acme/7" {
		t.Errorf("groups %s, %s, %s", *p[0].MessageGroupId, *p[1].MessageGroupId, *p[2].MessageGroupId)
	}
	if a, b, c := *p[0].MessageDeduplicationId, *p[1].MessageDeduplicationId, *p[3].MessageDeduplicationId; a != b || a == c || len(a) != 64 {
		t.Errorf("ids %s, %s, %s", a, b, c)
	}
}

func TestWhatPassesIsWaitedOutAndOtherErrorsHaveNames(t *testing.T) {
	busy, denied := &smithy.GenericAPIError{Code: "Throttling"}, &smithy.GenericAPIError{Code: "AuthorizationError"}
	for _, row := range []struct {
		errs []error
		want string
	}{
		{[]error{busy, busy, nil}, "<nil>"}, {[]error{busy}, "*patience.ServiceBusy"}, {[]error{denied}, "*patience.ServiceRefused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := (&Handler{SNS: &topic{errs: row.errs}}).Handle(ctx, event("{}"))
			if got := fmt.Sprintf("%T", err); got != row.want || ctx.Err() != nil {
				t.Errorf("%v: %s, %v", row.errs, got, ctx.Err())
			}
		})
	}
}

func TestWhatSNSWouldNotTakeIsRefusedForGood(t *testing.T) {
	for name, data := range map[string]string{"no JSON": `{"a":`, "too large": `{"a":"` + strings.Repeat("x", MaxMessageBytes) + `"}`} {
		f := &topic{}
		_, err := (&Handler{SNS: f}).Handle(t.Context(), event(data))
		if _, ok := errors.AsType[*contract.WebhookInvalid](err); !ok || len(f.published) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
