// Package validate finds a webhook sound, or refuses it for good, and finds out
// its type.
package validate

import (
	"context"
	"fmt"
	"strings"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/document"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// Handler validates the webhooks of one system.
type Handler struct{ Sources contract.Sources }

// maxType is the length of a type, in bytes. A filter policy takes more.
const maxType = 256

// unknownType is the type of what does not tell one.
const unknownType = "unknown"

// Handle answers what is known of a webhook whose body is a JSON object. The
// error is a *contract.WebhookInvalid.
func (h *Handler) Handle(_ context.Context, record contract.Record) (*contract.Webhook, error) {
	source, known := h.Sources[record.Source]
	if !known {
		return nil, &contract.WebhookInvalid{Reason: fmt.Sprintf("there is no source %q any more", record.Source)}
	}
	if err := document.Check(record.Body); err != nil {
		return nil, &contract.WebhookInvalid{Reason: "the body cannot be used: " + err.Error()}
	}
	kind := typeOf(source, record)
	if len(kind) > maxType {
		return nil, &contract.WebhookInvalid{Reason: fmt.Sprintf("the type has %d bytes: at most %d are taken", len(kind), maxType)}
	}
	return &contract.Webhook{
		Source: record.Source, ID: record.ID, Key: record.Key, Type: kind, ReceivedAt: record.ReceivedAt, Body: record.Body,
	}, nil
}

// typeOf is what a header says, what the body says, or both with a full stop
// between: GitHub's pull_request.opened.
func typeOf(source contract.Source, record contract.Record) string {
	pointer := source.Type
	if pointer == "" {
		pointer = map[string]string{
			string(signatures.Standard): "/type", string(signatures.Stripe): "/type", string(signatures.GitHub): "/action",
		}[source.Scheme]
	}
	parts := []string{record.Type}
	if pointer != "" {
		value, _ := document.Find(record.Body, pointer)
		parts = append(parts, value.String())
	}
	if kind := strings.Trim(strings.Join(parts, "."), "."); kind != "" {
		return kind
	}
	return unknownType
}
