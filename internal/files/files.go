// Package files reads rows of the Files table, which split and acknowledge
// write, and those who look after a file later read.
package files

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Row is what the table knows of a file: the file's latest settlement, and how far it is.
type Row struct {
	contract.Settlement
	Status     contract.FileStatus
	Totals     contract.Totals // as acknowledged; zero if it is not
	ClaimedAt  time.Time       // when split heard of it first
	LeaseUntil time.Time       // of a CLAIMED file
}

// Read reads a row.
func Read(item map[string]types.AttributeValue) (Row, error) {
	r := reader{}
	f := Row{
		Settlement: contract.Settlement{
			FileID:    attribute.String(item, contract.AttrFileID),
			Partner:   attribute.String(item, contract.AttrPartner),
			Bucket:    attribute.String(item, contract.AttrBucket),
			Key:       attribute.String(item, contract.AttrKey),
			VersionID: attribute.String(item, contract.AttrVersionID),
			File:      attribute.String(item, contract.AttrFile),
			Received:  int(r.number(item, contract.AttrReceived)),
			Deadline:  time.UnixMilli(r.number(item, contract.AttrDeadline)).UTC(),
			Attempt:   int(r.number(item, contract.AttrAttempts)),
		},
		Status:     contract.FileStatus(attribute.String(item, contract.AttrStatus)),
		Totals:     r.totals(item[contract.AttrTotals]),
		ClaimedAt:  time.UnixMilli(r.number(item, contract.AttrClaimedAt)).UTC(),
		LeaseUntil: time.UnixMilli(r.number(item, contract.AttrLeaseUntil)),
	}
	if previous := item[contract.AttrPrevious]; previous != nil {
		totals := r.totals(previous)
		f.Previous = &totals
	}
	// An overdue file has a reason too, of another kind. The place stands in
	// the row's sentence already.
	if f.Status == contract.FileQuarantined {
		f.Reason = &contract.Reason{Code: attribute.String(item, contract.AttrCode), Message: attribute.String(item, contract.AttrReason)}
	}
	if err := errors.Join(r.faults...); err != nil {
		return Row{}, fmt.Errorf("read the row of file %s: %w", f.FileID, err)
	}
	return f, nil
}

// reader remembers what was wrong.
type reader struct{ faults []error }

func (r *reader) number(item map[string]types.AttributeValue, name string) int64 {
	n, err := attribute.Int(item, name)
	if err != nil {
		r.faults = append(r.faults, err)
	}
	return n
}

func (r *reader) totals(value types.AttributeValue) contract.Totals {
	m, _ := value.(*types.AttributeValueMemberM)
	if m == nil {
		return contract.Totals{}
	}
	count := func(name string) int { return int(r.number(m.Value, name)) }
	return contract.Totals{
		Received: count("received"), Stored: count("stored"), Duplicate: count("duplicate"),
		Rejected: count("rejected"), Failed: count("failed"),
	}
}
