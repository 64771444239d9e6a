package dynamodb

// The calls of PartiQL: ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.

import (
	"cmp"
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxStatement = 8192 // characters

// statementRequest is a statement in a request. Of its parameters there is one at
// least, if there are any.
type statementRequest struct {
	Statement                           string
	Parameters                          []value
	ReturnValuesOnConditionCheckFailure string
}

func (r statementRequest) parse() (*statement, error) {
	switch {
	case r.Statement == "":
		return nil, missingMember("statement")
	case len(r.Statement) > maxStatement:
		return nil, invalid("1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length less than or equal to %d", maxStatement)
	case r.Parameters != nil && len(r.Parameters) == 0:
		return nil, invalid("1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if err := checkEnum("returnValuesOnConditionCheckFailure", r.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE"); err != nil {
		return nil, err
	}
	return parseStatement(r.Statement, r.Parameters)
}

func (d *DynamoDB) executeStatement(ctx context.Context, caller cloud.Caller, in struct {
	statementRequest
	partiqlPage
}) (statementAnswer, error) {
	if err := in.capacityRequest.check(); err != nil {
		return statementAnswer{}, err
	}
	s, err := in.parse()
	if err != nil {
		return statementAnswer{}, err
	}
	if s.verb == "EXISTS" {
		return statementAnswer{}, malformed("Expected data manipulation")
	}
	if err := d.authorizeStatement(caller, s); err != nil {
		return statementAnswer{}, err
	}
	if s.reads() {
		return d.selected(ctx, s, in.statementRequest, in.partiqlPage)
	}
	t, err := d.lookUp(s.table)
	if err != nil {
		return statementAnswer{}, err
	}
	items, o, err := d.written(ctx, t, s, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return statementAnswer{}, err
	}
	return statementAnswer{Items: items, ConsumedCapacity: t.capacity(in.ReturnConsumedCapacity, o.units)}, nil
}

type batchStatement struct {
	statementRequest
	ConsistentRead bool
}

type batchStatementAnswer struct {
	Error     *batchStatementError `json:",omitzero"`
	TableName string               `json:",omitzero"`
	Item      item                 `json:",omitzero"`
}

type batchStatementError struct {
	Code    string
	Message string
	Item    item `json:",omitzero"`
}

type batchStatementsAnswer struct {
	Responses        []batchStatementAnswer
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

// batchExecuteStatement performs statements of which each one succeeds or fails by
// itself.
func (d *DynamoDB) batchExecuteStatement(ctx context.Context, caller cloud.Caller, in struct {
	Statements []batchStatement
	capacityRequest
}) (batchStatementsAnswer, error) {
	answer := batchStatementsAnswer{}
	if err := cmp.Or(in.capacityRequest.check(), checkStatements("statements", len(in.Statements), maxBatchWrite)); err != nil {
		return answer, err
	}
	parsed, faults := make([]*statement, len(in.Statements)), make([]error, len(in.Statements))
	reads, writes := 0, 0
	for i, one := range in.Statements {
		parsed[i], faults[i] = one.parse()
		switch {
		case faults[i] != nil:
		case parsed[i].reads():
			reads++
		default:
			writes++
		}
	}
	if reads > 0 && writes > 0 {
		return answer, invalid("BatchExecuteStatement must have only read statements or only write statements")
	}
	consumed := capacities{}
	for i, one := range in.Statements {
		told := batchStatementAnswer{}
		err := faults[i]
		if err == nil {
			told, err = d.executeOne(ctx, caller, parsed[i], one, consumed)
		}
		if err != nil {
			told.Error = batchError(err)
		}
		answer.Responses = append(answer.Responses, told)
	}
	answer.ConsumedCapacity = consumed.list(in.ReturnConsumedCapacity)
	return answer, nil
}

// checkStatements refuses none, and too many.
func checkStatements(member string, count, most int) error {
	switch {
	case count == 0:
		return invalid("1 validation error detected: Value '[]' at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	case count > most:
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, most)
	}
	return nil
}

// executeOne performs a statement of a batch.
func (d *DynamoDB) executeOne(ctx context.Context, caller cloud.Caller, s *statement, in batchStatement, consumed capacities) (told batchStatementAnswer, err error) {
	if s.verb == "EXISTS" {
		return told, malformed("Expected data manipulation")
	}
	if err := d.authorizeStatement(caller, s); err != nil {
		return told, err
	}
	t, err := d.lookUp(s.table)
	if err != nil {
		return told, err
	}
	told.TableName = t.name
	if !s.reads() {
		items, o, err := d.written(ctx, t, s, in.ReturnValuesOnConditionCheckFailure)
		if err != nil {
			return told, err
		}
		consumed.add(t, o.units)
		if len(items) > 0 {
			told.Item = items[0]
		}
		return told, nil
	}
	at, err := s.single(t, "BatchExecuteStatement")
	if err != nil {
		return told, err
	}
	r, err := d.row(ctx, t, at.key, in.ConsistentRead)
	if err != nil {
		return told, err
	}
	units := readUnits(sizeOfRow(r), in.ConsistentRead)
	d.metrics.read.Observe(t.dimensions, units)
	consumed.add(t, writeUnits{table: units})
	if r != nil {
		told.Item = s.row(r.item())
	}
	return told, nil
}

// batchError names an error as batches do.
func batchError(err error) *batchStatementError {
	e := cloud.AsError(err)
	code := strings.TrimSuffix(e.Code, "Exception")
	if code == "Validation" {
		code = "ValidationError"
	}
	told := &batchStatementError{Code: code, Message: e.Message}
	told.Item, _ = e.Fields["Item"].(item)
	return told
}
