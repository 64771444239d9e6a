// Package format is the first step of a transaction's workflow: it turns the
// record's fields, a list in document order, into what is stored, a map from
// name to values, and hashes it for telling a duplicate from a conflict.
package format

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// TransactionTooLarge is the error of a transaction whose fields do not fit
// into the Store task's arguments. Its name is the ASL error name
// contract.ErrorTransactionTooLarge: the Lambda runtime reports the Go type.
type TransactionTooLarge struct {
	Bytes, Limit int // of the fields' JSON
}

func (e TransactionTooLarge) Error() string {
	return fmt.Sprintf("The transaction's fields take %d bytes as JSON; at most %d are allowed.", e.Bytes, e.Limit)
}

// Handle formats one transaction. The only error is TransactionTooLarge.
func Handle(_ context.Context, message contract.Message) (contract.Formatted, error) {
	fields := contract.AttributeValue{M: make(map[string]contract.AttributeValue)}
	for i := range message.Fields {
		field := &message.Fields[i]
		list := fields.M[field.Name]
		list.L = append(list.L, contract.AttributeValue{S: &field.Value})
		fields.M[field.Name] = list
	}
	hash, err := contenthash.Of(message.Fields)
	if err != nil {
		return contract.Formatted{}, fmt.Errorf("hash ordinal %d of %s: %w", message.Ordinal, message.FileID, err)
	}
	stored, err := json.Marshal(fields)
	if err != nil {
		return contract.Formatted{}, fmt.Errorf("encode the item of ordinal %d of %s: %w", message.Ordinal, message.FileID, err)
	}
	if len(stored) > contract.MaxFieldsBytes {
		return contract.Formatted{}, TransactionTooLarge{Bytes: len(stored), Limit: contract.MaxFieldsBytes}
	}
	return contract.Formatted{Fields: fields, ContentHash: hash.String()}, nil
}
