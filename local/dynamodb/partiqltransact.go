package dynamodb

// PartiQL's transactions: ExecuteTransaction.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type executeTransactionRequest struct {
	TransactStatements []statementRequest
	ClientRequestToken string
	capacityRequest
}

type executeTransactionAnswer struct {
	Responses        []getAnswer         // one by one of reads, none of writes
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

// executeTransaction performs all statements, which either read or write, or none.
func (d *DynamoDB) executeTransaction(_ context.Context, caller cloud.Caller, in executeTransactionRequest) (executeTransactionAnswer, error) {
	if err := cmp.Or(in.capacityRequest.check(), checkStatements("transactStatements", len(in.TransactStatements), maxTransaction), checkToken(in.ClientRequestToken)); err != nil {
		return executeTransactionAnswer{}, err
	}
	statements := make([]*statement, len(in.TransactStatements))
	reads := 0
	for i, one := range in.TransactStatements {
		s, err := one.parse()
		if err == nil && s.returning != "" {
			err = invalid("RETURNING is not supported in ExecuteTransaction")
		}
		if err != nil {
			return executeTransactionAnswer{}, inTransaction(err, i)
		}
		if err := d.authorizeStatement(caller, s); err != nil {
			return executeTransactionAnswer{}, err
		}
		if statements[i] = s; s.reads() {
			reads++
		}
	}
	switch reads {
	case len(statements):
		return d.transactSelects(statements, in.capacityRequest)
	case 0:
		return d.transactStatements(statements, in)
	}
	return executeTransactionAnswer{}, invalid("ExecuteTransaction must have only read statements or only write statements")
}

func inTransaction(err error, number int) error {
	if e := cloud.AsError(err); e.Code == "ValidationException" {
		return invalid("Validation failed in TransactStatements[%d]: %s", number, e.Message)
	}
	return err
}

func (d *DynamoDB) transactSelects(statements []*statement, in capacityRequest) (executeTransactionAnswer, error) {
	places := make([]place, len(statements))
	for i, s := range statements {
		t, err := d.lookUp(s.table)
		if err != nil {
			return executeTransactionAnswer{}, err
		}
		if places[i], err = s.single(t, "ExecuteTransaction"); err != nil {
			return executeTransactionAnswer{}, inTransaction(err, i)
		}
	}
	answer := executeTransactionAnswer{Responses: make([]getAnswer, len(places))}
	consumed := capacities{}
	for i, r := range d.rowsAt(places) {
		consumed.add(places[i].table, writeUnits{table: 2 * readUnits(sizeOfRow(r), true)})
		if r != nil {
			answer.Responses[i].Item = statements[i].row(r.item())
		}
	}
	answer.ConsumedCapacity = d.transactedReads(consumed, in)
	return answer, nil
}

func (d *DynamoDB) transactStatements(statements []*statement, in executeTransactionRequest) (executeTransactionAnswer, error) {
	writes := make([]write, len(statements))
	seen := map[place]bool{}
	for i, s := range statements {
		t, err := d.lookUp(s.table)
		if err != nil {
			return executeTransactionAnswer{}, err
		}
		if writes[i], _, err = s.bind(t); err != nil {
			return executeTransactionAnswer{}, inTransaction(err, i)
		}
		writes[i].onFailure = in.TransactStatements[i].ReturnValuesOnConditionCheckFailure
		at := place{t, writes[i].key}
		if seen[at] {
			return executeTransactionAnswer{}, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[at] = true
	}
	canonical, err := json.Marshal(in.TransactStatements)
	if err != nil {
		return executeTransactionAnswer{}, err
	}
	outcomes, err := d.commit(writes, in.ClientRequestToken, sha256.Sum256(canonical))
	if err != nil {
		return executeTransactionAnswer{}, err
	}
	return executeTransactionAnswer{Responses: []getAnswer{}, ConsumedCapacity: d.transactedWrites(writes, outcomes, in.capacityRequest)}, nil
}
