package dynamodb

// What caused an item to be as it is.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// made is an item that the call of a context writes. Its id is its key, which whoever
// tells of it knows.
func (d *DynamoDB) made(ctx context.Context, t *table) *cloud.Cause {
	return d.cloud.Made(ctx, "item", t.arn, "")
}

// keyID is a key as the id of its item.
func keyID(key item) string {
	text, err := cloud.Encode(key)
	if err != nil {
		panic(err) // of values that were read
	}
	return string(text)
}

// causeAt is what caused a key to have a row at a moment, or to have none.
func (d *DynamoDB) causeAt(t *table, key string, r *row, then time.Time) *cloud.Cause {
	if r != nil {
		return r.cause
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, c := range slices.Backward(t.past.Until(then)) {
		switch {
		case c.What.key() != key:
		case c.What.expired:
			return &cloud.Cause{Type: "item", Resource: t.arn, By: "dynamodb.amazonaws.com", At: c.At}
		default:
			return c.What.cause
		}
	}
	return nil
}
