// Package normalise makes of each source's webhook what all of them are to
// subscribers: a CloudEvent.
package normalise

import (
	"context"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/document"
)

// Handle answers the event. A body that is no JSON object any more, which an own
// Process may make of one, is a *contract.WebhookInvalid.
func Handle(_ context.Context, webhook contract.Webhook) (*contract.Event, error) {
	if err := document.Check(webhook.Body); err != nil {
		return nil, &contract.WebhookInvalid{Reason: "the body that Process has made cannot be used: " + err.Error()}
	}
	return &contract.Event{
		SpecVersion:     "1.0",
		ID:              webhook.ID,
		Source:          contract.SourcePrefix + webhook.Source,
		Type:            webhook.Type,
		Time:            time.UnixMilli(webhook.ReceivedAt).UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		PartitionKey:    webhook.Key,
		DataContentType: "application/json",
		Data:            webhook.Body,
	}, nil
}
