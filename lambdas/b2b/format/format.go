// Package format is the first step of a transaction's workflow: it writes the
// record's content as DynamoDB takes it, and hashes it for telling a duplicate
// from a conflict.
package format

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// TransactionTooLarge is the error of a transaction whose content does not fit
// into the Store task's arguments. Its name is the ASL error name
// contract.ErrorTransactionTooLarge: the Lambda runtime reports the Go type.
type TransactionTooLarge struct {
	Bytes, Limit int // of the content's JSON
}

func (e TransactionTooLarge) Error() string {
	return fmt.Sprintf("The transaction's content takes %d bytes as DynamoDB's JSON; at most %d are allowed.", e.Bytes, e.Limit)
}

// Handle formats one transaction. The only error is TransactionTooLarge.
func Handle(_ context.Context, message contract.Message) (contract.Formatted, error) {
	content := stored(message.Content)
	text, err := json.Marshal(content)
	if err != nil {
		return contract.Formatted{}, fmt.Errorf("encode the content of ordinal %d of %s: %w", message.Ordinal, message.FileID, err)
	}
	if len(text) > contract.MaxContentBytes {
		return contract.Formatted{}, TransactionTooLarge{Bytes: len(text), Limit: contract.MaxContentBytes}
	}
	return contract.Formatted{
		Content:        content,
		ContentVersion: contract.ContentVersion,
		ContentHash:    contenthash.Of(message.Content).String(),
	}, nil
}

// stored is content as docs/record.md shows it to readers of the table.
func stored(content contract.Content) contract.AttributeValue {
	members := map[string]contract.AttributeValue{contract.MemberChildren: nodes(content.Children)}
	addAttributes(members, content.Attributes)
	return contract.AttributeValue{M: members}
}

func nodes(of []contract.Node) contract.AttributeValue {
	list := make([]contract.AttributeValue, len(of))
	for i := range of {
		list[i] = node(&of[i])
	}
	return contract.AttributeValue{L: list}
}

func node(n *contract.Node) contract.AttributeValue {
	members := make(map[string]contract.AttributeValue)
	if n.Name != "" {
		members[contract.MemberName] = contract.AttributeValue{S: &n.Name}
	}
	if len(n.Children) > 0 {
		members[contract.MemberChildren] = nodes(n.Children)
	} else {
		members[contract.MemberText] = contract.AttributeValue{S: &n.Text}
	}
	addAttributes(members, n.Attributes)
	return contract.AttributeValue{M: members}
}

// addAttributes adds a list of attributes, if there are any.
func addAttributes(members map[string]contract.AttributeValue, of []contract.Attribute) {
	if len(of) == 0 {
		return
	}
	list := make([]contract.AttributeValue, len(of))
	for i := range of {
		list[i] = contract.AttributeValue{M: map[string]contract.AttributeValue{
			contract.MemberName: {S: &of[i].Name}, contract.MemberText: {S: &of[i].Text},
		}}
	}
	members[contract.MemberAttributes] = contract.AttributeValue{L: list}
}
