package dynamodb

// PartiQL's transactions: ExecuteTransaction.

import (
	"cmp"
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type executeTransactionRequest struct {
	TransactStatements []statementRequest
	ClientRequestToken string
	capacityRequest
}

// executeTransaction performs all statements, which either read or write, or none.
func (d *DynamoDB) executeTransaction(ctx context.Context, caller cloud.Caller, in executeTransactionRequest) (transactGetAnswer, error) {
	if err := cmp.Or(in.capacityRequest.check(), checkStatements("transactStatements", len(in.TransactStatements), maxTransaction), checkToken(in.ClientRequestToken)); err != nil {
		return transactGetAnswer{}, err
	}
	statements := make([]*statement, len(in.TransactStatements))
	reads := 0
	for i, one := range in.TransactStatements {
		s, err := one.parse()
		if err == nil && s.returning != "" {
			err = invalid("RETURNING is not supported in ExecuteTransaction")
		}
		if err != nil {
			return transactGetAnswer{}, inTransaction(err, i)
		}
		if err := d.authorizeStatement(caller, s); err != nil {
			return transactGetAnswer{}, err
		}
		if statements[i] = s; s.reads() {
			reads++
		}
	}
	switch reads {
	case len(statements):
		return d.transactSelects(statements, in.capacityRequest)
	case 0:
		return d.transactStatements(ctx, statements, in)
	}
	return transactGetAnswer{}, invalid("ExecuteTransaction must have only read statements or only write statements")
}

func inTransaction(err error, number int) error {
	if e := cloud.AsError(err); e.Code == "ValidationException" {
		return invalid("Validation failed in TransactStatements[%d]: %s", number, e.Message)
	}
	return err
}

func (d *DynamoDB) transactSelects(statements []*statement, in capacityRequest) (transactGetAnswer, error) {
	places := make([]place, len(statements))
	for i, s := range statements {
		t, err := d.lookUp(s.table)
		if err != nil {
			return transactGetAnswer{}, err
		}
		if places[i], err = s.single(t, "ExecuteTransaction"); err != nil {
			return transactGetAnswer{}, inTransaction(err, i)
		}
	}
	return d.transactedReads(places, in, func(n int, i item) item { return statements[n].row(i) }), nil
}

func (d *DynamoDB) transactStatements(ctx context.Context, statements []*statement, in executeTransactionRequest) (transactGetAnswer, error) {
	writes := make([]write, len(statements))
	seen := map[place]bool{}
	for i, s := range statements {
		t, err := d.lookUp(s.table)
		if err != nil {
			return transactGetAnswer{}, err
		}
		if writes[i], _, err = s.bind(t); err != nil {
			return transactGetAnswer{}, inTransaction(err, i)
		}
		writes[i].onFailure = in.TransactStatements[i].ReturnValuesOnConditionCheckFailure
		at := place{t, writes[i].key}
		if seen[at] {
			return transactGetAnswer{}, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[at] = true
	}
	outcomes, err := d.commit(ctx, writes, in.ClientRequestToken, in.TransactStatements)
	if err != nil {
		return transactGetAnswer{}, err
	}
	return transactGetAnswer{Responses: []getAnswer{}, ConsumedCapacity: d.transactedWrites(writes, outcomes, in.capacityRequest)}, nil
}
