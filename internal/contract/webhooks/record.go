// Package webhooks has the names and shapes that the webhook stream's functions,
// state machine, construct and operator share. It imports nothing of this module.
package webhooks

// This file has what goes through the stream and the workflow.

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
)

// Record is the data of a record of the stream, and the input of the workflow.
// API Gateway writes it by a mapping template, too: constructs/webhooks.
type Record struct {
	Version    int    `json:"version"`          // RecordVersion
	Source     string `json:"source"`           // who sent it
	ID         string `json:"id"`               // the sender's id of the webhook
	Key        string `json:"key"`              // the stream's partition key: what has one key keeps its order
	Type       string `json:"type,omitempty"`   // as a header says; otherwise the body does
	ReceivedAt int64  `json:"receivedAt"`       // milliseconds since 1970
	Direct     bool   `json:"direct,omitempty"` // no function has counted it as received
	Replay     int    `json:"replay,omitempty"` // how often it was sent again from the failures
	Body       []byte `json:"body"`             // as it was sent, byte for byte
}

// RecordVersion is that of the records written now.
const RecordVersion = 1

// MaxBodyBytes is how large a source may let its webhooks be: in base64, as the
// input of an execution, with all around it, it takes the 256 KiB that Step
// Functions allows.
const MaxBodyBytes = 180 << 10

// MaxInputBytes is Step Functions' limit of an execution's input.
const MaxInputBytes = 256 << 10

// MaxKeyLength is Kinesis's limit of a partition key, in characters.
const MaxKeyLength = 256

// ExecutionTimeout is that of the workflow, and Lease how long a record may be at
// work on a webhook: an execution that it has started has ended by then.
const (
	ExecutionTimeout = 45 * time.Second
	Lease            = ExecutionTimeout + 15*time.Second
)

// Key is the partition key of a source's order key, "" for the source itself.
// One that is too long, or has what cannot be printed, stands there as its sum.
func Key(source, orderKey string) string {
	if orderKey == "" {
		return source
	}
	key := source + "/" + orderKey
	if len(key) > MaxKeyLength || strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return source + "/" + digest(orderKey)
	}
	return key
}

// Group is a key as SNS and SQS take it for a group of messages: up to 128
// characters of ASCII without spaces. Another one stands there as its sum.
func Group(key string) string {
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return digest(key)
		}
	}
	if len(key) > 128 {
		return digest(key)
	}
	return key
}

// Deduplication is by what SNS and SQS know a webhook again.
func Deduplication(source, id string) string { return digest(source + "\x00" + id) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Webhook is a record that Validate has found to be sound. Process answers the
// same, with another body if it likes.
type Webhook struct {
	Source     string `json:"source"`
	ID         string `json:"id"`
	Key        string `json:"key"`
	Type       string `json:"type"`
	ReceivedAt int64  `json:"receivedAt"`
	Body       []byte `json:"body"` // a JSON object
}

// Event is a CloudEvent 1.0 in the JSON format, with the extension partitionkey.
// Between functions its data is in base64, so that Step Functions changes nothing
// of it; subscribers get it as JSON: see Message.
type Event struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"` // SourcePrefix and the source's name
	Type            string `json:"type"`
	Time            string `json:"time"` // when it was received: RFC 3339, UTC
	PartitionKey    string `json:"partitionkey"`
	DataContentType string `json:"datacontenttype"`
	Data            []byte `json:"data_base64"`
}

// SourcePrefix stands before the name of a source in a CloudEvent: with it, it is
// a URI reference, as CloudEvents wants it.
const SourcePrefix = "/webhooks/"

// Result is the output of the workflow.
type Result struct {
	Outcome Outcome `json:"outcome"` // Published or Rejected
	Reason  string  `json:"reason,omitempty"`
}

// Outcome is what has become of a webhook.
type Outcome string

const (
	Published Outcome = "PUBLISHED" // every subscription that wants it gets it, once
	Duplicate Outcome = "DUPLICATE" // the same webhook was published before
	Rejected  Outcome = "REJECTED"  // it will never be one that can be published: see the failures
	Parked    Outcome = "PARKED"    // it was given up: see the failures
)

// Names of errors that the workflow knows.
const (
	ErrorWebhookInvalid = "WebhookInvalid"
	ErrorServiceBusy    = "ServiceBusy"
)

// WebhookInvalid is the error of what Validate, Process or Normalise refuses for
// good. Its name is ErrorWebhookInvalid.
type WebhookInvalid struct{ Reason string }

func (e *WebhookInvalid) Error() string { return e.Reason }
