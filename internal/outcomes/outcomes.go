// Package outcomes is the shape of an item of the Outcomes table, which split
// and conclude write and which tally, acknowledge and conclude read. The
// transaction workflow writes the same shape (statemachines/transaction.asl.json).
package outcomes

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Item is the outcome of one transaction of a file as a table item.
func Item(fileID string, r contract.Receipt) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		contract.AttrOutcomeKey:    attribute.Text(contract.OutcomeKey(fileID, r.Ordinal)),
		contract.AttrOrdinal:       attribute.Number(r.Ordinal),
		contract.AttrTransactionID: attribute.Text(r.TransactionID),
		contract.AttrOutcome:       attribute.Text(r.Outcome),
		contract.AttrCode:          attribute.Text(r.Code),
		contract.AttrMessage:       attribute.Text(r.Message),
	}
}

// Receipt is the reverse of Item. Attributes that were not asked for, or that
// the outcome does not have (a stored transaction has no code), stay empty;
// ordinal and outcome must be there.
func Receipt(item map[string]types.AttributeValue) (contract.Receipt, error) {
	number, ok := item[contract.AttrOrdinal].(*types.AttributeValueMemberN)
	if !ok {
		return contract.Receipt{}, fmt.Errorf("outcome without a number %s", contract.AttrOrdinal)
	}
	ordinal, err := strconv.Atoi(number.Value)
	if err != nil {
		return contract.Receipt{}, fmt.Errorf("outcome's ordinal: %w", err)
	}
	r := contract.Receipt{
		Ordinal:       ordinal,
		TransactionID: String(item, contract.AttrTransactionID),
		Outcome:       contract.Outcome(String(item, contract.AttrOutcome)),
		Code:          String(item, contract.AttrCode),
		Message:       String(item, contract.AttrMessage),
	}
	if r.Outcome == "" {
		return contract.Receipt{}, fmt.Errorf("outcome of ordinal %d has no %s", ordinal, contract.AttrOutcome)
	}
	return r, nil
}

// String is a string attribute of an item; "" if it has none.
func String(item map[string]types.AttributeValue, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
