package validate

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

var sources = contract.Sources{
	"acme": {Scheme: "standard"}, "hub": {Scheme: "github"}, "pay": {Scheme: "stripe"}, "gitlab": {Scheme: "token"},
	"own": {Scheme: "standard", Type: "/event/name"},
}

func TestAWebhooksTypeIsWhatItsSenderSays(t *testing.T) {
	for _, row := range []struct{ source, header, body, want string }{
		{"acme", "", `{"type":"user.created"}`, "user.created"},
		{"acme", "", `{"type":7}`, "7"},
		{"acme", "", `{"type":{}}`, "unknown"},
		{"acme", "", `{}`, "unknown"},
		{"pay", "", `{"id":"evt_1","type":"invoice.paid"}`, "invoice.paid"},
		{"hub", "pull_request", `{"action":"opened"}`, "pull_request.opened"},
		{"hub", "push", `{"type":"x"}`, "push"},
		{"gitlab", "Push Hook", `{"type":"x"}`, "Push Hook"},
		{"gitlab", "", `{"type":"x"}`, "unknown"},
		{"own", "", `{"type":"x","event":{"name":"y"}}`, "y"},
		{"acme", "", `{"type":"` + strings.Repeat("x", maxType) + `"}`, strings.Repeat("x", maxType)},
	} {
		record := contract.Record{Version: 1, Source: row.source, ID: "i", Key: "k", Type: row.header, ReceivedAt: 5, Body: []byte(row.body)}
		got, err := (&Handler{Sources: sources}).Handle(t.Context(), record)
		want := &contract.Webhook{Source: row.source, ID: "i", Key: "k", Type: row.want, ReceivedAt: 5, Body: []byte(row.body)}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s: %+v, %v", row.source, row.body, got, err)
		}
	}
}

func TestWhatCannotBeUsedIsRefusedForGood(t *testing.T) {
	for _, row := range []struct{ source, body, want string }{
		{"nobody", `{}`, `no source "nobody"`},
		{"acme", ``, "cannot be used"},
		{"acme", `[]`, "not a JSON object"},
		{"acme", `{"a":1,"a":2}`, "twice"},
		{"hub", `payload=%7B%7D`, "not JSON"},
		{"acme", `{"type":"` + strings.Repeat("x", maxType+1) + `"}`, "type has 257 bytes"},
	} {
		_, err := (&Handler{Sources: sources}).Handle(t.Context(), contract.Record{Source: row.source, Body: []byte(row.body)})
		if _, ok := errors.AsType[*contract.WebhookInvalid](err); !ok || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s %s: %v", row.source, row.body, err)
		}
	}
}
