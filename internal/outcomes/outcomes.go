// Package outcomes is the shape of an item of the Outcomes table, which split
// and conclude write and which tally, acknowledge and conclude read. The
// transaction workflow writes the same shape (statemachines/transaction.asl.json).
package outcomes

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Item is the outcome of one transaction of a file as a table item that may be
// deleted when it has expired.
func Item(fileID string, expires time.Time, r contract.Receipt) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		contract.AttrOutcomeKey:    attribute.Text(contract.OutcomeKey(fileID, r.Ordinal)),
		contract.AttrOrdinal:       attribute.Number(r.Ordinal),
		contract.AttrTransactionID: attribute.Text(r.TransactionID),
		contract.AttrOutcome:       attribute.Text(r.Outcome),
		contract.AttrCode:          attribute.Text(r.Code),
		contract.AttrMessage:       attribute.Text(r.Message),
		contract.AttrExpiresAt:     attribute.Number(expires.Unix()),
	}
}

// Failure is a FAILED outcome, or one that is REPLAYING since, with what a
// replay looks for.
type Failure struct {
	contract.Receipt
	FileID   string
	Partner  string
	Error    string // ASL error name, or the execution's status
	Attempt  int    // the latest: the one that failed, or the one under way
	FailedAt time.Time
}

// Item is the failure as a table item, which IndexFailed has too, until it is
// deleted like any other outcome.
func (f Failure) Item(expires time.Time) map[string]types.AttributeValue {
	item := Item(f.FileID, expires, f.Receipt)
	item[contract.AttrPartner] = attribute.Text(f.Partner)
	item[contract.AttrError] = attribute.Text(f.Error)
	item[contract.AttrAttempt] = attribute.Number(f.Attempt)
	item[contract.AttrFailedDay] = attribute.Text(contract.FailedDay(f.FailedAt, contract.Shard(f.FileID, f.Ordinal)))
	item[contract.AttrFailedAt] = attribute.Text(f.FailedAt.UTC().Format(time.RFC3339Nano))
	return item
}

// ReadFailure is the reverse of Failure.Item.
func ReadFailure(item map[string]types.AttributeValue) (f Failure, err error) {
	if f.Receipt, err = Receipt(item); err != nil {
		return f, err
	}
	f.FileID, _, _ = strings.Cut(attribute.String(item, contract.AttrOutcomeKey), "#")
	f.Partner = attribute.String(item, contract.AttrPartner)
	f.Error = attribute.String(item, contract.AttrError)
	attempt, err := attribute.Int(item, contract.AttrAttempt)
	if err == nil {
		f.Attempt = int(attempt)
		f.FailedAt, err = time.Parse(time.RFC3339Nano, attribute.String(item, contract.AttrFailedAt))
	}
	if err != nil {
		return f, fmt.Errorf("failure of ordinal %d of %s: %w", f.Ordinal, f.FileID, err)
	}
	return f, nil
}

// Receipt is the reverse of Item. Attributes that were not asked for, or that
// the outcome does not have (a stored transaction has no code), stay empty;
// ordinal and outcome must be there.
func Receipt(item map[string]types.AttributeValue) (contract.Receipt, error) {
	if item[contract.AttrOrdinal] == nil {
		return contract.Receipt{}, fmt.Errorf("outcome without %s", contract.AttrOrdinal)
	}
	ordinal, err := attribute.Int(item, contract.AttrOrdinal)
	if err != nil {
		return contract.Receipt{}, fmt.Errorf("outcome: %w", err)
	}
	r := contract.Receipt{
		Ordinal:       int(ordinal),
		TransactionID: attribute.String(item, contract.AttrTransactionID),
		Outcome:       contract.Outcome(attribute.String(item, contract.AttrOutcome)),
		Code:          attribute.String(item, contract.AttrCode),
		Message:       attribute.String(item, contract.AttrMessage),
	}
	if r.Outcome == "" {
		return contract.Receipt{}, fmt.Errorf("outcome of ordinal %d has no %s", ordinal, contract.AttrOutcome)
	}
	return r, nil
}
