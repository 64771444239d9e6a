// Package process takes out of a webhook what is not to be passed on. A team puts
// its own function in this one's place to add to webhooks, or to change them.
package process

import (
	"context"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/document"
)

// Handler processes the webhooks of one system.
type Handler struct{ Sources contract.Sources }

// Handle answers the webhook with null in the places that its source redacts.
func (h *Handler) Handle(_ context.Context, webhook contract.Webhook) (contract.Webhook, error) {
	webhook.Body = document.Replace(webhook.Body, h.Sources[webhook.Source].Redact, "null")
	return webhook, nil
}
