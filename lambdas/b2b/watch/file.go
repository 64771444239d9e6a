package watch

// This file reads a row of the Files table.

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// file is an unsettled file, and what its settlement needs to know.
type file struct {
	contract.Settlement
	status     contract.FileStatus
	leaseUntil time.Time
}

func read(item map[string]types.AttributeValue) (f file, err error) {
	number := func(name string) int64 {
		n, fault := attribute.Int(item, name)
		if err == nil {
			err = fault
		}
		return n
	}
	f.Settlement = contract.Settlement{
		FileID:    attribute.String(item, contract.AttrFileID),
		Partner:   attribute.String(item, contract.AttrPartner),
		Bucket:    attribute.String(item, contract.AttrBucket),
		Key:       attribute.String(item, contract.AttrKey),
		VersionID: attribute.String(item, contract.AttrVersionID),
		File:      attribute.String(item, contract.AttrFile),
		Received:  int(number(contract.AttrReceived)),
		Deadline:  time.UnixMilli(number(contract.AttrDeadline)).UTC(),
	}
	f.status = contract.FileStatus(attribute.String(item, contract.AttrStatus))
	if f.status == contract.FileQuarantined { // an overdue file has a reason too, of another kind
		// The place stands in the row's sentence already.
		f.Reason = &contract.Reason{Code: attribute.String(item, contract.AttrCode), Message: attribute.String(item, contract.AttrReason)}
	}
	f.Attempt = int(number(contract.AttrAttempts))
	f.leaseUntil = time.UnixMilli(number(contract.AttrLeaseUntil))
	return f, err
}
