package normalise

import (
	"errors"
	"reflect"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

func TestAWebhookBecomesACloudEvent(t *testing.T) {
	got, err := Handle(t.Context(), contract.Webhook{Source: "acme", ID: "i", Key: "acme/7", Type: "t", ReceivedAt: 1764215612045, Body: []byte(`{"a": 1}`)})
	want := &contract.Event{
		SpecVersion: "1.0", ID: "i", Source: "/webhooks/acme", Type: "t", Time: "2025-11-27T03:53:32.045Z", PartitionKey: "acme/7",
		DataContentType: "application/json", Data: []byte(`{"a": 1}`),
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABodyThatProcessHasBrokenIsRefused(t *testing.T) {
	for _, body := range []string{"", "[]", `{"a":`} {
		_, err := Handle(t.Context(), contract.Webhook{Body: []byte(body)})
		if _, ok := errors.AsType[*contract.WebhookInvalid](err); !ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}
