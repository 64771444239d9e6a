package approvals

// This file reads the rows of questions, and tells state machines what was
// decided.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// StepFunctions is what Tell needs of the Step Functions client.
type StepFunctions interface {
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
}

// Row is a question and, from when there is one, the decision.
type Row struct {
	ID, Title, Details string
	TaskToken          string
	Approvers          []string
	Expires            time.Time
	Decision           *contract.Decision
	Told               bool // the state machine has it
}

// ID is the key of a question's row.
func ID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// Key is a row's key.
func Key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrRequestID: attribute.Text(id)}
}

// Read reads a row.
func Read(item map[string]types.AttributeValue) (Row, error) {
	expires, err := attribute.Int(item, contract.AttrExpiresAt)
	if err != nil {
		return Row{}, err
	}
	text := func(name string) string { return attribute.String(item, name) }
	row := Row{
		ID: text(contract.AttrRequestID), Title: text(contract.AttrTitle), Details: text(contract.AttrDetails),
		TaskToken: text(contract.AttrTaskToken), Expires: time.Unix(expires, 0).UTC(), Told: text(contract.AttrToldAt) != "",
	}
	if set, ok := item[contract.AttrApprovers].(*types.AttributeValueMemberSS); ok {
		row.Approvers = set.Value
	}
	if verdict := text(contract.AttrDecision); verdict != "" {
		by := text(contract.AttrDecidedBy)
		row.Decision = &contract.Decision{
			Decision: contract.Verdict(verdict), By: by, At: text(contract.AttrDecidedAt), Comment: text(contract.AttrComment), TimedOut: by == "",
		}
	}
	return row, nil
}

// Asks tells whether an approver was asked.
func (r Row) Asks(approver string) bool { return slices.Contains(r.Approvers, approver) }

// Tell gives the decision to the task that waits for it.
func (r Row) Tell(ctx context.Context, client StepFunctions) error {
	output, err := json.Marshal(r.Decision)
	if err != nil {
		return err
	}
	text := string(output)
	_, err = client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &r.TaskToken, Output: &text})
	return err
}
